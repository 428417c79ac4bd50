//! The book, docs/: every file is a chapter, every link leads somewhere, and every example in Rust is compiled.

use std::path::Path;

/// What is no chapter: the list of them, and a part of performance.md.
const NO_CHAPTERS: [&str; 2] = ["SUMMARY.md", "performance-notes.md"];

/// Where chapters are compiled, as the README is.
const COMPILED: &str = "examples/own-model/src/lib.rs";

/// Documents beside the book whose links are held as well.
const BESIDE: [&str; 4] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

/// Problems in the book of the workspace at `root`.
///
/// # Errors
///
/// When a file cannot be read.
pub(crate) fn check(root: &Path) -> std::io::Result<Vec<String>> {
    let read = |name: &str| std::fs::read_to_string(root.join(name));
    let (summary, compiled) = (read("docs/SUMMARY.md")?, read(COMPILED)?);
    let mut names: Vec<String> = BESIDE.map(str::to_owned).into();
    for entry in std::fs::read_dir(root.join("docs"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.ends_with(".md").then(|| format!("docs/{name}")));
    }
    names.sort();
    let mut problems = Vec::new();
    for name in names {
        let text = read(&name)?;
        let chapter = name.strip_prefix("docs/").and_then(|name| no_chapter(name, &text, &summary, &compiled));
        let dead = links(&text).into_iter().filter_map(|link| dead(root, &name, &link));
        problems.extend(chapter.into_iter().chain(dead).map(|problem| format!("{name}: {problem}")));
    }
    Ok(problems)
}

/// Why a file of docs/ is no chapter whose Rust is compiled.
fn no_chapter(name: &str, text: &str, summary: &str, compiled: &str) -> Option<String> {
    if !NO_CHAPTERS.contains(&name) && !links(summary).iter().any(|link| link == name) {
        return Some("say in docs/SUMMARY.md where in the book it stands".to_owned());
    }
    let shows_rust = text.lines().any(|line| line.starts_with("```rust"));
    (shows_rust && !compiled.contains(&format!("docs/{name}\"")))
        .then(|| format!("it shows Rust that nobody compiles: include it in {COMPILED}"))
}

/// What is wrong with a link of a document, unless it leads to another site.
fn dead(root: &Path, document: &str, link: &str) -> Option<String> {
    if link.contains("://") {
        return None;
    }
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let document = root.join(document);
    let target = if path.is_empty() { document } else { document.parent()?.join(path) };
    if !target.exists() {
        return Some(format!("a link to {link}, which is not there"));
    }
    let headings = || std::fs::read_to_string(&target).map(|text| anchors(&text)).unwrap_or_default();
    (!heading.is_empty() && !headings().iter().any(|one| one == heading))
        .then(|| format!("a link to {link}, which has no such heading"))
}

/// Targets of the links and pictures of a document, code left out.
pub(super) fn links(text: &str) -> Vec<String> {
    let prose = prose(text).map(|line| line.split('`').step_by(2).collect::<String>());
    let targets = |line: String| {
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        targets.map(|(target, _)| target.to_owned()).collect::<Vec<_>>()
    };
    prose.flat_map(targets).collect()
}

/// Headings of a document as links name them, on GitHub and in mdBook.
fn anchors(text: &str) -> Vec<String> {
    let headings = prose(text).filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || ['-', '_', ' '].contains(letter);
    heading.to_lowercase().chars().filter(kept).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// Lines outside of fenced blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_chapter_and_rust_that_nobody_compiles_are_problems() {
        let summary = "- [Why](why.md)\n";
        let problem = |name, text| no_chapter(name, text, summary, "include_str!(\"../../../docs/why.md\")");
        assert_eq!(problem("why.md", "# Why\n\n```rust\nlet a = 1;\n```\n"), None);
        assert!(problem("lost.md", "# Lost\n").is_some_and(|problem| problem.contains("SUMMARY.md")));
        assert_eq!(no_chapter("why.md", "# Why\n", summary, ""), None);
        assert!(no_chapter("why.md", "```rust,no_run\n```\n", summary, "").is_some_and(|why| why.contains(COMPILED)));
    }

    #[test]
    fn a_link_to_a_file_or_heading_that_is_not_there_is_a_problem() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "# Why?\n\n## What it does `not`: SP, µP\n\n```sh\n# no heading\n```\n";
        std::fs::write(folder.path().join("why.md"), text).expect("written");
        let problem = |link| dead(folder.path(), "why.md", link);
        for link in ["why.md", "#why", "why.md#what-it-does-not-sp-µp", "https://burn.dev"] {
            assert_eq!(problem(link), None, "{link}");
        }
        for link in ["lost.md", "why.md#because", "#no-heading"] {
            assert!(problem(link).is_some_and(|problem| problem.contains(link)), "{link}");
        }
    }

    #[test]
    fn links_are_those_of_prose() {
        let text = "[a](b.md), ![`p`](c.png)\n`[no](code)`\n```text\n[no](block)\n```\n| [x](d.md#e) |\n";
        assert_eq!(links(text), ["b.md", "c.png", "d.md#e"]);
    }
}
