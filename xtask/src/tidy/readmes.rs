//! READMEs: the `[dependencies]` that make an example compile stand before it, and are those that it uses; links go to
//! where a reader of the registry's page can follow them.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::Metadata;

use super::book::links;

/// Where a reader's project is seen from, as every README has it: beside a checkout.
const CHECKOUT: &str = "../mup/";

/// Problems in the READMEs of the workspace and of its published packages.
///
/// # Errors
///
/// When one cannot be read.
pub(crate) fn check(metadata: &Metadata) -> std::io::Result<Vec<String>> {
    let root = Path::new(&metadata.workspace_root);
    let packages = metadata.workspace_packages();
    let crates = packages.iter().flat_map(|package| {
        let dependencies = package.dependencies.iter().map(|dependency| dependency.name.replace('-', "_"));
        dependencies.chain([package.name.replace('-', "_")])
    });
    let crates: BTreeSet<String> = crates.collect();
    let published = packages.iter().filter(|package| package.publish.is_none());
    let files = published.map(|package| package.manifest_path.with_file_name("README.md"));
    let mut problems = Vec::new();
    for file in files.chain([metadata.workspace_root.join("README.md")]) {
        // Where there is none, `packages.rs` says so.
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let name = file.strip_prefix(root).unwrap_or(&file);
        let found =
            in_text(&text, &crates).into_iter().chain(missing_folders(&text, root)).chain(links_to_paths(&text));
        problems.extend(found.map(|problem| format!("{name}: {problem}")));
    }
    Ok(problems)
}

/// What the examples of a README and its `[dependencies]` do not agree in.
fn in_text(text: &str, crates: &BTreeSet<String>) -> Vec<String> {
    let blocks = blocks(text);
    let is_rust = |(language, _): &(String, String)| language.starts_with("rust");
    let Some(first) = blocks.iter().position(is_rust) else {
        return Vec::new();
    };
    let Some(listed) = blocks[..first].iter().find_map(|(_, content)| content.strip_prefix("[dependencies]\n")) else {
        return vec!["say before the first example which [dependencies] it needs".to_owned()];
    };
    let listed: BTreeSet<String> =
        listed.lines().filter_map(|line| Some(line.split_once(" = ")?.0.replace('-', "_"))).collect();
    let examples = blocks.iter().filter(|block| is_rust(block));
    let used: BTreeSet<String> =
        examples.flat_map(|(_, code)| paths(code)).filter(|name| crates.contains(name)).collect();
    let absent = used.difference(&listed).map(|name| format!("its examples use {name}, which its [dependencies] lack"));
    let idle = listed.difference(&used).map(|name| format!("its [dependencies] have {name}, which no example uses"));
    absent.chain(idle).collect()
}

/// Fenced blocks: language and content.
fn blocks(text: &str) -> Vec<(String, String)> {
    let fenced = text.split("\n```").skip(1).step_by(2);
    let divided = fenced.filter_map(|block| block.split_once('\n'));
    divided.map(|(language, content)| (language.to_owned(), format!("{content}\n"))).collect()
}

/// First segments of all paths in code.
fn paths(code: &str) -> Vec<String> {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let ends = code.match_indices("::").map(|(end, _)| end);
    let names = ends.map(|end| {
        let before = &code[..end];
        let start = before.rfind(|letter| !is_name(letter)).map_or(0, |at| at + 1);
        (&before[start..], before[..start].ends_with("::"))
    });
    names.filter(|(_, inner)| !inner).map(|(name, _)| name.to_owned()).collect()
}

/// Folders of this workspace that a README names and that do not exist.
fn missing_folders(text: &str, root: &Path) -> Vec<String> {
    let begin = format!("path = \"{CHECKOUT}");
    let named = text.split(&begin).skip(1).filter_map(|rest| rest.split('"').next());
    let missing = named.filter(|folder| !root.join(folder).join("Cargo.toml").exists());
    missing.map(|folder| format!("there is no {folder}")).collect()
}

/// Links that only rustdoc resolves, as in `[Family](mup_train::Family)`: elsewhere they lead nowhere.
fn links_to_paths(text: &str) -> Vec<String> {
    let paths = links(text).into_iter().filter(|target| {
        target
            .split_once("::")
            .is_some_and(|(first, _)| first.chars().all(|letter| letter.is_alphanumeric() || letter == '_'))
    });
    paths.map(|path| format!("a link to {path} leads nowhere but in rustdoc: write it as code")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{in_text, links_to_paths};

    fn problems(text: &str) -> Vec<String> {
        in_text(text, &BTreeSet::from(["burn".to_owned(), "mup_rules".to_owned(), "plotters".to_owned()]))
    }

    const EXAMPLE: &str =
        "\n```rust\nuse burn::nn::Linear;\n# let plan = mup_rules::plan();\nuse own::plotters::Pen;\n```\n";

    #[test]
    fn an_example_needs_its_dependencies_before_it() {
        let listed = "# A\n\n```toml\n[dependencies]\nburn = \"0.22\"\nmup-rules = \"0.1\"\n```\n";
        assert_eq!(problems(&format!("{listed}{EXAMPLE}")), Vec::<String>::new());
        assert_eq!(problems(&format!("{EXAMPLE}{listed}")).len(), 1);
        assert_eq!(problems(EXAMPLE).len(), 1);
    }

    #[test]
    fn what_is_used_and_not_listed_and_what_is_listed_and_not_used_are_problems() {
        let listed = "# A\n\n```toml\n[dependencies]\nburn = \"0.22\"\nplotters = \"0.3\"\n```\n";
        let found = problems(&format!("{listed}{EXAMPLE}"));
        assert!(found.len() == 2 && found[0].contains("mup_rules") && found[1].contains("plotters"), "{found:?}");
    }

    #[test]
    fn a_link_to_a_path_of_rust_is_a_problem_and_one_to_a_page_is_none() {
        let found =
            links_to_paths("[`Family`](mup_train::Family), [docs](https://docs.rs/a), [log](docs/log.md), [`main`].");
        assert!(found.len() == 1 && found[0].contains("mup_train::Family"), "{found:?}");
        assert!(links_to_paths("an array `a[i](b)` and [empty]()").is_empty());
    }
}
