//! Direct dependencies: each has a row in docs/dependencies.md, and somebody who uses it.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::Metadata;

/// Nothing but a list of features.
const LIST_OF_FEATURES: &str = "workspace-features";

/// Problems in the workspace's list of dependencies.
///
/// # Errors
///
/// When a file cannot be read.
pub(crate) fn check(metadata: &Metadata) -> std::io::Result<Vec<String>> {
    let root = Path::new(&metadata.workspace_root);
    let packages = metadata.workspace_packages();
    let packages = packages.iter().filter(|package| package.name.as_str() != LIST_OF_FEATURES);
    let foreign = packages.flat_map(|package| &package.dependencies).filter(|dependency| dependency.path.is_none());
    let used = foreign.map(|dependency| dependency.name.clone()).collect();
    let listed = listed(&std::fs::read_to_string(root.join("Cargo.toml"))?);
    let defended = defended(&std::fs::read_to_string(root.join("docs/dependencies.md"))?);
    Ok(problems(&used, &listed, &defended))
}

type Names = BTreeSet<String>;

fn problems(used: &Names, listed: &Names, defended: &Names) -> Vec<String> {
    let say = |names: &Names, others: &Names, what: &str| {
        names.difference(others).map(|name| format!("{name}: {what}")).collect::<Vec<_>>()
    };
    [
        say(listed, used, "no package uses it; drop it from [workspace.dependencies]"),
        say(used, listed, "take it from [workspace.dependencies]"),
        say(used, defended, "say in docs/dependencies.md what it is for, or do without"),
        say(defended, used, "docs/dependencies.md defends it, and no package uses it"),
    ]
    .concat()
}

/// Of the workspace's manifest, those that are no part of it.
fn listed(manifest: &str) -> Names {
    let section = manifest.split("\n[").find_map(|section| section.strip_prefix("workspace.dependencies]"));
    let lines = section.unwrap_or_default().lines().filter(|line| !line.contains("path = ") && !line.starts_with('#'));
    lines.filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).collect()
}

/// The crates in the first column of a document's tables.
fn defended(document: &str) -> Names {
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| row.split_once(" |")).map(|(cell, _)| format!("`{cell}"));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<const N: usize>(names: [&str; N]) -> Names {
        names.map(str::to_owned).into()
    }

    #[test]
    fn a_dependency_without_a_row_a_row_without_a_dependency_and_one_of_no_use_are_problems() {
        let (used, listed) = (names(["serde", "toml"]), names(["serde", "toml", "rand_distr"]));
        let found = problems(&used, &listed, &names(["serde", "csv"]));
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("rand_distr") && found[1].starts_with("toml") && found[2].starts_with("csv"));
    }

    #[test]
    fn manifests_and_tables_are_read() {
        let manifest = "[workspace]\n\n[workspace.dependencies]\nown = { path = \"own\" }\nserde = \"1\"\n\n[profile.dev]\na = 1\n";
        assert_eq!(listed(manifest), names(["serde"]));
        assert_eq!(defended("| crate | for |\n|---|---|\n| `a`, `b` | `c` |\n"), names(["a", "b"]));
    }
}
