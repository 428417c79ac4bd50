//! Command lines in this repository's documents: what the tests of each program parse, so that no document shows a
//! command that does not exist, and the blocks that the test of the book runs. For tests alone; it knows no program.

mod shell_blocks;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::error::ErrorKind;

pub use shell_blocks::{ShellBlock, ShellCommand, shell_blocks};

/// A command that a document shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// File and line.
    pub place: String,
    /// Its words, the program first.
    pub words: Vec<String>,
    /// Within a sentence, where it may be cut short: `mup-transfer tune`.
    pub in_a_sentence: bool,
}

/// The program of the reader's own project, which `cargo run` runs there without a word.
pub const YOUR_PROGRAM: &str = "your-program";

/// What names a program or a project for `cargo run`.
const NAMING: [&str; 4] = ["-p", "--package", "--bin", "--manifest-path"];

/// What was run on its day, by the program of that day: its commands are history.
const LOG: &str = "docs/log.md";

/// Every command of a program in the repository's Markdown files, the log left out.
///
/// # Panics
///
/// If they cannot be read, or show none: then the test would hold nothing.
#[must_use]
pub fn commands(program: &str) -> Vec<Shown> {
    let mut shown = Vec::new();
    for (name, text) in documents() {
        let placed = |shown: Shown| Shown { place: format!("{name}:{}", shown.place), ..shown };
        shown.extend(in_text(&text, program).into_iter().map(placed));
    }
    assert!(!shown.is_empty(), "no document shows a command of {program}");
    shown
}

/// The README and the chapters of the book, by name, with their texts; the log left out.
///
/// # Panics
///
/// If they cannot be read.
#[must_use]
pub fn book() -> Vec<(String, String)> {
    let of_the_book = |name: &str| name == "README.md" || name.starts_with("docs/");
    documents().into_iter().filter(|(name, _)| of_the_book(name)).collect()
}

/// Every document but the log.
fn documents() -> Vec<(String, String)> {
    let root = root();
    let named = |file: PathBuf| {
        let text = fs::read_to_string(&file).expect("documents are text");
        (file.strip_prefix(&root).unwrap_or(&file).display().to_string(), text)
    };
    markdown(&root).into_iter().filter(|file| !file.ends_with(LOG)).map(named).collect()
}

/// The checkout around the package that is tested: `cargo test` works in its folder. Not the one that was compiled in,
/// which cargo keeps when a checkout moves beside its target folder.
///
/// # Panics
///
/// Elsewhere.
#[must_use]
pub fn root() -> PathBuf {
    let package = std::env::current_dir().expect("tests run in their package's folder");
    package.ancestors().find(|folder| folder.join(LOG).is_file()).expect("a checkout").to_owned()
}

/// Fails unless a program understands every command of it that a document shows.
///
/// # Panics
///
/// With the place and what is wrong.
pub fn assert_understood<P: Parser>(program: &str) {
    commands(program).iter().for_each(understand::<P>);
}

/// The same for the examples of its help.
///
/// # Panics
///
/// With what is wrong, or if there are none.
pub fn assert_examples_understood<P: Parser>(program: &str, examples: &str) {
    let shown = in_text(&format!("```sh\n{examples}\n```"), program);
    assert!(!shown.is_empty(), "no example shows a command of {program}");
    shown.iter().for_each(understand::<P>);
}

fn understand<P: Parser>(shown: &Shown) {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    use ErrorKind::{MissingRequiredArgument, MissingSubcommand};
    let Err(error) = P::try_parse_from(&shown.words) else { return };
    let cut_short = [MissingRequiredArgument, MissingSubcommand, DisplayHelpOnMissingArgumentOrSubcommand];
    let fine = [DisplayHelp, DisplayVersion].contains(&error.kind())
        || shown.in_a_sentence && cut_short.contains(&error.kind());
    assert!(fine, "{}: {}\n{error}", shown.place, shown.words.join(" "));
}

/// What a fenced block shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    /// Commands, with a prompt or without.
    Shell,
    /// What was typed behind a prompt, `$ `, and what was printed.
    Transcript,
    /// No command.
    Other,
}

impl Block {
    fn of(language: &str) -> Self {
        match language {
            "" | "sh" | "bash" | "console" => Self::Shell,
            "text" => Self::Transcript,
            _ => Self::Other,
        }
    }
}

/// Those of one text; their places are its lines.
#[must_use]
pub fn in_text(text: &str, program: &str) -> Vec<Shown> {
    let (mut shown, mut block, mut begun) = (Vec::new(), None, String::new());
    for (number, line) in text.lines().enumerate() {
        let mut add = |line: &str, in_a_sentence: bool| {
            let found = words(line, program).into_iter();
            shown.extend(found.map(|words| Shown { place: (number + 1).to_string(), words, in_a_sentence }));
        };
        if let Some(language) = line.trim_start().strip_prefix("```") {
            // The end of a block has no language.
            let language = language.split_whitespace().next().unwrap_or_default();
            block = if block.is_some() { None } else { Some(Block::of(language)) };
            continue;
        }
        match block {
            None => line.split('`').skip(1).step_by(2).for_each(|code| add(code, true)),
            Some(Block::Other) => {}
            Some(Block::Transcript) if begun.is_empty() && !line.trim_start().starts_with("$ ") => {}
            Some(Block::Shell | Block::Transcript) => {
                begun.push_str(line.trim_start().trim_start_matches("$ "));
                match begun.strip_suffix('\\') {
                    Some(rest) => begun = format!("{rest} "),
                    None => add(&std::mem::take(&mut begun), false),
                }
            }
        }
    }
    shown
}

/// The words of each command of a program in a shell's line.
fn words(line: &str, program: &str) -> Vec<Vec<String>> {
    // What is no shell's line, such as an unclosed quote, shows no command.
    let words = shlex::split(line).unwrap_or_default();
    let commands = words.split(|word| ["|", "&&", "||", ";", "&", ">", "2>"].contains(&word.as_str()));
    commands.filter_map(|words| arguments(words, program)).collect()
}

/// Its arguments, the program's name first, if a command runs the program: itself, or through cargo.
fn arguments(words: &[String], program: &str) -> Option<Vec<String>> {
    let set = words.iter().take_while(|word| word.split_once('=').is_some_and(|(name, _)| is_variable(name))).count();
    let (first, rest) = words[set..].split_first()?;
    let rest = if first == "cargo" && rest.first().is_some_and(|word| word == program) {
        &rest[1..]
    } else if first == "cargo" && rest.first().is_some_and(|word| word == "run") {
        let end = rest.iter().position(|word| word == "--").unwrap_or(rest.len());
        let named = rest[..end].iter().any(|word| NAMING.contains(&word.as_str()));
        let runs = if named { rest[..end].iter().any(|word| word == program) } else { program == YOUR_PROGRAM };
        runs.then(|| rest.get(end + 1..).unwrap_or_default())?
    } else if first == program || first.ends_with(&format!("/{program}")) {
        rest
    } else {
        return None;
    };
    let rest = rest.iter().filter(|word| !["…", "..."].contains(&word.as_str()));
    Some(std::iter::once(program.to_owned()).chain(rest.map(|word| filled(word))).collect())
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

/// What stands for a value (`DIR`, `$i`) as one that every option takes.
fn filled(word: &str) -> String {
    let stands = word.starts_with('$') || word.chars().all(|letter| letter.is_ascii_uppercase());
    if stands { "1".to_owned() } else { word.to_owned() }
}

/// What a person wrote: not what was built, nor what a tool keeps.
fn markdown(root: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the repository can be read") {
            let path = entry.expect("the repository can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && !["target", "runs", "shared"].contains(&name.as_str()) {
                folders.push(path);
            } else if name.ends_with(".md") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_blocks_and_in_sentences_however_they_are_run() {
        let text = "Say `mup tune` or `other tune`.\n\n```sh\ncargo run --release -p mup -- new DIR \\\n  -- sh -c 'a | b'   # \
                    a comment\nA=1 ./bin/mup status $x | head\n```\n```rust\nmup::tune();\n```\n```\n$ cargo mup tidy\n```\n";
        let found = in_text(text, "mup");
        let lines: Vec<(&str, String)> = found.iter().map(|one| (one.place.as_str(), one.words.join(" "))).collect();
        let wanted = [("1", "mup tune"), ("5", "mup new 1 -- sh -c a | b"), ("6", "mup status 1"), ("12", "mup tidy")];
        assert_eq!(lines, wanted.map(|(place, words)| (place, words.to_owned())));
        assert_eq!(found.iter().filter(|one| one.in_a_sentence).count(), 1);
    }

    #[test]
    fn in_a_transcript_a_command_stands_behind_its_prompt() {
        let text = "```text\n$ mup tune \\\n  --jobs 2\nmup printed this\n$ mup status\nexit 0\n```\n";
        let found = in_text(text, "mup");
        let lines: Vec<(&str, String)> = found.iter().map(|one| (one.place.as_str(), one.words.join(" "))).collect();
        assert_eq!(lines, [("3", "mup tune --jobs 2".to_owned()), ("5", "mup status".to_owned())]);
    }

    #[test]
    fn cargo_run_without_a_name_runs_the_readers_own_program() {
        let text = "```sh\ncargo run --release -- plan --to 8\ncargo run -p mup -- plan\n\
                    cargo run --manifest-path a/Cargo.toml -- gpt\n```\n";
        let lines = |program| in_text(text, program).into_iter().map(|one| one.words.join(" ")).collect::<Vec<_>>();
        assert_eq!(lines(YOUR_PROGRAM), ["your-program plan --to 8"]);
        assert_eq!(lines("mup"), ["mup plan"]);
    }
}
