//! What programs say, as people can read it: short, on one line, with every control character visible.

/// Quotes a text around a position in bytes: control characters as escapes, and not much longer than `limit` characters.
pub(crate) fn quoted(text: &str, position: usize, limit: usize) -> String {
    // A third of the place for what stands before.
    let before = text.get(..position).unwrap_or_default().char_indices().rev().nth(limit / 3);
    let text = before.map_or(text, |(start, _)| &text[start..]).trim();
    let mut shown = if before.is_some() { "…".to_owned() } else { String::new() };
    for (count, letter) in text.chars().enumerate() {
        if count == limit {
            shown.push('…');
            break;
        }
        match letter {
            '\t' => shown.push(' '),
            // Also what turns the direction of writing, or has no width.
            letter if letter.is_control() || is_invisible(letter) => shown.extend(letter.escape_default()),
            letter => shown.push(letter),
        }
    }
    shown
}

fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The last line that says something, quoted.
pub(crate) fn last_line(said: &str) -> Option<String> {
    let mut lines = said.lines().rev().map(|line| quoted(line, 0, 200));
    lines.find(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_visible_and_long_lines_are_short() {
        assert_eq!(quoted("\x1b[31mred\0\u{202e}x\ty\r\n", 0, 80), r"\u{1b}[31mred\u{0}\u{202e}x y");
        let long = format!("{}{{\"loss\": 5}}{}", "é".repeat(1000), "z".repeat(1000));
        let shown = quoted(&long, long.find("\"loss\"").unwrap(), 60);
        assert!(shown.contains("\"loss\": 5") && shown.chars().count() <= 62, "{shown}");
        assert_eq!(quoted("abc", 9, 2), "ab…");
        assert_eq!(quoted("", 0, 2), "");
    }

    #[test]
    fn the_last_line_that_says_something_is_shown() {
        assert_eq!(last_line("Traceback\nTypeError: x\n\n  \n"), Some("TypeError: x".to_owned()));
        assert_eq!(last_line(" \n"), None);
    }
}
