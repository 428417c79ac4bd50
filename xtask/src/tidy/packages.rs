//! What a package needs to be taken by others: licence texts, a README, words by which it is found, and nothing that is
//! not published. And the version of Burn that records name.

use cargo_metadata::{DependencyKind, Metadata, Package};

/// Problems in the packages of the workspace.
pub(crate) fn check(metadata: &Metadata) -> Vec<String> {
    let packages = metadata.workspace_packages();
    let published = |package: &Package| package.publish.is_none();
    let names: Vec<&str> = packages.iter().filter(|one| published(one)).map(|one| one.name.as_str()).collect();
    let own: Vec<&str> = packages.iter().map(|one| one.name.as_str()).collect();
    let mut problems: Vec<String> = burn(metadata).into_iter().collect();
    for package in packages.iter().filter(|one| published(one)) {
        let mut add = |problem: &str| problems.push(format!("{}: {problem}", package.name));
        for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
            let there = std::fs::read(package.manifest_path.with_file_name(file));
            let same = file == "README.md"
                || there.as_ref().ok() == std::fs::read(metadata.workspace_root.join(file)).ok().as_ref();
            if there.is_err() || !same {
                add(&format!("its package lacks {file}; a licence is a link to the workspace's"));
            }
        }
        if package.keywords.is_empty() || package.categories.is_empty() || package.description.is_none() {
            add("say what it is: description, keywords, categories");
        }
        if package.metadata["docs"]["rs"].is_null() {
            add("say how docs.rs builds it: [package.metadata.docs.rs]");
        }
        let taken = package.dependencies.iter().filter(|one| one.kind != DependencyKind::Development);
        for dependency in taken.filter(|one| own.contains(&one.name.as_str()) && !names.contains(&one.name.as_str())) {
            add(&format!("it is published, and depends on {}, which is not", dependency.name));
        }
    }
    problems
}

/// Records and plans of runs name the version of Burn: `mup_cli::BURN_VERSION` is the one that is built.
fn burn(metadata: &Metadata) -> Option<String> {
    let built = metadata.packages.iter().find(|package| package.name.as_str() == "burn")?.version.to_string();
    (built != mup_cli::BURN_VERSION)
        .then(|| format!("mup_cli::BURN_VERSION is {}, and {built} is built", mup_cli::BURN_VERSION))
}
