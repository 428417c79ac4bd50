//! What becomes of a block: it is run, perhaps with smaller values, or there is a reason why not.

use mup_documents::{ShellBlock, ShellCommand};

/// Why a block is not run, by the word behind `sh` or `text`. Whatever can end in seconds has none.
pub(crate) const EXCUSES: [(&str, &str); 4] = [
    ("long", "takes minutes or more, and has no smaller form"),
    ("build", "asks for another build than that of the test"),
    ("install", "installs or downloads something"),
    ("cluster", "asks for a cluster, or is a part of what runs there"),
];

/// Commands that judge: any verdict is one, of a model that stands in for the reader's too.
const JUDGES: [&str; 5] = ["coord-check", "transfer-check", "wider-check", "reverse-transfer", "check"];
/// Holds, fails, undecided.
const VERDICTS: [i32; 3] = [0, 1, 3];

/// How a block is run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Smaller {
    /// Options that a command of the block gives, with the values that they get where they are given: `--steps=20`.
    pub(crate) instead: Vec<String>,
    /// Options that none gives, for each program that the block starts by cargo.
    pub(crate) added: Vec<String>,
}

/// How a block is run, or nothing if it is excused.
///
/// # Errors
///
/// What its fence says and nobody understands.
pub(crate) fn how(block: &ShellBlock) -> Result<Option<Smaller>, String> {
    if !["sh", "text"].contains(&block.language.as_str()) {
        let said = format!("a block of `{}`: say `sh` behind its fence, and it is run", block.language);
        return Err(format!("{said}; `text`, if it is no command, or a transcript with prompts"));
    }
    match &block.notes[..] {
        [word] if EXCUSES.iter().any(|(excuse, _)| excuse == word) => Ok(None),
        notes => smaller(block, notes).map(Some),
    }
}

fn smaller(block: &ShellBlock, notes: &[String]) -> Result<Smaller, String> {
    let (mut found, mut notes) = (Smaller::default(), notes.iter().peekable());
    while let Some(note) = notes.next() {
        if !note.starts_with("--") {
            let excuses = EXCUSES.map(|(word, why)| format!("`{word}` ({why})")).join(", ");
            return Err(format!(
                "`{note}` behind a fence is no option with a smaller value, and no reason why it is not run: {excuses}"
            ));
        }
        let value = notes.next_if(|next| !note.contains('=') && !next.starts_with("--"));
        let option = value.map_or_else(|| note.clone(), |value| format!("{note}={value}"));
        let name = option.split('=').next().unwrap_or_default();
        let given = block.commands.iter().any(|command| command.gives(name));
        if given { found.instead.push(option) } else { found.added.push(option) }
    }
    Ok(found)
}

/// The exit codes that a command may have: those that are shown, of what judges any verdict, or 0.
pub(crate) fn exit_codes(command: &ShellCommand) -> Vec<i32> {
    let named = command.exit_codes();
    if !named.is_empty() {
        return named;
    }
    let judges = command.text.split_whitespace().any(|word| JUDGES.contains(&word));
    if judges { VERDICTS.to_vec() } else { vec![0] }
}

#[cfg(test)]
mod tests {
    use mup_documents::shell_blocks;

    use super::*;

    fn of(info: &str) -> Result<Option<Smaller>, String> {
        let text = format!("```{info}\ncargo xtask coord-check --steps 400 --grid=-8:-4\n```\n");
        how(&shell_blocks(&text)[0])
    }

    #[test]
    fn a_block_is_run_unless_it_is_excused_by_a_word_that_is_one() {
        assert_eq!(of("sh"), Ok(Some(Smaller::default())));
        for (word, _) in EXCUSES {
            assert_eq!(of(&format!("sh {word}")), Ok(None));
        }
        for (info, part) in [("sh slow", "`long`"), ("sh long --steps 2", "`long`"), ("", "`text`"), ("bash", "`sh`")] {
            assert!(of(info).is_err_and(|problem| problem.contains(part)), "{info}");
        }
    }

    #[test]
    fn an_option_behind_the_fence_replaces_one_that_is_given_or_is_added() {
        let smaller = of("sh --steps 20 --grid=-6:-5 --seeds 1 --quick").expect("understood").expect("run");
        assert_eq!(smaller.instead, ["--steps=20", "--grid=-6:-5"]);
        assert_eq!(smaller.added, ["--seeds=1", "--quick"]);
    }

    #[test]
    fn what_judges_may_end_with_any_verdict_and_what_names_its_exit_code_with_that() {
        let codes = |text: &str| exit_codes(&ShellCommand { line: 1, text: text.to_owned(), ended: None });
        assert_eq!(codes("cargo run -- coord-check"), VERDICTS);
        assert_eq!(codes("cargo run -- coord-check # the control: exit code 1"), [1]);
        assert_eq!(codes("cargo run -- train"), [0]);
    }
}
