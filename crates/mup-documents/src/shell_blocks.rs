//! Fenced blocks of commands, as a reader types them: what the test of the book runs.

/// What a fence may say of commands, or nothing.
const SHELLS: [&str; 5] = ["", "sh", "bash", "shell", "console"];
/// What it says of a transcript: commands behind a prompt, what they printed, and `exit 3`, how they ended.
const TRANSCRIPT: &str = "text";

/// A fenced block of commands, a transcript of some, or a block of which nobody says what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellBlock {
    /// The line of its fence.
    pub line: usize,
    /// The first word of its fence, by which it is colored.
    pub language: String,
    /// The words behind it, which no reader sees.
    pub notes: Vec<String>,
    /// What is typed.
    pub commands: Vec<ShellCommand>,
}

/// A command of a block: a line, or as many as backslashes join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellCommand {
    /// Its first line.
    pub line: usize,
    /// As it is written, with its comment, without its prompt.
    pub text: String,
    /// How it ended in a transcript.
    pub ended: Option<i32>,
}

/// Those of a text. Lines that are empty or comments are no commands.
#[must_use]
pub fn shell_blocks(text: &str) -> Vec<ShellBlock> {
    let (mut blocks, mut fenced) = (Vec::<ShellBlock>::new(), false);
    for (line, content) in (1..).zip(text.lines()) {
        if let Some(info) = content.trim_start().strip_prefix("```") {
            // The fence that ends a block says nothing.
            fenced = !fenced;
            blocks.extend(fenced.then(|| ShellBlock::opened(line, info)));
        } else if let Some(block) = blocks.last_mut().filter(|_| fenced) {
            block.add(line, content);
        }
    }
    blocks.retain(|block| {
        let transcript = block.language == TRANSCRIPT && !block.commands.is_empty();
        transcript || SHELLS.contains(&block.language.as_str())
    });
    blocks
}

impl ShellBlock {
    fn opened(line: usize, info: &str) -> Self {
        let mut words = info.split_whitespace().map(str::to_owned);
        let language = words.next().unwrap_or_default();
        Self { line, language, notes: words.collect(), commands: Vec::new() }
    }

    fn add(&mut self, line: usize, content: &str) {
        if let Some(last) = self.commands.last_mut().filter(|last| last.text.ends_with('\\')) {
            last.text.extend(["\n", content]);
        } else if self.language != TRANSCRIPT {
            let is_none = content.trim().is_empty() || content.trim_start().starts_with('#');
            self.commands.extend((!is_none).then(|| ShellCommand::typed(line, content)));
        } else if let Some(typed) = content.strip_prefix("$ ") {
            self.commands.push(ShellCommand::typed(line, typed));
        } else if let (Some(last), Some(code)) = (self.commands.last_mut(), content.strip_prefix("exit ")) {
            last.ended = code.parse().ok();
        }
    }
}

impl ShellCommand {
    fn typed(line: usize, text: &str) -> Self {
        Self { line, text: text.to_owned(), ended: None }
    }

    /// The exit codes that its transcript or its comment names: `# exit code 0 flat, 1 not`.
    #[must_use]
    pub fn exit_codes(&self) -> Vec<i32> {
        if let Some(code) = self.ended {
            return vec![code];
        }
        let comment = self.text.split_once(" # ").map_or("", |(_, comment)| comment);
        let named = comment.split_once("exit code").map_or("", |(_, named)| named);
        named.split(|letter: char| !letter.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
    }

    /// Whether it gives an option, whatever its value.
    #[must_use]
    pub fn gives(&self, option: &str) -> bool {
        self.text.split_whitespace().any(|word| word.split('=').next() == Some(option))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> ShellBlock {
        let mut blocks = shell_blocks(text);
        assert_eq!(blocks.len(), 1, "{blocks:?}");
        blocks.remove(0)
    }

    #[test]
    fn commands_are_lines_or_what_backslashes_join_and_comments_are_none() {
        let text = "Say `a`:\n\n```sh\n# first\nmup plan    # of all\n\nmup tune \\\n  --jobs 2\n```\nmup no\n";
        let block = only(text);
        assert_eq!((block.line, block.language.as_str()), (3, "sh"));
        let commands: Vec<(usize, &str)> = block.commands.iter().map(|one| (one.line, one.text.as_str())).collect();
        assert_eq!(commands, [(5, "mup plan    # of all"), (7, "mup tune \\\n  --jobs 2")]);
    }

    #[test]
    fn words_behind_the_language_are_notes() {
        let block = only("```rust\nlet a = 1;\n```\n- so:\n  ```sh --steps 20 --quick\n  mup tune\n  ```\n");
        assert_eq!((block.line, block.language.as_str()), (5, "sh"));
        assert_eq!(block.notes, ["--steps", "20", "--quick"]);
    }

    #[test]
    fn a_block_of_no_language_or_of_another_shell_is_found_and_one_of_another_language_is_not() {
        let languages = |text| shell_blocks(text).into_iter().map(|block| block.language).collect::<Vec<_>>();
        let text = "```\na\n```\n```text\n$ b\n```\n```bash\nc\n```\n```rust,no_run\nd\n```\n";
        assert_eq!(languages(text), ["", "text", "bash"]);
        assert!(languages("```text\nno command\n```\n").is_empty());
    }

    #[test]
    fn a_transcript_has_commands_behind_a_prompt_and_says_how_they_ended() {
        let block = only("```text\n$ mup check \\\n  --to 8\n0.1 s # exit code 7\nexit 3\n\n$ mup plan\nexit\n```\n");
        let ended: Vec<(&str, Option<i32>)> = block.commands.iter().map(|one| (one.text.as_str(), one.ended)).collect();
        assert_eq!(ended, [("mup check \\\n  --to 8", Some(3)), ("mup plan", None)]);
        assert_eq!(block.commands[0].exit_codes(), [3]);
    }

    #[test]
    fn a_comment_names_exit_codes_and_words_are_options() {
        let command = |text: &str| ShellCommand::typed(1, text);
        assert_eq!(command("mup check --to 8  # exit code 0 flat, 1 not, 3 undecided").exit_codes(), [0, 1, 3]);
        assert!(command("mup check --to 8  # 10 steps").exit_codes().is_empty());
        let command = command("mup check --grid=-8:-4 --seeds 3");
        assert!(command.gives("--grid") && command.gives("--seeds") && !command.gives("--seed"));
    }
}
