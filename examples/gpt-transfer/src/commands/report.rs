//! The report of a study and of the targets trained so far.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use mup_study::{Record, Setting, Study, StudyRecord, Trial};
use mup_sweep::{Optimum, Point};
use mup_transfer::report::{Circumstances, FinalRun, Numbers, RateCurve, Report};

use super::study::Proxy;
use super::target::{DEFAULT_RATE, TargetTraining};
use super::{choose, output};
use crate::environment;
use crate::error::RunError;
use crate::family::short;
use crate::hyperparameters::{Hyperparameter, Hyperparameters};
use crate::run_context::RunContext;

/// `report`.
pub(super) fn run(study: &Study, compare: &[PathBuf], json: bool) -> Result<(), RunError> {
    let mut rate_curves = Vec::new();
    for folder in compare {
        let other = Study::open(folder)?;
        let curve = rate_curve(&other)?;
        rate_curves.push(curve.ok_or_else(|| RunError::NotOfRates { folder: folder.clone() })?);
    }
    let report = write(&TargetTraining::of(study)?, rate_curves)?;
    print(&report, study, json)
}

/// Writes the report into the study's folder.
pub(super) fn write(training: &TargetTraining<'_>, others: Vec<RateCurve>) -> Result<Report, RunError> {
    let study = training.study();
    let rate_curves: Vec<RateCurve> = rate_curve(study)?.into_iter().chain(others).collect();
    let choice = choose::choose(study)?;
    let chosen = choose::values(&choice)?;
    let (parametrization, mut runs) = (training.parametrization(), Vec::new());
    for record in training.records()? {
        let values = Hyperparameters::try_from(&record.trial.values)?;
        let context = RunContext::of(&record.trial)?;
        let place = order(&record, &values, &context, parametrization, &chosen);
        runs.push((place, final_run(record, &values, context, parametrization, &chosen)));
    }
    runs.sort_by(|(a, _), (b, _)| a.cmp(b));
    let runs = runs.into_iter().map(|(_, run)| run).collect();
    let numbers = Numbers::new(study.config().clone(), &study.records()?, choice).with_runs(runs);
    let numbers = Numbers { transfer: Some(training.transfer(&chosen)?), rate_curves, ..numbers };
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

/// Loss against learning rate over the first horizon, seeds averaged; none if anything else varies too.
fn rate_curve(study: &Study) -> Result<Option<RateCurve>, RunError> {
    let rate = Hyperparameter::LearningRate.name();
    if study.config().space.varied().any(|(name, _)| name != rate) {
        return Ok(None);
    }
    let mut samples: BTreeMap<usize, Vec<StudyRecord>> = BTreeMap::new();
    for record in study.records()?.records.into_iter().filter(|record| record.trial.stage == 0) {
        samples.entry(record.trial.sample).or_default().push(record);
    }
    let (mut points, mut values) = (Vec::new(), None);
    for records in samples.into_values() {
        let tried = Hyperparameters::try_from(&records[0].trial.values)?;
        let losses: Option<Vec<f64>> = records.iter().map(|record| record.outcome.loss()).collect();
        let loss = losses.map(|losses| losses.iter().sum::<f64>() / losses.len() as f64);
        points.push(Point { log2_rate: tried.learning_rate.log2(), loss });
        values = values.or_else(|| Some((records[0].trial.values.clone(), tried.learning_rate)));
    }
    points.sort_by(|a, b| a.log2_rate.total_cmp(&b.log2_rate));
    let (Some((values, first)), proxy) = (values, Proxy::of(study.config())?) else { return Ok(None) };
    let optimum = Optimum::of(&points);
    let best = optimum.map_or(first, |optimum| optimum.log2_rate.exp2());
    let values = values.with(rate, Setting::Number(best));
    let Proxy { parametrization, width, .. } = proxy;
    Ok(Some(RateCurve { parametrization, width, values, points, optimum }))
}

/// The target first, then what it is compared with.
fn order(
    record: &Record<Trial>,
    values: &Hyperparameters,
    context: &RunContext,
    parametrization: &str,
    chosen: &Hyperparameters,
) -> (u8, bool, String) {
    let rank = match values {
        values if values == chosen => 0,
        values if *values == Hyperparameters::at_rate(DEFAULT_RATE) => 1,
        _ => 2,
    };
    (rank, context.parametrization != parametrization, record.trial.id())
}

fn final_run(
    record: Record<Trial>,
    values: &Hyperparameters,
    context: RunContext,
    parametrization: &str,
    chosen: &Hyperparameters,
) -> FinalRun {
    let kind = match (values == chosen, context.parametrization == parametrization) {
        (true, true) => "target".to_owned(),
        (true, false) => "control, the proxy's values".to_owned(),
        (false, _) if *values == Hyperparameters::at_rate(DEFAULT_RATE) => "control, default values".to_owned(),
        // The table has every digit of them.
        (false, _) => {
            let alone = *values == Hyperparameters::at_rate(values.learning_rate);
            let others = if alone { "" } else { " and others" };
            format!("control, rate 2^{:.1}{others}", values.learning_rate.log2())
        }
    };
    let Record { trial, outcome, curve, seconds } = record;
    let seed = if trial.seed == 0 { String::new() } else { format!(", seed {}", trial.seed) };
    FinalRun {
        label: format!("{kind}, {}{seed}", short(&context.parametrization)),
        parametrization: context.parametrization,
        width: context.width,
        values: trial.values,
        outcome,
        curve: Arc::unwrap_or_clone(curve),
        seconds,
    }
}
