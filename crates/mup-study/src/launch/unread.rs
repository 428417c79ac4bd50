//! Losses that a program printed in a form that is not read: recognized, so that no trial ends well without them.

/// A loss in a text of which nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unread {
    /// Why it was not read, and what to do.
    pub(super) reason: &'static str,
    /// Where its name stands.
    pub(super) position: usize,
}

/// Finds `"loss":` or `'loss':` with a number: a field of an object, but of none that could be read. What is said in
/// other words (`loss 4.5`) may be a log for people.
pub(super) fn holds_loss(text: &str) -> Option<Unread> {
    text.match_indices("loss").find_map(|(position, word)| {
        let quote = text[..position].chars().next_back().filter(|letter| ['"', '\''].contains(letter))?;
        let after = text[position + word.len()..].trim_start_matches('\\').strip_prefix(quote)?;
        let value = after.trim_start().strip_prefix(':')?.trim_start();
        is_number(value).then(|| Unread { reason: reason(text, quote, value), position: position - 1 })
    })
}

/// Whether a value begins as a loss does, in quotes or not, and not as the name of a loss function.
fn is_number(value: &str) -> bool {
    let value = value.trim_start_matches(['"', '\'', '\\', '+', '-']);
    let numbers = ["nan", "inf", "none", "null", "tensor", "array", "np."];
    let begin = value.get(..8).unwrap_or(value).to_ascii_lowercase();
    value.is_empty()
        || value.starts_with(|letter: char| !letter.is_alphabetic())
        || numbers.iter().any(|number| begin.starts_with(number))
}

fn reason(text: &str, quote: char, value: &str) -> &'static str {
    if quote == '\'' {
        return "because it is a Python dict and no JSON (write print(json.dumps(report), flush=True))";
    }
    if has_decimal_comma(value) {
        return "because of a decimal comma (write a point)";
    }
    if !text.contains('{') || !text.contains('}') {
        return "because a report is one line (write it without indentation)";
    }
    "because it is no JSON (write {\"step\": 0, \"loss\": 5.0})"
}

fn has_decimal_comma(value: &str) -> bool {
    let digits = value.trim_start_matches(['+', '-']);
    let rest = digits.trim_start_matches(|letter: char| letter.is_ascii_digit());
    rest.len() < digits.len()
        && rest.strip_prefix(',').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_in_other_forms_are_recognized_with_the_remedy() {
        for (text, remedy) in [
            ("{'loss': 5.0, 'epoch': 0.1}", "json.dumps"),
            ("INFO {'step': 1, 'loss': tensor(4.5)}", "json.dumps"),
            ("{'loss': nan}", "json.dumps"),
            ("{'loss': '5.2'}", "json.dumps"),
            (r#"{"step": 0, "loss": 5,0}"#, "write a point"),
            (r#"  "loss": 5.0"#, "one line"),
            (r#"{"step": 0, "loss": 5.0"#, "one line"),
            (r#"{"loss": }"#, "no JSON"),
            (r#"{step: 0, "loss": 5.0}"#, "no JSON"),
            (r#"msg={\"loss\": 4.5}"#, "no JSON"),
        ] {
            let unread = holds_loss(text).expect(text);
            assert!(unread.reason.contains(remedy), "{text}: {}", unread.reason);
            assert!(text[unread.position + 1..].starts_with("loss"), "{text}");
        }
    }

    #[test]
    fn words_about_a_loss_are_no_loss() {
        for text in [
            "",
            "loss 4.5",
            "step 3: loss: 4.5, rate: 0.1",
            "{'eval_loss': 4.9}",
            r#"{"train_loss": 4.9"#,
            "{'model': 'gpt', 'loss': 'cross_entropy'}",
            "Config { loss: CrossEntropy }",
            "{'loss'}",
        ] {
            assert_eq!(holds_loss(text), None, "{text}");
        }
    }
}
