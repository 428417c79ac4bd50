//! The public API of every published crate as a file, docs/public-api/CRATE.rs, so that each change of it is seen in
//! review. `cargo xtask public-api` writes them, `cargo xtask tidy` compares.
//!
//! It is read off the sources, without a compiler: the lint `unreachable_pub`, denied in CI, says that every `pub` item
//! can be reached, so what is `pub` is the API. What it cannot see is what others infer: auto traits, and what a derive
//! makes (the derive is there).

mod skeleton;
mod sources;

use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand, Package};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Where the files are.
const FOLDER: &str = "docs/public-api";

/// Writes every file.
///
/// # Errors
///
/// Sources that cannot be read, files that cannot be written.
pub(crate) fn write() -> Result<(), Error> {
    let metadata = MetadataCommand::new().other_options(vec!["--offline".to_owned()]).no_deps().exec()?;
    std::fs::create_dir_all(metadata.workspace_root.join(FOLDER))?;
    for package in published(&metadata) {
        std::fs::write(file(&metadata, package), of(package)?)?;
    }
    Ok(())
}

/// Problems in the files.
///
/// # Errors
///
/// Sources that cannot be read.
pub(crate) fn check(metadata: &Metadata) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    for package in published(metadata) {
        if std::fs::read_to_string(file(metadata, package)).unwrap_or_default() != of(package)? {
            problems.push(format!(
                "{FOLDER}/{}.rs is not the crate's API: cargo xtask public-api, and look at the difference",
                package.name
            ));
        }
    }
    Ok(problems)
}

fn published(metadata: &Metadata) -> Vec<&Package> {
    metadata.workspace_packages().into_iter().filter(|package| package.publish.is_none()).collect()
}

fn file(metadata: &Metadata, package: &Package) -> PathBuf {
    metadata.workspace_root.join(FOLDER).join(format!("{}.rs", package.name)).into()
}

fn of(package: &Package) -> Result<String, Error> {
    let source = package.manifest_path.with_file_name("src").join("lib.rs");
    Ok(skeleton::of(&sources::read(Path::new(&source))?))
}
