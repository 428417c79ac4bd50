//! A command line that can be copied into a shell.

use std::ffi::OsStr;

/// A word as a shell takes it.
#[must_use]
pub fn shell_word(word: &OsStr) -> String {
    let text = word.display().to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "-_./=:,+@%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The command that runs, under this name of the program.
#[must_use]
pub fn this_command(program: &str) -> String {
    let words = std::env::args_os().skip(1).map(|word| shell_word(&word));
    std::iter::once(program.to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_change_it() {
        for (word, wanted) in
            [("runs/a", "runs/a"), ("", "''"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("{x}", "'{x}'")]
        {
            assert_eq!(shell_word(OsStr::new(word)), wanted);
        }
    }
}
