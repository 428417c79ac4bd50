//! The checkout that this program was built from.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the checkout for a program that runs elsewhere than it was built, as `mup_golden::ROOT_VARIABLE` does.
pub(crate) const ROOT_VARIABLE: &str = "MUP_ROOT";

/// This package's folder in the checkout.
const HERE: &str = "examples/gpt-text";

/// The folder of the workspace: [`ROOT_VARIABLE`], the one that `cargo run` or `cargo test` is in, or the one that this
/// program was built in (cargo does not compile again when a checkout moves and its target folder stays).
pub(crate) fn workspace() -> PathBuf {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| !path.as_os_str().is_empty());
    let around = |package: PathBuf| package.ancestors().find(|folder| folder.join(HERE).is_dir()).map(Path::to_owned);
    variable(ROOT_VARIABLE)
        .or_else(|| around(variable("CARGO_MANIFEST_DIR")?))
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
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
