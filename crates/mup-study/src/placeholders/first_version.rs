//! Commands of studies of version 1: every `{name}` of the study is replaced wherever it stands, `{{` is no brace, and
//! what is in braces and looks like no name is the program's own. A command keeps what it meant when it was written.

use super::RESERVED;

/// Whether every placeholder has a value; that version was as strict when it ran a trial.
///
/// # Errors
///
/// The one that stands for nothing.
pub(crate) fn check(word: &str, names: &[&str]) -> Result<(), String> {
    let parts = word.split('{').skip(1).filter_map(|part| part.split_once('}'));
    let is_name = |name: &&str| {
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
    };
    match parts.map(|(name, _)| name).filter(is_name).find(|name| !names.contains(name)) {
        Some(name) => Err(unknown(name, names)),
        None => Ok(()),
    }
}

/// Whether no placeholder is a hyperparameter's mistyped: `{model.rate}` where there is `model.lr`. It would reach the
/// program as it stands, and change nothing.
///
/// # Errors
///
/// That one.
pub(crate) fn check_dotted(word: &str, names: &[&str]) -> Result<(), String> {
    let parts = word.split('{').skip(1).filter_map(|part| part.split_once('}'));
    let first = |name: &str| name.split_once('.').map(|(first, _)| first.to_owned());
    let is_of =
        |name: &&str| first(name).is_some_and(|of| names.iter().any(|known| first(known).as_ref() == Some(&of)));
    match parts.map(|(name, _)| name).filter(is_of).find(|name| !names.contains(name)) {
        Some(name) => Err(unknown(name, names)),
        None => Ok(()),
    }
}

fn unknown(name: &str, names: &[&str]) -> String {
    let known: Vec<String> = names.iter().map(|name| format!("{{{name}}}")).collect();
    format!(
        "`{{{name}}}` stands for nothing: there are {} (braces of the program's own are written {{{{{name}}}}}, in a study \
         of version = 2)",
        known.join(", ")
    )
}

/// The word with its values, put in one after the other: those that every trial has, then the hyperparameters.
pub(crate) fn fill<'a>(
    word: &str,
    hyperparameters: impl Iterator<Item = &'a str>,
    value: impl Fn(&str) -> String,
) -> String {
    let put_in = |word: String, name: &str| word.replace(&format!("{{{name}}}"), &value(name));
    RESERVED.into_iter().chain(hyperparameters).fold(word.to_owned(), put_in)
}

/// The environment variable of a hyperparameter.
pub(crate) fn variable(name: &str) -> String {
    format!("MUP_{}", name.to_uppercase().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_of_the_first_version_means_what_it_meant() {
        let names = ["learning-rate", "model.lr", "seed", "steps", "file", "study", "self"];
        let filled = |word: &str| {
            check(word, &names).map(|()| fill(word, names[..2].iter().copied(), |name| format!("<{name}>")))
        };
        for (word, wanted) in [
            ("--rate={learning-rate}", "--rate=<learning-rate>"),
            ("{{learning-rate}}", "{<learning-rate>}"),
            ("{model.lr} {model.rate} {a.b}", "<model.lr> {model.rate} {a.b}"),
            ("{{\"a\": {seed}}}", "{{\"a\": <seed>}}"),
            ("awk '{{ print $1 }}' {learning-rate:g}", "awk '{{ print $1 }}' {learning-rate:g}"),
            ("{seed", "{seed"),
        ] {
            assert_eq!(filled(word).unwrap(), wanted);
        }
        for (word, known) in [("{model.lr} {a.b} {model}", true), ("x={model.rate}", false), ("{model.}", false)] {
            assert_eq!(check_dotted(word, &names).is_ok(), known, "{word}");
        }
        let error = filled("${HOME}").unwrap_err();
        assert!(error.contains("`{HOME}`") && error.contains("{{HOME}}"), "{error}");
        let error = filled("{learning-rat}").unwrap_err();
        assert!(error.contains("`{learning-rat}`") && error.contains("{learning-rate}"), "{error}");
        assert_eq!(variable("model.weight-decay"), "MUP_MODEL.WEIGHT_DECAY");
    }
}
