//! Everything in order: tuning, choice, target, controls, report.

use std::process::ExitCode;

use mup_study::cli::{TuneArguments, say};
use mup_study::launch::Tuned;
use mup_study::{Record, Study, Trial, Values};
use mup_train::FamilyError;

use super::arguments::CheckpointArguments;
use super::opened::Opened;
use super::report;
use super::target::{TargetTraining, chosen, exit_code, explain};
use super::tuned_control::{self, STANDARD};
use crate::{AnyFamily, Interrupted};

/// Runs every stage of a study, or continues where an earlier run of the same command stopped. The controls are the target
/// in SP, with the same values, and with a rate that is tuned at the target for as much compute as tuning took. Ends with 1
/// if the target diverges.
///
/// # Errors
///
/// Those of every stage, and [`Interrupted`].
pub fn everything(
    study: &Study,
    family: &dyn AnyFamily,
    tune: &TuneArguments,
    checkpoints: &CheckpointArguments,
    json: bool,
) -> Result<ExitCode, FamilyError> {
    let opened = Opened::new(study, family)?;
    check_control(&opened)?;
    let training = TargetTraining::of(&opened)?;
    for (name, plan) in opened.plans(&opened.usual()?)? {
        say(format!("\nPlan: {name}\n{}", plan.summary()));
    }
    if opened.tune(tune)? == Tuned::Stopped {
        return Err(Interrupted.into());
    }
    let choice = chosen(study)?;
    let (values, of_proxy) = (opened.complete(&choice.best.values)?, opened.proxy.parametrization.as_str());
    let transfer = opened.transfer(&values, &opened.target_plan(of_proxy, &values)?)?;
    say(format!("\n{choice}\n\n{}", explain(&transfer, &opened.usual()?)));
    let target = train(&training, of_proxy, &values, checkpoints)?;
    if of_proxy != STANDARD {
        train(&training, STANDARD, &values, checkpoints)?;
        if let Some(values) = tuned_control::tune(&opened, checkpoints)? {
            train(&training, STANDARD, &values, checkpoints)?;
        }
    }
    let written = report::write(&training, Vec::new())?;
    say("");
    report::print(&written, study, json)?;
    Ok(exit_code(&target.outcome))
}

/// Whether the target can be trained in SP too: better now than after its own training.
fn check_control(opened: &Opened<'_>) -> Result<(), FamilyError> {
    if opened.proxy.parametrization == STANDARD {
        return Ok(());
    }
    let run = opened.target_run(STANDARD, &opened.usual()?)?;
    opened.family.check_run(&run, &opened.device).map(drop).map_err(|error| {
        let remedy = "`tune`, `choose`, `train` and `report` do without it";
        format!("the target cannot be trained in SP, as a control: {error}; {remedy}").into()
    })
}

/// A run with the study's first seed, and what its model made.
fn train(
    training: &TargetTraining<'_>,
    parametrization: &str,
    values: &Values,
    checkpoints: &CheckpointArguments,
) -> Result<Record<Trial>, FamilyError> {
    let seed = training.opened.study.config().seeds[0];
    let (record, _) = training.train(parametrization, values, seed, checkpoints)?;
    if let Some(sample) = &record.curve.sample {
        let indented: Vec<String> = sample.lines().map(|line| format!("  │ {line}")).collect();
        say(format!("Sample:\n{}", indented.join("\n")));
    }
    Ok(record)
}
