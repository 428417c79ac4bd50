//! What a mistyped name was probably meant to be.

/// The name that is near enough to be meant.
pub(crate) fn nearest<'a>(typed: &str, names: &[&'a str]) -> Option<&'a str> {
    let typed = plain(typed);
    // One typing error in three letters.
    let distance = |name: &str| (strsim::damerau_levenshtein(&typed, &plain(name)), name.len());
    let near = names.iter().copied().min_by_key(|name| distance(name))?;
    (distance(near).0 * 3 <= typed.chars().count()).then_some(near).or_else(|| part(&typed, names))
}

/// The only name of which a part was typed, such as `timeout` of `timeout-seconds`.
fn part<'a>(typed: &str, names: &[&'a str]) -> Option<&'a str> {
    let is_part = |name: &&&str| plain(name).split('-').any(|part| part == typed) || plain(name).starts_with(typed);
    let mut found = names.iter().filter(|_| typed.len() > 3).filter(is_part);
    let first = found.next()?;
    found.next().is_none().then_some(*first)
}

/// Without what is easily confused: case, and how words are joined.
pub(crate) fn plain(name: &str) -> String {
    let joined = |letter: char| if letter.is_alphanumeric() { letter } else { '-' };
    name.chars().map(joined).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognized_and_another_word_is_not() {
        let names = ["last-share", "seeds", "search", "stages"];
        for (typed, meant) in
            [("last_share", "last-share"), ("seds", "seeds"), ("Stages", "stages"), ("serach", "search")]
        {
            assert_eq!(nearest(typed, &names), Some(meant));
        }
        let program = ["command", "timeout-seconds", "threads"];
        for typed in ["timeout", "Timeout", "seconds", "timeout_sec"] {
            assert_eq!(nearest(typed, &program), Some("timeout-seconds"), "{typed}");
        }
        assert_eq!(nearest("share", &names), Some("last-share"));
        assert_eq!((nearest("st", &names), nearest("", &names)), (None, None));
        assert_eq!(nearest("optimizer", &names), None);
        assert_eq!(nearest("x", &[]), None);
    }
}
