//! What this program was built from: asked of git and cargo, or read from the file that `gpu/build.sh` wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::MetadataCommand;

use crate::root;

/// Names a file of lines `name version`, one of them `commit`, for a machine without git and cargo.
pub const BUILT_VARIABLE: &str = "MUP_BUILT";
/// The line of that file, and what git is asked for.
const COMMIT: &str = "commit";

/// Commit and versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Of the source that this program was built from; `unknown` if nobody knows it.
    pub commit: String,
    /// Of rustc and Burn, by name.
    pub versions: BTreeMap<String, String>,
}

impl Provenance {
    /// What is known.
    ///
    /// # Errors
    ///
    /// A file that [`BUILT_VARIABLE`] names and that cannot be read or has no commit.
    pub fn of_this_program() -> Result<Self, String> {
        match std::env::var_os(BUILT_VARIABLE) {
            Some(path) => Self::read(&PathBuf::from(path)),
            None => Ok(Self::asked()),
        }
    }

    fn read(path: &Path) -> Result<Self, String> {
        let wrong = |what: &str| format!("{}: {what}; {BUILT_VARIABLE} names what gpu/build.sh wrote", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        let mut versions: BTreeMap<_, _> =
            lines.map(|(name, version)| (name.to_owned(), version.trim().to_owned())).collect();
        let commit = versions.remove(COMMIT).ok_or_else(|| wrong("it has no line `commit`"))?;
        Ok(Self { commit, versions })
    }

    fn asked() -> Self {
        let versions = [("rustc", rustc()), ("burn", burn())];
        let known = versions.into_iter().filter_map(|(name, version)| Some((name.to_owned(), version?)));
        Self { commit: commit().unwrap_or_else(|| "unknown".to_owned()), versions: known.collect() }
    }
}

/// What a program prints, trimmed; nothing if it is not there or fails.
#[must_use]
pub fn printed(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The commit, shortened, and whether anything but documents differs from it.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| printed(Command::new("git").arg("-C").arg(root()).args(arguments));
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs"])?;
    let note = if changed.is_empty() { "" } else { " with changes" };
    Some(format!("{}{note}", git(&["rev-parse", "--short=12", "HEAD"])?))
}

fn rustc() -> Option<String> {
    let line = printed(Command::new("rustc").arg("--version").current_dir(root()))?;
    line.split(' ').nth(1).map(str::to_owned)
}

fn burn() -> Option<String> {
    let offline = vec!["--offline".to_owned()];
    let metadata = MetadataCommand::new().current_dir(root()).other_options(offline).exec().ok()?;
    metadata.packages.iter().find(|package| package.name.as_str() == "burn").map(|burn| burn.version.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Provenance, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("built");
        std::fs::write(&path, text).expect("written");
        Provenance::read(&path)
    }

    #[test]
    fn what_the_kit_says_of_itself_is_read() {
        let built = read("commit 0123456789ab with changes\nrustc 1.95.0\n\nburn 0.22.1\n").expect("a kit's file");
        assert_eq!(built.commit, "0123456789ab with changes");
        assert_eq!(
            built.versions.into_iter().collect::<Vec<_>>(),
            [("burn".to_owned(), "0.22.1".to_owned()), ("rustc".to_owned(), "1.95.0".to_owned())]
        );
    }

    #[test]
    fn a_file_without_a_commit_or_none_at_all_is_named_with_the_variable() {
        for message in [
            read("rustc 1.95.0\n").expect_err("no commit"),
            Provenance::read(Path::new("/nowhere/built")).expect_err("no file"),
        ] {
            assert!(message.contains("MUP_BUILT") && message.contains("built:"), "{message}");
        }
    }
}
