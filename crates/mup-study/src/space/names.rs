//! Names of hyperparameters that a program can be told.

use crate::SpaceError;

/// Whether a name can stand in a command, in a variable and in a table.
pub(super) fn check(name: &str) -> Result<(), SpaceError> {
    let refuse = |reason: &str| Err(SpaceError::Name { name: name.to_owned(), reason: reason.to_owned() });
    if name.trim().is_empty() {
        return refuse("a hyperparameter needs a name, with at least one letter");
    }
    if name.trim() != name {
        return refuse("a name neither begins nor ends with a space");
    }
    if let Some(letter) = name.chars().find(|letter| letter.is_control() || "={}".contains(*letter)) {
        let letter = letter.escape_default();
        return refuse(&format!("a name has no `{letter}`, so that commands and variables can have it"));
    }
    if !name.contains(char::is_alphanumeric) {
        return refuse("a name has at least one letter or digit, so that its variable has one");
    }
    if name == "preset" {
        return refuse("this name is the preset's, preset = \"gpt-3\", so call the hyperparameter otherwise");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_program_can_be_told_are_refused() {
        for name in ["", " ", "\t", " a", "a ", "a=b", "a\0b", "a\nb", "{a}", "a}", "-", "preset"] {
            assert!(check(name).is_err(), "{name:?}");
        }
        for name in ["learning-rate", "model.lr", "optimizer/lr", "weight decay", "lernräte", "β1"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }
}
