//! The checkout that this program was built from.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the checkout for a program that runs elsewhere than it was built, as `mup_golden::ROOT_VARIABLE` does.
pub(crate) const ROOT_VARIABLE: &str = "MUP_ROOT";

/// The folder of the workspace: [`ROOT_VARIABLE`], or the one that this program was built in.
pub(crate) fn workspace() -> PathBuf {
    let given = std::env::var_os(ROOT_VARIABLE).filter(|path| !path.is_empty());
    given.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), PathBuf::from)
}

/// The commit of the checkout that this program was built from, if git knows it.
#[must_use]
pub fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(workspace()).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let changed =
        if git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty() { "" } else { " with changes" };
    Some(format!("{}{changed}", git(&["rev-parse", "HEAD"])?))
}
