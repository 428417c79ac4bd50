//! The checkout: where `MUP_ROOT` says that it is, where cargo runs this program, or where it was built.

use std::path::{Path, PathBuf};

/// Names the checkout for a program that runs on another machine than the one it was built on.
pub const ROOT_VARIABLE: &str = "MUP_ROOT";

/// The folder of the workspace: [`ROOT_VARIABLE`], the one that `cargo run` or `cargo test` is in, or the one that this
/// program was built in.
#[must_use]
pub fn root() -> PathBuf {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| !path.as_os_str().is_empty());
    root_of(variable(ROOT_VARIABLE), variable("CARGO_MANIFEST_DIR").as_deref())
}

/// Cargo does not compile again when a checkout moves and its target folder stays, so what was compiled in comes last.
fn root_of(given: Option<PathBuf>, running: Option<&Path>) -> PathBuf {
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR"));
    let around =
        |package: &Path| package.ancestors().find(|folder| folder.join("golden/data").is_dir()).map(Path::to_owned);
    given.or_else(|| around(running?)).unwrap_or_else(|| built_in.parent().unwrap_or(built_in).to_owned())
}

/// The text of a file of the checkout that cannot be read, with the remedy.
pub(crate) fn unreadable(path: &Path, error: &impl std::fmt::Display) -> String {
    let path = path.display();
    format!("{path}: {error}; it belongs to the checkout: set {ROOT_VARIABLE} to the folder of one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checkout_is_where_the_variable_says_else_where_cargo_runs_else_where_the_program_was_built() {
        let moved = tempfile::tempdir().expect("a folder");
        let package = moved.path().join("crates/one");
        std::fs::create_dir_all(moved.path().join("golden/data")).expect("created");
        assert_eq!(root_of(Some("/elsewhere".into()), Some(&package)), Path::new("/elsewhere"));
        assert_eq!(root_of(None, Some(&package)), moved.path());
        for elsewhere in [None, Some(Path::new("/the/package/of/another"))] {
            assert_eq!(
                root_of(None, elsewhere),
                Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
            );
        }
    }

    #[test]
    fn a_file_that_is_missing_is_named_with_the_variable() {
        let message = unreadable(Path::new("/nowhere/golden/data/mlp.json"), &"No such file");
        assert!(message.contains("/nowhere/golden/data/mlp.json") && message.contains("MUP_ROOT"), "{message}");
    }
}
