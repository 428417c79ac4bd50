//! Everything in order: tuning, choice, target, control, report.

use std::process::ExitCode;

use mup_study::Study;
use mup_study::cli::{TuneArguments, say};
use mup_study::launch::Tuned;
use mup_train::FamilyError;

use super::arguments::CheckpointArguments;
use super::opened::Opened;
use super::report;
use super::target::{TargetTraining, chosen, exit_code, explain};
use crate::{AnyFamily, Interrupted};

/// Runs every stage of a study, or continues where an earlier run of the same command stopped. Ends with 1 if the target
/// diverges.
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
    let control = (of_proxy != "standard").then_some("standard");
    let seed = study.config().seeds[0];
    let mut ended = ExitCode::SUCCESS;
    for parametrization in [of_proxy].into_iter().chain(control) {
        let (record, _) = training.train(parametrization, &values, seed, checkpoints)?;
        if parametrization == of_proxy {
            ended = exit_code(&record.outcome);
        }
        if let Some(sample) = &record.curve.sample {
            let indented: Vec<String> = sample.lines().map(|line| format!("  │ {line}")).collect();
            say(format!("Sample:\n{}", indented.join("\n")));
        }
    }
    let written = report::write(&training, Vec::new())?;
    say("");
    report::print(&written, study, json)?;
    Ok(ended)
}
