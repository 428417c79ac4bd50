//! The default text: the Rust source of the Burn crates that this workspace pins.
//!
//! Whoever has built this program has them, and since the registry's archives never change they are the same bytes
//! for everyone.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand};
use mup_data::Text;
use mup_files::sha256;

use super::BurnSourceError;
use super::checkout::{ROOT_VARIABLE, workspace};
use crate::error::TextError;

/// Crates compiled into every default build of this program, in the order of the text. Crates of other backends are
/// left out: whether Cargo fetches them depends on its version.
const CRATES: [&str; 16] = [
    "burn",
    "burn-autodiff",
    "burn-backend",
    "burn-backend-extension",
    "burn-core",
    "burn-derive",
    "burn-dispatch",
    "burn-einsum",
    "burn-flex",
    "burn-ir",
    "burn-linalg",
    "burn-nn",
    "burn-optim",
    "burn-pack",
    "burn-std",
    "burn-tensor",
];

/// Of all of them.
const BURN_VERSION: &str = "0.22.1";
/// Of the text that [`read`] returns.
const SHA256: &str = "7e40a8698c8cd35061d036e5630450f8bf9e4653e737a816cb81c0063ffaf0e2";

/// All `.rs` files under `src/` of [`CRATES`], crates in order, files in order of their paths, joined.
pub(super) fn read() -> Result<Text, TextError> {
    let metadata = metadata()?;
    let mut text = Vec::new();
    for name in CRATES {
        let package = metadata.packages.iter().find(|package| package.name.as_str() == name);
        let package = package.ok_or_else(|| no_source(format!("{name} is not among the packages")))?;
        let manifest = package.manifest_path.as_std_path();
        let source = manifest.parent().unwrap_or(manifest).join("src");
        let mut files = Vec::new();
        rust_files(&source, &source, &mut files)?;
        files.sort();
        for (_, path) in files {
            text.extend(fs::read(&path).map_err(|source| BurnSourceError::Unreadable { path, source })?);
        }
    }
    let found = sha256(&text);
    if found != SHA256 {
        return Err(BurnSourceError::Other { found, expected: SHA256 }.into());
    }
    let text = String::from_utf8(text).map_err(|error| no_source(error.to_string()))?;
    Ok(Text::from_string(&format!("Rust source of {} Burn {BURN_VERSION} crates", CRATES.len()), text)?)
}

/// Sorted by the path's parts, so that the order does not depend on the separator of the platform.
fn rust_files(root: &Path, folder: &Path, files: &mut Vec<(Vec<String>, PathBuf)>) -> Result<(), BurnSourceError> {
    let unreadable = |source| BurnSourceError::Unreadable { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            rust_files(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let parts = path.strip_prefix(root).unwrap_or(&path).iter();
            files.push((parts.map(|part| part.to_string_lossy().into_owned()).collect(), path));
        }
    }
    Ok(())
}

/// What `cargo metadata --offline` says of a package that depends on Burn alone, as locked by the workspace.
///
/// Not of the workspace itself: its graph names what only tests need, which a plain `cargo run` has never fetched.
fn metadata() -> Result<Metadata, BurnSourceError> {
    let workspace = workspace();
    // Process ids repeat from container to container, and two threads have one.
    let number = RandomState::new().build_hasher().finish();
    let package = std::env::temp_dir().join(format!("gpt-text-corpus-{number:016x}"));
    let found = write_package(&package, &workspace).and_then(|()| ask_cargo(&package, &workspace));
    let _ = fs::remove_dir_all(&package);
    found
}

fn write_package(package: &Path, workspace: &Path) -> Result<(), BurnSourceError> {
    let manifest = format!(
        "[package]\nname = \"corpus\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         burn = {{ version = \"={BURN_VERSION}\", default-features = false, features = [\"std\", \"optim\", \"flex\"] }}\n\
         \n[workspace]\n"
    );
    let failed = |error: std::io::Error| no_source(format!("{}: {error}", package.display()));
    fs::create_dir_all(package.join("src")).map_err(failed)?;
    fs::write(package.join("src").join("lib.rs"), "").map_err(failed)?;
    fs::write(package.join("Cargo.toml"), manifest).map_err(failed)?;
    let lock = workspace.join("Cargo.lock");
    let copied = fs::copy(&lock, package.join("Cargo.lock"));
    let elsewhere = |error| format!("{}: {error} ({ROOT_VARIABLE} names a checkout elsewhere)", lock.display());
    copied.map_err(|error| no_source(elsewhere(error)))?;
    Ok(())
}

fn ask_cargo(package: &Path, workspace: &Path) -> Result<Metadata, BurnSourceError> {
    let mut command = MetadataCommand::new();
    // The working directory decides which .cargo/config.toml, and so which registry or vendored sources, are used.
    command.manifest_path(package.join("Cargo.toml")).current_dir(workspace);
    let host = host().ok_or_else(|| no_source("`cargo -vV` does not say its host".to_owned()))?;
    command.other_options(["--offline".to_owned(), "--filter-platform".to_owned(), host]);
    command.exec().map_err(|error| no_source(error.to_string()))
}

/// The platform that this machine builds for.
fn host() -> Option<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).arg("-vV").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

fn no_source(reason: String) -> BurnSourceError {
    BurnSourceError::NotFound { reason: reason.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_same_for_everyone() {
        let text = read().unwrap();
        assert!(text.name().contains("16 Burn 0.22.1 crates"), "{}", text.name());
    }
}
