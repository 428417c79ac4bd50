//! Everything in order: study, tuning, choice, target, control, report.

use mup_study::cli::say;
use mup_study::launch::Tuned;

use super::target::{TargetTraining, explain};
use super::{choose, report, study, tune};
use crate::cli::Arguments;
use crate::error::RunError;

/// Runs every stage, or continues where an earlier run of the same command stopped.
pub(super) fn run(arguments: &Arguments) -> Result<(), RunError> {
    let study = study::open(&arguments.study)?;
    let training = TargetTraining::of(&study)?;
    for (name, plan) in training.plans()? {
        say(format!("\nPlan: {name}\n{}", plan.summary()));
    }
    if tune::tune(&study, &arguments.tune)? == Tuned::Stopped {
        return Err(RunError::Interrupted);
    }
    let choice = choose::choose(&study)?;
    let values = choose::values(&choice)?;
    say(format!("\n{choice}\n\n{}", explain(&training.transfer(&values)?)));
    let mut parametrizations = vec![training.parametrization().to_owned()];
    if training.parametrization() != "standard" {
        parametrizations.push("standard".to_owned());
    }
    let seed = study.config().seeds[0];
    for parametrization in parametrizations {
        let (record, _) = training.train(&parametrization, &values, seed, &arguments.checkpoints)?;
        if let Some(sample) = &record.curve.sample {
            let indented: Vec<String> = sample.lines().map(|line| format!("  │ {line}")).collect();
            say(format!("Sample:\n{}", indented.join("\n")));
        }
    }
    let written = report::write(&training, Vec::new())?;
    say("");
    report::print(&written, &study, arguments.json)
}
