//! The values of a study as those of a family's hyperparameters.

use std::collections::BTreeMap;

use mup_study::{Setting, Space, Values, rounded};
use mup_train::{FamilyError, FamilyRun, LEARNING_RATE};

use crate::output::octaves;

/// The run with these values of its hyperparameters.
pub(super) fn with_values(mut run: FamilyRun, values: &Values) -> Result<FamilyRun, FamilyError> {
    for (name, value) in values.iter() {
        run.value(name)?;
        let number = value.number().filter(|number| number.is_finite() && *number >= 0.0);
        let number = number
            .ok_or_else(|| format!("`{name}` cannot be {value}: it has to be a finite number, and not negative"))?;
        run = run.with(name, number);
    }
    run.check_values()?;
    Ok(run)
}

/// Whether every sample of a space is one that the family takes: those at the ends of each range, and each of a list.
pub(super) fn check_space(run: &FamilyRun, space: &Space) -> Result<(), FamilyError> {
    for (name, dimension) in &space.0 {
        let settings = match (dimension.ends(), dimension) {
            (Some(ends), _) => ends.map(Setting::Number).to_vec(),
            (None, listed) => listed.settings().unwrap_or_default(),
        };
        for setting in settings {
            with_values(run.clone(), &Values::default().with(name, setting))?;
        }
    }
    Ok(())
}

/// The values of a run that neither a space nor the settings of its family say.
pub(super) fn unsaid(run: &FamilyRun, space: &Space, settings: &toml::Table) -> BTreeMap<String, f64> {
    let said = |name: &String| space.0.contains_key(name) || settings.contains_key(name);
    let others = run.values.iter().filter(|(name, _)| !said(name));
    others.map(|(name, value)| (name.clone(), *value)).collect()
}

/// Every value of a run.
pub(super) fn values_of(run: &FamilyRun) -> Values {
    Values(run.values.iter().map(|(name, value)| (name.clone(), Setting::Number(*value))).collect())
}

/// As `--values` lists them.
pub(super) fn parse(list: &str) -> Result<Values, FamilyError> {
    let refuse = |reason: String| {
        format!("--values {list}: {reason}; write chosen, default, or for example learning-rate=0.01,init-scale=2")
    };
    let mut values = Values::default();
    for entry in list.split(',') {
        let (name, value) = entry.split_once('=').ok_or_else(|| refuse(format!("`{entry}` has no =")))?;
        let value: f64 = value.trim().parse().map_err(|error| refuse(format!("`{value}`: {error}")))?;
        let name = name.trim();
        if values.get(name).is_some() {
            return Err(refuse(format!("`{name}` is there twice")).into());
        }
        values = values.with(name, Setting::Number(value));
    }
    Ok(values)
}

/// NaN where there is none.
pub(super) fn rate(values: &Values) -> f64 {
    values.number(LEARNING_RATE).unwrap_or(f64::NAN)
}

/// For people: the rate as a power of two; of the others only those that are not as usual.
pub(super) fn told(values: &Values, usual: &Values) -> String {
    let rate = rate(values).log2();
    let unusual = values.iter().filter(|(name, value)| *name != LEARNING_RATE && usual.get(name) != Some(value));
    let others =
        unusual.map(|(name, value)| format!(", {name} {}", value.number().map_or_else(|| value.to_string(), rounded)));
    format!("rate 2^{}{}", octaves(rate), others.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::parse;
    use mup_study::{Setting, Values};

    #[test]
    fn a_list_of_values_is_read_and_what_is_wrong_is_shown() {
        let wanted =
            Values::default().with("learning-rate", Setting::Number(0.5)).with("alpha-output", Setting::Number(2.0));
        assert_eq!(parse("learning-rate=0.5, alpha-output=2").expect("values"), wanted);
        for (text, said) in
            [("learning-rate", "has no ="), ("learning-rate=x", "`x`"), ("learning-rate=1,learning-rate=2", "twice")]
        {
            let error = parse(text).expect_err("refused").to_string();
            assert!(error.contains(said) && error.contains(text), "{error}");
        }
    }
}
