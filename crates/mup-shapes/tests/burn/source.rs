//! The layer table has exactly the parameters that burn-nn's source declares, so that an upgrade with a new
//! layer, or a renamed field, fails here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use mup_shapes::LayerTable;

#[test]
fn the_table_has_a_row_for_every_float_parameter_in_the_source_of_burn_nn() {
    let mut declared = BTreeSet::new();
    scan(&burn_nn().join("src"), &mut declared);
    let table = LayerTable::burn();
    let rows: BTreeSet<_> = table.iter().map(|(layer, field, _)| (layer.to_owned(), field.to_owned())).collect();
    assert_eq!(rows, declared);
}

/// `cargo metadata` for this platform only: the full graph names packages that were never fetched.
fn burn_nn() -> PathBuf {
    let output = |command: &mut Command| {
        let output = command.output().expect("cargo and rustc run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let version = output(Command::new("rustc").arg("-vV"));
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = output(
        Command::new(cargo)
            .args(["metadata", "--offline", "--format-version", "1", "--filter-platform", host])
            .args(["--manifest-path", "Cargo.toml"]),
    );
    let metadata: serde_json::Value = serde_json::from_str(&metadata).expect("JSON");
    let mut packages = metadata["packages"].as_array().expect("packages").iter();
    let package = packages.find(|package| package["name"] == "burn-nn").expect("burn-nn is a dependency");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    manifest.parent().expect("a folder").to_owned()
}

/// Collects (struct, field) of every field whose type holds a float parameter or a running state.
fn scan(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("burn-nn's source is readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            scan(&path, found);
        } else {
            let mut owner = String::new();
            for line in std::fs::read_to_string(&path).expect("UTF-8").lines().map(str::trim) {
                if let Some(rest) = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("struct ")) {
                    owner = rest.split(|char: char| !char.is_alphanumeric()).next().unwrap_or_default().to_owned();
                }
                let field = line.strip_prefix("pub ").unwrap_or(line);
                let Some((name, kind)) = field.split_once(": ") else { continue };
                let is_name = name.chars().all(|char| char.is_alphanumeric() || char == '_');
                let kind = kind.strip_prefix("Option<").unwrap_or(kind);
                if is_name && (kind.starts_with("Param<Tensor<") || kind.starts_with("RunningState<Tensor<")) {
                    found.insert((owner.clone(), name.to_owned()));
                }
            }
        }
    }
}
