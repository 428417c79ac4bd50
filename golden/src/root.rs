//! The checkout: where it was when this program was built, or where `MUP_ROOT` says that it is now.

use std::path::{Path, PathBuf};

/// Names the checkout for a program that runs on another machine than the one it was built on.
pub const ROOT_VARIABLE: &str = "MUP_ROOT";

/// The folder of the workspace: [`ROOT_VARIABLE`], or the one that this program was built in.
#[must_use]
pub fn root() -> PathBuf {
    root_of(std::env::var_os(ROOT_VARIABLE).map(PathBuf::from))
}

fn root_of(given: Option<PathBuf>) -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built_in = || manifest.parent().unwrap_or(manifest).to_owned();
    given.filter(|path| !path.as_os_str().is_empty()).unwrap_or_else(built_in)
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
    fn the_checkout_is_where_the_variable_says_and_else_where_the_program_was_built() {
        assert_eq!(root_of(Some("/elsewhere".into())), Path::new("/elsewhere"));
        for unset in [None, Some(PathBuf::new())] {
            assert!(root_of(unset).join("golden/data").is_dir());
        }
    }

    #[test]
    fn a_file_that_is_missing_is_named_with_the_variable() {
        let message = unreadable(Path::new("/nowhere/golden/data/mlp.json"), &"No such file");
        assert!(message.contains("/nowhere/golden/data/mlp.json") && message.contains("MUP_ROOT"), "{message}");
    }
}
