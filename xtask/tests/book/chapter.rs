//! A chapter as a shell's script, and what came of it.

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

use mup_documents::{ShellCommand, shell_blocks};

use crate::block::{Smaller, exit_codes, how};
use crate::place::Place;

/// How much of what a command said a problem shows.
const LINES_OF_A_PROBLEM: usize = 20;

/// Its blocks that are run, in order.
pub(crate) struct Chapter {
    name: String,
    blocks: Vec<(Smaller, Vec<ShellCommand>)>,
}

impl Chapter {
    /// That of a text.
    ///
    /// # Errors
    ///
    /// A block whose fence is not understood, with its place.
    pub(crate) fn read(name: &str, text: &str) -> Result<Self, String> {
        let mut blocks = Vec::new();
        for block in shell_blocks(text) {
            let how = how(&block).map_err(|problem| format!("{name}:{}: {problem}", block.line))?;
            blocks.extend(how.map(|smaller| (smaller, block.commands)));
        }
        Ok(Self { name: name.to_owned(), blocks })
    }

    fn commands(&self) -> impl Iterator<Item = (&Smaller, &ShellCommand)> {
        self.blocks.iter().flat_map(|(smaller, commands)| commands.iter().map(move |command| (smaller, command)))
    }

    /// Runs every command and prints how long it took; how many there were.
    ///
    /// # Errors
    ///
    /// The first that ended otherwise than it should, after which none is run.
    pub(crate) fn run(&self, place: &Place) -> Result<usize, String> {
        let mut bash = place.bash(&self.script()).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("bash");
        let mut codes = BufReader::new(bash.stdout.take().expect("piped")).lines();
        let (mut ran, mut begun) = (0, Instant::now());
        for (smaller, command) in self.commands() {
            let code: Option<i32> = codes.next().and_then(|line| line.ok()?.parse().ok());
            let said = format!("{:6.1} s  {}", begun.elapsed().as_secs_f64(), self.shown(smaller, command));
            println!("{said}");
            if !code.is_some_and(|code| exit_codes(command).contains(&code)) {
                bash.wait().expect("bash ends");
                return Err(format!("{said}\n{}", problem(command, code, place)));
            }
            (ran, begun) = (ran + 1, Instant::now());
        }
        bash.wait().expect("bash ends");
        Ok(ran)
    }

    /// It prints the exit code of each command, and ends where one is wrong.
    fn script(&self) -> String {
        let mut script = String::new();
        for (Smaller { instead, added }, commands) in &self.blocks {
            let _ = writeln!(script, "export SMALLER='{}' ADDED='{}'", instead.join(" "), added.join(" "));
            for command in commands {
                let codes: Vec<String> = exit_codes(command).iter().map(ToString::to_string).collect();
                let _ = writeln!(script, "{{\n{}\n}} > \"$SAID\" 2>&1\ncode=$?; echo $code", command.text);
                let _ = writeln!(script, "case $code in {}) ;; *) exit ;; esac", codes.join("|"));
            }
        }
        script
    }

    /// Where it stands, what is typed, and with which smaller values it was run.
    fn shown(&self, Smaller { instead, added }: &Smaller, ShellCommand { line, text, .. }: &ShellCommand) -> String {
        let smaller = [&instead[..], &added[..]].concat().join(" ");
        let with = if smaller.is_empty() { smaller } else { format!("  ({smaller})") };
        format!("{}:{line}: {text}{with}", self.name)
    }
}

fn problem(command: &ShellCommand, code: Option<i32>, place: &Place) -> String {
    let ended = code.map_or_else(|| "ended the shell".to_owned(), |code| format!("exit code {code}"));
    let said = std::fs::read(place.said()).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    let last = lines[lines.len().saturating_sub(LINES_OF_A_PROBLEM)..].join("\n");
    format!("{ended}, and {:?} is right; it said at last:\n{last}", exit_codes(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(text: &str) -> Result<usize, String> {
        Chapter::read("chapter.md", text)?.run(&Place::new("chapter.md"))
    }

    #[test]
    fn what_a_command_leaves_the_next_one_finds_in_a_later_block_too() {
        let text = "```sh\nA=3\necho $A > a\n```\n\n```sh\n[ $(cat a) = 3 ]\ngrep -q 4 a # exit code 1\n```\n";
        assert_eq!(ran(text), Ok(4));
    }

    #[test]
    fn a_command_that_fails_is_named_with_its_line_its_exit_code_and_what_it_said() {
        let text = "```sh\ntrue\n(echo all is; \\\n  echo lost; exit 5) | cat # typed wrong\n```\n";
        let problem = ran(text).expect_err("it fails");
        for part in ["chapter.md:3: (echo all is", "exit code 5", "[0]", "all is\nlost"] {
            assert!(problem.contains(part), "{problem} lacks {part}");
        }
        let problem = ran("```sh\ntrue\nexit 7\n```\n").expect_err("it ends");
        assert!(problem.contains("chapter.md:3: exit 7") && problem.contains("ended the shell"), "{problem}");
        assert!(ran("```sh\nif true; then\n```\n").is_err());
    }

    #[test]
    fn programs_that_cargo_starts_get_the_options_behind_the_fence_and_other_builds_are_refused() {
        for (block, part) in [
            ("sh --steps few\ncargo xtask transfer-check --steps 400", "invalid value 'few' for '--steps"),
            ("sh --few\ncargo run --release -p gpt-transfer", "unexpected argument '--few'"),
            ("sh\ncargo run --release -p xtask --features wgpu -- devices", "sh build"),
        ] {
            let problem = ran(&format!("```{block}\n```\n")).expect_err("refused");
            assert!(problem.contains(part), "{problem} lacks {part}");
        }
    }
}
