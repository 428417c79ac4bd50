//! `cargo xtask tidy`: the conventions of this workspace that a machine can hold.
//!
//! Each room is one check, a pure function from what it reads to a list of problems.

mod book;
mod dependencies;
mod devices;
mod features;
mod generated;
mod graph;
mod packages;
mod readmes;
mod sources;

use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand};

/// Runs every check and prints every problem; `true` when there is none.
///
/// # Errors
///
/// When cargo or a file cannot be read.
pub(crate) fn tidy() -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let metadata = MetadataCommand::new().other_options(vec!["--offline".to_owned()]).exec();
    let metadata = match metadata {
        Ok(metadata) => metadata,
        Err(_) => MetadataCommand::new().exec()?,
    };
    let root = PathBuf::from(&metadata.workspace_root);
    let mut problems = Vec::new();
    let packages: Vec<String> = metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect();
    problems.extend(graph::check(&packages, &edges(&metadata, &packages)));
    problems.extend(sources::check(&rust_files(&root)?));
    problems.extend(generated::check(&root)?);
    problems.extend(features::check(&root)?);
    problems.extend(devices::check(&metadata));
    problems.extend(dependencies::check(&metadata)?);
    problems.extend(packages::check(&metadata));
    problems.extend(readmes::check(&metadata)?);
    problems.extend(book::check(&root)?);
    problems.extend(crate::public_api::check(&metadata)?);
    for problem in &problems {
        println!("{problem}");
    }
    println!("tidy: {} problem(s)", problems.len());
    Ok(problems.is_empty())
}

/// Normal dependencies between packages of the workspace.
fn edges(metadata: &Metadata, names: &[String]) -> Vec<(String, String)> {
    let packages = metadata.workspace_packages();
    let normal = |package: &cargo_metadata::Package| {
        let dependencies = package.dependencies.iter();
        let normal = dependencies.filter(|d| d.kind == cargo_metadata::DependencyKind::Normal);
        normal.map(|d| d.name.clone()).filter(|name| names.contains(name)).collect::<Vec<_>>()
    };
    let pairs = packages.iter().flat_map(|package| {
        let from = package.name.to_string();
        normal(package).into_iter().map(move |to| (from.clone(), to))
    });
    pairs.collect()
}

fn rust_files(root: &Path) -> std::io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = ["crates", "examples", "golden", "benches", "experiments", "xtask"]
        .iter()
        .map(|folder| root.join(folder))
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
                files.push((relative, std::fs::read_to_string(&path)?));
            }
        }
    }
    files.sort();
    Ok(files)
}
