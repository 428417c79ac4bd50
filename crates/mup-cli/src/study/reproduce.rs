//! The commands that train a study's targets again.

use mup_study::cli::{shell_word, this_program};
use mup_study::{Trial, Values};
use mup_train::FamilyError;

use super::DEFAULT_STUDY;
use super::tables::Target;
use super::target::{RunContext, TargetTraining};
use super::tuned_control::STANDARD;

/// What the commands of a study's runs have in common.
pub(super) struct Reproduce<'a> {
    training: &'a TargetTraining<'a>,
    /// The seed with which the study's own command trains the target and its controls; none if it only tuned.
    in_order: Option<u64>,
    chosen: Values,
    usual: Values,
    /// Where and how long every run is.
    common: Vec<String>,
}

impl<'a> Reproduce<'a> {
    /// After the command that made the study.
    pub(super) fn new(training: &'a TargetTraining<'a>, command: &str, chosen: Values) -> Result<Self, FamilyError> {
        let opened = training.opened;
        let config = opened.study.config();
        // Extensions of the study stand on further lines.
        let mut words = command.lines().next().unwrap_or_default().split_whitespace();
        let otherwise = otherwise(&opened.target, &Target::of(config)?, opened.own_batches()?);
        let in_order = (!words.any(|word| word == "tune") && otherwise.is_empty()).then_some(config.seeds[0]);
        let mut common = vec![this_program(), "train".to_owned()];
        let folder = opened.study.folder().as_os_str();
        if folder != DEFAULT_STUDY {
            common.extend(["--study".to_owned(), shell_word(folder)]);
        }
        common.extend(otherwise);
        Ok(Self { training, in_order, chosen, usual: opened.usual()?, common })
    }

    /// The command of a run, which may be the control that was tuned for itself; none of one that the study's own command
    /// trains.
    pub(super) fn command(&self, trial: &Trial, context: &RunContext, tuned: bool) -> Option<String> {
        let of_proxy = &self.training.opened.proxy.parametrization;
        let (parametrization, chosen) = (&context.parametrization, trial.values == self.chosen);
        let usual = tuned || (chosen && [of_proxy.as_str(), STANDARD].contains(&parametrization.as_str()));
        if usual && self.in_order == Some(trial.seed) {
            return None;
        }
        let mut words = self.common.clone();
        if !chosen {
            words.extend(["--values".to_owned(), self.listed(&trial.values)]);
        }
        if parametrization != of_proxy {
            words.extend(["--parametrization".to_owned(), parametrization.clone()]);
        }
        if trial.seed != 0 {
            words.extend(["--seed".to_owned(), trial.seed.to_string()]);
        }
        Some(words.join(" "))
    }

    /// With every digit.
    fn listed(&self, values: &Values) -> String {
        let unusual = values.iter().filter(|(name, value)| self.usual.get(name) != Some(value));
        let listed: Vec<String> = unusual.map(|(name, value)| format!("{name}={value}")).collect();
        if listed.is_empty() { "default".to_owned() } else { listed.join(",") }
    }
}

/// What of a target's run was asked otherwise than the study says.
fn otherwise(asked: &Target, written: &Target, own_batches: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut differs = |option: &str, differs: bool, value: String| {
        if differs {
            words.extend([option.to_owned(), value]);
        }
    };
    differs("--target-steps", asked.steps != written.steps, asked.steps.to_string());
    differs("--target-batch", asked.batches != written.batches, (asked.batches / own_batches.max(1)).to_string());
    differs("--run-law", asked.run_law != written.run_law, asked.run_law.name.clone());
    words
}
