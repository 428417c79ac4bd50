//! The report of a study and of the targets trained so far.

use mup_transfer::report::{Circumstances, FinalRun, Numbers, Report};
use mup_transfer::{Hyperparameters, Study, TrialRecord};

use super::target::{DEFAULT_RATE, TargetTraining};
use super::{choose, output};
use crate::environment;
use crate::error::RunError;
use crate::family::short;

/// `report`.
pub(super) fn run(study: &Study, json: bool) -> Result<(), RunError> {
    let report = write(&TargetTraining::of(study)?)?;
    print(&report, study, json)
}

/// Writes the report into the study's folder.
pub(super) fn write(training: &TargetTraining<'_>) -> Result<Report, RunError> {
    let study = training.study();
    let choice = choose::choose(study)?;
    let chosen = choose::values(&choice)?;
    let mut records = training.records()?;
    records.sort_by_key(|record| order(record, training.parametrization(), &chosen));
    let runs = records.into_iter().map(|record| final_run(record, training.parametrization(), &chosen)).collect();
    let numbers = Numbers::new(study.config().clone(), &study.records()?, choice).with_runs(runs);
    let numbers = Numbers { transfer: Some(training.transfer(&chosen)?), ..numbers };
    let device = study.config().proxy.get("device").and_then(toml::Value::as_str).unwrap_or("unknown");
    let mut environment = environment::describe();
    environment.insert("device".to_owned(), device.to_owned());
    let commit = environment.remove("commit");
    let made_with = |name: &str| study.config().made_with.get(name).and_then(toml::Value::as_str);
    let command = made_with("command").map_or_else(environment::command, str::to_owned);
    let plans = training.plans()?.into_iter().map(|(name, plan)| (name, plan.to_string())).collect();
    let circumstances = Circumstances { command, commit, environment };
    let report = Report { title: "µTransfer of a GPT".to_owned(), numbers, circumstances, plans };
    report.write(study.folder())?;
    Ok(report)
}

/// What was found, and where it is written.
pub(super) fn print(report: &Report, study: &Study, json: bool) -> Result<(), RunError> {
    if json {
        return output::print_json(report);
    }
    for run in &report.numbers.runs {
        let validation = run.curve.validation.map_or_else(|| "–".to_owned(), |loss| format!("{loss:.4}"));
        output::line(format!("{}: training loss {}, validation loss {validation}", run.label, run.outcome))?;
    }
    output::line(report.verdict())?;
    output::line(report.cost_sentence())?;
    output::line(format!("\nreport    {}", study.folder().join("report.html").display()))
}

/// The target first, then what it is compared with.
fn order(record: &TrialRecord, parametrization: &str, chosen: &Hyperparameters) -> (bool, bool, String) {
    let trial = &record.trial;
    (trial.hyperparameters != *chosen, trial.parametrization != parametrization, record.id.clone())
}

fn final_run(record: TrialRecord, parametrization: &str, chosen: &Hyperparameters) -> FinalRun {
    let trial = record.trial;
    let values = trial.hyperparameters;
    let kind = match (values == *chosen, trial.parametrization == parametrization) {
        (true, true) => "target".to_owned(),
        (true, false) => "control, the proxy's values".to_owned(),
        (false, _) if values == Hyperparameters::at_rate(DEFAULT_RATE) => "control, default values".to_owned(),
        (false, _) => format!("control, {values}"),
    };
    let seed = if trial.seed == 0 { String::new() } else { format!(", seed {}", trial.seed) };
    FinalRun {
        label: format!("{kind}, {}{seed}", short(&trial.parametrization)),
        parametrization: trial.parametrization,
        width: trial.width,
        values: values.into(),
        outcome: record.outcome,
        curve: record.curve,
        seconds: record.seconds,
    }
}
