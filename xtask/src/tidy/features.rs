//! What cargo resolves: Burn-free crates stay Burn-free, and every command builds one artifact set.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Packages whose binaries a user or CI runs, next to `cargo test --workspace`.
const BINARIES: [&str; 3] = ["gpt-transfer", "own-model", "xtask"];

/// What a package must build without: beginnings of names. Who tunes a program compiles no figure and no tensor, and who
/// checks coordinates compiles no search.
const WITHOUT: [(&[&str], &[&str]); 6] = [
    (&["-p", "mup-shapes", "--no-default-features"], &["burn"]),
    (&["-p", "mup-rules"], &["burn"]),
    (&["-p", "mup-study"], &["burn", "plotters", "fanova", "maud"]),
    (&["-p", "mup-verdict"], &["fanova", "tpe", "sobol", "wait-timeout"]),
    (&["-p", "mup-verdict", "--no-default-features"], &["burn"]),
    (&["-p", "mup-transfer"], &["burn"]),
];

/// Problems in the resolved dependencies of the workspace at `root`.
pub(crate) fn check(root: &Path) -> std::io::Result<Vec<String>> {
    let mut problems = Vec::new();
    for (arguments, absent) in WITHOUT {
        let found = tree(root, arguments, "normal")?.into_iter().find(|line| {
            absent.iter().any(|name| line.split(' ').next().is_some_and(|package| package.starts_with(name)))
        });
        problems.extend(found.map(|line| format!("{} must build without {line}", arguments[1])));
    }
    let workspace = tree(root, &["--workspace"], "normal,build,dev")?;
    for package in BINARIES {
        for line in tree(root, &["-p", package], "normal,build")?.difference(&workspace) {
            problems.push(format!(
                "{package} builds `{line}` with other features than `cargo test --workspace` does, so Burn may be built \
                 twice; add what is missing to xtask/workspace-features/Cargo.toml"
            ));
        }
    }
    Ok(problems)
}

/// Registry packages with their features, one line each.
fn tree(root: &Path, arguments: &[&str], edges: &str) -> std::io::Result<BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    for unify in ["CARGO_RESOLVER_FEATURE_UNIFICATION", "CARGO_UNSTABLE_FEATURE_UNIFICATION"] {
        command.env_remove(unify);
    }
    command.current_dir(root).args(["tree", "--prefix", "none", "-f", "{p} [{f}]", "-e", edges]);
    let output = command.args(arguments).output()?;
    if !output.status.success() {
        return Err(std::io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let local = root.to_string_lossy().into_owned();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.contains(&local));
    Ok(lines.map(|line| line.replace(" (proc-macro)", "").replace(" (*)", "")).collect())
}
