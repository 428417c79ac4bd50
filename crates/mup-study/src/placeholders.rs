//! `{name}` in a program's command, and `MUP_NAME` in its environment: what stands for a value, and what cannot.
//!
//! Braces are common in commands (JSON, shell scripts), so they are the program's own unless a name stands between
//! them. A name that stands for nothing is a mistake, because it would reach the program as it is and change nothing.

pub(crate) mod first_version;

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::{Space, SpaceError};

/// Placeholders besides the hyperparameters.
pub(crate) const RESERVED: [&str; 5] = ["seed", "steps", "file", "study", "self"];
/// Variables besides those of the hyperparameters.
const TAKEN: [&str; 4] = ["MUP_TRIAL", "MUP_SEED", "MUP_STEPS", "MUP_TRIAL_MARK"];

/// A word of a command, ready to be filled in once: what is put in is not looked at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name(String),
}

/// A brace of the program's own, and whether it was written twice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Single,
    Double,
}

impl Template {
    /// Reads a word. `{{` and `}}` write one brace each, except where `}}` closes two braces that were opened one by one,
    /// as in JSON.
    ///
    /// # Errors
    ///
    /// What is wrong with a placeholder, and what there is.
    pub(crate) fn parse(word: &str, names: &[&str]) -> Result<Self, String> {
        let (mut template, mut open, mut rest) = (Self(Vec::new()), Vec::new(), word);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            template.text(before);
            rest = if from.starts_with('{') {
                template.opened(from, names, &mut open)?
            } else {
                template.closed(before, from, names, &mut open)?
            };
        }
        template.text(rest);
        Ok(template)
    }

    /// The word with its values.
    pub(crate) fn fill(&self, value: &dyn Fn(&str) -> OsString) -> OsString {
        self.0.iter().fold(OsString::new(), |mut word, piece| {
            match piece {
                Piece::Text(text) => word.push(text),
                Piece::Name(name) => word.push(value(name)),
            }
            word
        })
    }

    fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.push(Piece::Text(text.to_owned())),
        }
    }

    fn opened<'a>(&mut self, from: &'a str, names: &[&str], open: &mut Vec<Open>) -> Result<&'a str, String> {
        if let Some(rest) = from.strip_prefix("{{") {
            self.text("{");
            open.push(Open::Double);
            return Ok(rest);
        }
        let inside = &from[1..];
        let end = inside.find(['{', '}']).unwrap_or(inside.len());
        let (content, closes) = (&inside[..end], inside[end..].starts_with('}'));
        if closes && names.contains(&content) {
            self.0.push(Piece::Name(content.to_owned()));
            return Ok(&inside[end + 1..]);
        }
        let mistake = if closes { unknown(content, names) } else { unclosed(content, names) };
        if let Some(mistake) = mistake {
            return Err(mistake);
        }
        self.text("{");
        open.push(Open::Single);
        Ok(inside)
    }

    fn closed<'a>(
        &mut self,
        before: &str,
        from: &'a str,
        names: &[&str],
        open: &mut Vec<Open>,
    ) -> Result<&'a str, String> {
        if from.starts_with("}}") && open.last() != Some(&Open::Single) {
            self.text("}");
            open.pop();
            return Ok(&from[2..]);
        }
        // A brace written twice may stand alone, as in `grep '{{'`.
        match open.iter().rposition(|open| *open == Open::Single) {
            Some(single) => open.truncate(single),
            None if open.is_empty() => {
                if let Some(name) = names.iter().find(|name| before.ends_with(**name)) {
                    return Err(format!("`{name}}}` has no opening brace: write {{{name}}}"));
                }
            }
            None => return Err("`{{` is closed by one `}`: write `}}`, which stands for one brace".to_owned()),
        }
        self.text("}");
        Ok(&from[1..])
    }
}

/// What is wrong with braces around something that is no placeholder; none if they are the program's own.
fn unknown(content: &str, names: &[&str]) -> Option<String> {
    let name = content.trim();
    if names.contains(&name) {
        return Some(format!("`{{{content}}}` has a space too many: write {{{name}}}"));
    }
    let (head, _) = name.split_at(name.find([':', '!', '[']).unwrap_or(name.len()));
    if head.len() < name.len() && names.contains(&head.trim_end()) {
        let head = head.trim_end();
        return Some(format!(
            "`{{{content}}}` has a format, and there are none: {{{head}}} is written with every digit"
        ));
    }
    let near = crate::near::nearest(name, names);
    let alike = near.is_some_and(|near| crate::near::plain(near) == crate::near::plain(name));
    (alike || looks_like_a_name(name)).then(|| {
        let near = near.map_or_else(String::new, |near| format!(" (is it {{{near}}}?)"));
        let known: Vec<String> = names.iter().map(|name| format!("{{{name}}}")).collect();
        let known = known.join(", ");
        format!(
            "`{{{content}}}` stands for nothing{near}: there are {known}; braces of the program's own are written twice, \
             {{{{{content}}}}}"
        )
    })
}

fn unclosed(content: &str, names: &[&str]) -> Option<String> {
    let end = content.find(|letter: char| !is_of_a_name(letter)).unwrap_or(content.len());
    let name = names.iter().find(|name| content.starts_with(**name) && name.len() >= end)?;
    Some(format!("`{{{name}` has no closing brace: write {{{name}}}"))
}

fn looks_like_a_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_alphabetic() || letter == '_') && text.chars().all(is_of_a_name)
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_alphanumeric() || "-_./".contains(letter)
}

/// All placeholders of a study.
pub(crate) fn names(space: &Space) -> Vec<&str> {
    space.0.keys().map(String::as_str).chain(RESERVED).collect()
}

/// The environment variable of a hyperparameter: `MUP_MODEL_LR` of `model.lr`.
pub(crate) fn variable(name: &str) -> String {
    let plain = name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect::<String>();
    format!("MUP_{}", plain.to_uppercase())
}

/// Whether every name can be a placeholder and a variable of its own.
///
/// # Errors
///
/// The name, and the one that it clashes with.
pub(crate) fn check_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<(), SpaceError> {
    let mut variables = BTreeMap::new();
    for name in names {
        let refuse = |reason: String| Err(SpaceError::Name { name: name.to_owned(), reason });
        if RESERVED.contains(&name) {
            return refuse(format!(
                "{{{name}}} stands for something else in a command, so write for example `my-{name}`"
            ));
        }
        let variable = variable(name);
        if TAKEN.contains(&variable.as_str()) {
            return refuse(format!("its variable would be {variable}, which every program gets, so call it otherwise"));
        }
        if let Some(other) = variables.insert(variable.clone(), name) {
            return refuse(format!("it has the variable of `{other}`, {variable}, so rename one of the two"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 4] = ["learning-rate", "model.lr", "seed", "file"];

    fn filled(word: &str) -> Result<String, String> {
        let value = |name: &str| OsString::from(format!("<{name}>"));
        Template::parse(word, &NAMES).map(|template| template.fill(&value).into_string().unwrap())
    }

    #[test]
    fn names_between_braces_are_values_and_other_braces_the_programs_own() {
        for (word, wanted) in [
            ("--rate={learning-rate}", "--rate=<learning-rate>"),
            ("model.lr={model.lr},seed={seed}", "model.lr=<model.lr>,seed=<seed>"),
            ("${{HOME}}/{seed}", "${HOME}/<seed>"),
            ("{{seed}}", "{seed}"),
            ("{{{seed}}}", "{<seed>}"),
            ("{}", "{}"),
            ("find -exec rm {} ;", "find -exec rm {} ;"),
            (r#"{"loss": 1}"#, r#"{"loss": 1}"#),
            (r#"{"a": {"b": {"c": 1}}}"#, r#"{"a": {"b": {"c": 1}}}"#),
            (r#"{"optimizer": {"lr": {learning-rate}}}"#, r#"{"optimizer": {"lr": <learning-rate>}}"#),
            (r#"{{"optimizer": {{"lr": {learning-rate}}}}}"#, r#"{"optimizer": {"lr": <learning-rate>}}"#),
            (r#"test -n "${{HOME}}" && echo "{\"loss\": 1}""#, r#"test -n "${HOME}" && echo "{\"loss\": 1}""#),
            ("model={lr:{model.lr}}", "model={lr:<model.lr>}"),
            ("{a,b}{1..3}x{2}", "{a,b}{1..3}x{2}"),
            ("${LR:-0.1} ${#x} ${x%.*}", "${LR:-0.1} ${#x} ${x%.*}"),
            ("f() { grep '{{' x; }", "f() { grep '{' x; }"),
            ("awk '{print $1}'", "awk '{print $1}'"),
            ("echo '{\"loss\": ='", "echo '{\"loss\": ='"),
            ("a } b", "a } b"),
        ] {
            assert_eq!(filled(word).as_deref(), Ok(wanted), "{word}");
        }
    }

    #[test]
    fn what_looks_like_a_placeholder_and_is_none_is_refused_with_the_remedy() {
        for (word, said) in [
            ("lr={model.rate}", &["`{model.rate}`", "{model.lr}", "{{model.rate}}"][..]),
            ("{learning_rate}", &["is it {learning-rate}?"]),
            ("{Learning Rate}", &["is it {learning-rate}?"]),
            ("${HOME}", &["`{HOME}`", "written twice, {{HOME}}"]),
            ("{ seed }", &["write {seed}"]),
            ("{learning-rate:.3f}", &["format", "{learning-rate}"]),
            ("{learning-rate!r}", &["format"]),
            ("--rate={learning-rate", &["no closing brace"]),
            ("--rate=learning-rate}", &["no opening brace"]),
            ("{{seed}", &["`}}`"]),
            ("{optimizer/lr}", &["`{optimizer/lr}`"]),
        ] {
            let mistake = filled(word).expect_err(word);
            assert!(said.iter().all(|said| mistake.contains(said)), "{word}: {mistake}");
        }
    }

    proptest! {
        #[test]
        fn with_every_brace_twice_any_text_is_passed_on_as_it_is(text in "[{}a-z.: \"$-]{0,24}", seeds in 0..3_usize) {
            let twice = text.replace('{', "{{").replace('}', "}}");
            prop_assert_eq!(filled(&twice), Ok(text.clone()));
            // Around placeholders too.
            let word = format!("{}{}", twice, "{seed}".repeat(seeds));
            prop_assert_eq!(filled(&word), Ok(format!("{text}{}", "<seed>".repeat(seeds))));
        }

        #[test]
        fn values_are_never_looked_at_again(value in "[{}sed]{0,12}") {
            let template = Template::parse("a{seed}b{file}", &NAMES).unwrap();
            let filled = template.fill(&|_| OsString::from(&value));
            prop_assert_eq!(filled.into_string().unwrap(), format!("a{value}b{value}"));
        }
    }

    #[test]
    fn names_that_a_program_could_not_tell_apart_are_refused_naming_both() {
        let error = |names: &[&str]| check_names(names.iter().copied()).unwrap_err().to_string();
        let two = error(&["learning-rate", "learning_rate"]);
        assert!(
            ["`learning-rate`", "`learning_rate`", "MUP_LEARNING_RATE"].iter().all(|part| two.contains(part)),
            "{two}"
        );
        for name in RESERVED {
            assert!(error(&[name]).contains(&format!("`{name}`")));
        }
        for (name, variable) in [("Seed", "MUP_SEED"), ("trial", "MUP_TRIAL"), ("STEPS", "MUP_STEPS")] {
            assert!(error(&[name]).contains(variable), "{name}");
        }
        assert_eq!(check_names(["model.lr", "model.wd", "näme"]), Ok(()));
        assert_eq!(variable("model.lr"), "MUP_MODEL_LR");
    }
}
