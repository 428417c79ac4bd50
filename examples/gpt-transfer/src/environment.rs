//! Where and with what a report was made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::configuration::BURN_VERSION;

/// Names the checkout for a program that runs elsewhere than it was built, as `mup_golden::ROOT_VARIABLE` does.
pub(crate) const ROOT_VARIABLE: &str = "MUP_ROOT";

/// The folder of the workspace: [`ROOT_VARIABLE`], or the one that this program was built in.
pub(crate) fn workspace() -> PathBuf {
    let given = std::env::var_os(ROOT_VARIABLE).filter(|path| !path.is_empty());
    given.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), PathBuf::from)
}

/// Versions and machine.
pub(crate) fn describe() -> BTreeMap<String, String> {
    let cores = std::thread::available_parallelism().map_or_else(|_| "unknown".to_owned(), |n| n.to_string());
    let entries = [
        ("burn", BURN_VERSION.to_owned()),
        ("commit", commit().unwrap_or_else(|| "unknown".to_owned())),
        ("gpt-transfer", env!("CARGO_PKG_VERSION").to_owned()),
        ("processor", format!("{}, {cores} cores", std::env::consts::ARCH)),
        ("system", std::env::consts::OS.to_owned()),
    ];
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The command that was given, as one would repeat it.
pub(crate) fn command() -> String {
    let quote = |argument: String| {
        let plain = argument.chars().all(|c| c.is_ascii_alphanumeric() || "-_=.,:/~".contains(c));
        if plain { argument } else { format!("'{}'", argument.replace('\'', "'\\''")) }
    };
    let arguments: Vec<String> = std::env::args().skip(1).map(quote).collect();
    let separator = if arguments.is_empty() { "" } else { " -- " };
    format!("cargo run --release -p gpt-transfer{separator}{}", arguments.join(" "))
}

/// The commit of the source that this program was built from, if git knows it.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(workspace()).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let changed =
        if git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty() { "" } else { " with changes" };
    Some(format!("{}{changed}", git(&["rev-parse", "HEAD"])?))
}
