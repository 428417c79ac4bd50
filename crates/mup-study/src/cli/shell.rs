//! A command line that can be copied into a shell.

use std::ffi::OsStr;

/// A word as a shell takes it.
#[must_use]
pub fn shell_word(word: &OsStr) -> String {
    let text = word.display().to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "-_./=:,+@%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The program that runs, by the name or path that it was started by. What cargo builds is on nobody's PATH, and cargo's own
/// command would be another program wherever features, profile or target folder were asked for, which nobody can see
/// from here.
#[must_use]
pub fn this_program() -> String {
    std::env::args_os().next().map_or_else(String::new, |program| shell_word(&program))
}

/// The command that runs, as one would repeat it.
#[must_use]
pub fn this_command() -> String {
    let words = std::env::args_os().skip(1).map(|word| shell_word(&word));
    std::iter::once(this_program()).chain(words).collect::<Vec<_>>().join(" ")
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
