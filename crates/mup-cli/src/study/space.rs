//! `--space`: a preset or a file, as a space of hyperparameters that the family has.

use std::fs;

use mup_study::Space;
use mup_train::{FamilyError, FamilyRun};

use super::values::check_space;

/// The space of a name, or of a TOML file, every sample of which is one that the family takes: better now than in each trial.
pub(super) fn space(name: &str, own: &FamilyRun) -> Result<Space, FamilyError> {
    let refuse = |reason: String| -> FamilyError { format!("--space {name}: {reason}").into() };
    let space = if name.ends_with(".toml") {
        let text = fs::read_to_string(name).map_err(|error| refuse(error.to_string()))?;
        Space::from_toml(&text).map_err(|mistake| refuse(mistake.to_string()))?
    } else {
        Space::named(name).map_err(|error| refuse(error.to_string()))?
    };
    if let Some(reason) = of_another_model(own, &space) {
        return Err(refuse(reason));
    }
    check_space(own, &space).map_err(|error| refuse(error.to_string()))?;
    Ok(space)
}

/// A preset searches what some models do not have. What is left of it is another space, which whoever searches it should name
/// so: the remedy is its text.
fn of_another_model(own: &FamilyRun, space: &Space) -> Option<String> {
    let preset = Space::gpt3();
    let (mut rest, mut missing) = (space.clone(), Vec::new());
    rest.0.retain(|name, _| {
        let known = own.value(name).is_ok();
        missing.extend((!known).then(|| name.clone()));
        known
    });
    // A name that no preset has is a slip, and so is a space of nothing else: what there is, is said elsewhere.
    if missing.is_empty() || rest.0.is_empty() || !missing.iter().all(|name| preset.0.contains_key(name)) {
        return None;
    }
    let lines = written(&rest).join("\n");
    let missing = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Some(format!("this model has no {missing}. Give --space a file, FILE.toml, with what it has:\n\n{lines}\n"))
}

/// A line for each dimension, as a file has it.
fn written(space: &Space) -> Vec<String> {
    let table = toml::Table::try_from(space).expect("bug: a space is always TOML");
    let bare = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let key = |name: &str| if bare(name) { name.to_owned() } else { toml::Value::from(name).to_string() };
    table.iter().map(|(name, values)| format!("{} = {values}", key(name))).collect()
}

#[cfg(test)]
mod tests {
    use mup_study::{Dimension, Setting, Space};

    use super::written;

    #[test]
    fn a_space_reads_back_as_it_is_written_line_by_line() {
        let space = Space::gpt3().with("model.depth", Dimension::Integer([1, 3])).with_declared(
            "kind",
            Dimension::Categorical(vec![Setting::Text("a \"b\"".to_owned())]),
            false,
        );
        let lines = written(&space);
        assert_eq!(lines.len(), 8, "{lines:?}");
        assert!(lines.contains(&"alpha-output = { log-uniform = [0.25, 4.0] }".to_owned()), "{lines:?}");
        assert_eq!(Space::from_toml(&lines.join("\n")).expect("a space"), space);
    }
}
