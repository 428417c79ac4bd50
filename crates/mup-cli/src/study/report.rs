//! The report of a study and of the targets trained so far.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use mup_study::{Record, Setting, Study, StudyRecord, Trial, Values};
use mup_sweep::{Optimum, Point};
use mup_train::{FamilyError, LEARNING_RATE, Size};
use mup_transfer::report::{FinalRun, Numbers, RateCurve, Report, Tuning};

use super::circumstances::circumstances;
use super::opened::Opened;
use super::reproduce::Reproduce;
use super::tables::Proxy;
use super::target::{RunContext, TargetTraining, chosen};
use super::tuned_control::{self, Known, STANDARD, Tuned};
use super::values::rate;
use crate::{grow::short, output};

/// `report`.
pub(super) fn run(opened: &Opened<'_>, compare: &[PathBuf], json: bool) -> Result<(), FamilyError> {
    let mut rate_curves = Vec::new();
    for folder in compare {
        let other = Study::open(folder)?;
        let curve = rate_curve(&other, opened)?;
        rate_curves.push(curve.ok_or_else(|| {
            format!("the study in {} varies more than the learning rate, so it has no curve over it", folder.display())
        })?);
    }
    let report = write(&TargetTraining::of(opened)?, rate_curves)?;
    print(&report, opened.study, json)
}

/// Writes the report into the study's folder.
pub(super) fn write(training: &TargetTraining<'_>, others: Vec<RateCurve>) -> Result<Report, FamilyError> {
    let opened = training.opened;
    let (study, parametrization) = (opened.study, opened.proxy.parametrization.as_str());
    let rate_curves: Vec<RateCurve> = rate_curve(study, opened)?.into_iter().chain(others).collect();
    let choice = chosen(study)?;
    let (chosen, usual) = (opened.complete(&choice.best.values)?, opened.usual()?);
    let numbers = Numbers::new(study.config().clone(), &study.records()?, choice);
    let spent = numbers.cost.tuning;
    let trials = if spent.runs == 1 { "trial" } else { "trials" };
    let on_proxy = Tuning { by: format!("{} {trials} on the proxy", spent.runs), spent };
    let compared = Compared { chosen, usual, parametrization, on_proxy, sweep: tuned_control::known(opened)? };
    let mut circumstances = circumstances(study.config());
    let reproduce = Reproduce::new(training, &circumstances.command, compared.chosen.clone())?;
    let mut runs = Vec::new();
    for record in training.records()?.into_iter().filter(|record| !compared.swept(&record.trial)) {
        let context = RunContext::of(&record.trial)?;
        let tuned = compared.tuned(&record.trial, &context).is_some();
        let (place, command) = (compared.order(&record, &context), reproduce.command(&record.trial, &context, tuned));
        runs.push((place, command, compared.final_run(record, context)));
    }
    runs.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    let commands = runs.iter().filter_map(|(_, command, _)| command.clone());
    circumstances.command = std::iter::once(circumstances.command).chain(commands).collect::<Vec<_>>().join("\n");
    let runs = runs.into_iter().map(|(.., run)| run).collect();
    let numbers = numbers.with_runs(runs);
    let grows = opened.proxy.grows.first().cloned().unwrap_or_else(|| numbers.grows.clone());
    let target = opened.target_plan(parametrization, &compared.chosen)?;
    let transfer = Some(opened.transfer(&compared.chosen, &target)?);
    let numbers = Numbers { transfer, grows, rate_curves, ..numbers };
    let plans = opened.plans(&compared.chosen)?.into_iter().map(|(name, plan)| (name, plan.to_string())).collect();
    let title = format!("µTransfer of {}", opened.family.name());
    let other_targets = training.others(|trial| compared.swept(trial))?;
    let report = Report { title, numbers, other_targets, circumstances, plans };
    report.write(study.folder())?;
    Ok(report)
}

/// What was found, and where it is written.
pub(super) fn print(report: &Report, study: &Study, json: bool) -> Result<(), FamilyError> {
    if json {
        return output::print_json(report);
    }
    for run in &report.numbers.runs {
        let validation = run.curve.validation.map_or_else(|| "–".to_owned(), |loss| format!("{loss:.4}"));
        let tuning = report.numbers.tuning_in_targets(run);
        let tuning = tuning.map_or_else(String::new, |runs| format!(", tuning {runs:.2} runs of the target"));
        output::line(format!("{}: training loss {}, validation loss {validation}{tuning}", run.label, run.outcome))?;
    }
    for (name, runs) in &report.other_targets {
        output::line(format!("also trained, targets/{name}: {}", runs.join("; ")))?;
    }
    let mut warnings = report.numbers.transfer.iter().flat_map(|transfer| &transfer.warnings);
    warnings.try_for_each(|warning| output::line(format!("warning: {warning}")))?;
    output::line(report.verdict())?;
    output::line(report.cost_sentence())?;
    output::line(format!("\nreport    {}", study.folder().join("report.html").display()))
}

/// Loss against learning rate over the first horizon, seeds averaged; none if anything else varies too.
fn rate_curve(study: &Study, opened: &Opened<'_>) -> Result<Option<RateCurve>, FamilyError> {
    if study.config().space.varied().any(|(name, _)| name != LEARNING_RATE) {
        return Ok(None);
    }
    let mut samples: BTreeMap<usize, Vec<StudyRecord>> = BTreeMap::new();
    for record in study.records()?.records.into_iter().filter(|record| record.trial.stage == 0) {
        samples.entry(record.trial.sample).or_default().push(record);
    }
    let (mut points, mut values) = (Vec::new(), None);
    for records in samples.into_values() {
        let rate = rate(&records[0].trial.values);
        let losses: Option<Vec<f64>> = records.iter().map(|record| record.outcome.loss()).collect();
        let loss = losses.map(|losses| losses.iter().sum::<f64>() / losses.len() as f64);
        points.push(Point { log2_rate: rate.log2(), loss });
        values = values.or_else(|| Some((records[0].trial.values.clone(), rate)));
    }
    points.sort_by(|a, b| a.log2_rate.total_cmp(&b.log2_rate));
    let (Some((values, first)), proxy) = (values, Proxy::of(study.config())?) else { return Ok(None) };
    let optimum = Optimum::of(&points);
    let best = optimum.map_or(first, |optimum| optimum.log2_rate.exp2());
    let values = values.with(LEARNING_RATE, Setting::Number(best));
    let width = opened.width(&super::tables::size(&opened.family.size(), "[proxy]", &proxy.size)?);
    Ok(Some(RateCurve { parametrization: proxy.parametrization, width, values, points, optimum }))
}

fn in_words(size: &Size) -> String {
    size.iter().map(|(name, number)| format!("{name} {number}")).collect::<Vec<_>>().join(", ")
}

/// What the runs of a target are compared with.
struct Compared<'a> {
    chosen: Values,
    usual: Values,
    parametrization: &'a str,
    on_proxy: Tuning,
    /// Of the rate of SP at the target, by which a control is tuned.
    sweep: Known,
}

impl Compared<'_> {
    /// The target first, then what it is compared with.
    fn order(&self, record: &Record<Trial>, context: &RunContext) -> (u8, bool, String) {
        let rank = match &record.trial.values {
            _ if self.tuned(&record.trial, context).is_some() => 1,
            values if *values == self.chosen => 0,
            values if *values == self.usual => 2,
            _ => 3,
        };
        (rank, context.parametrization != self.parametrization, record.trial.id())
    }

    /// The control that was tuned for itself, if this is a run of it.
    fn tuned(&self, trial: &Trial, context: &RunContext) -> Option<&Tuned> {
        self.sweep.tuned.as_ref().filter(|tuned| context.parametrization == STANDARD && trial.values == tuned.values)
    }

    /// Whether it is a run of the sweep by which that is tuned.
    fn swept(&self, trial: &Trial) -> bool {
        self.sweep.swept.contains(&trial.id())
    }

    /// Which values a run has.
    fn kind(&self, trial: &Trial, context: &RunContext) -> String {
        if let Some(Tuned { label, .. }) = self.tuned(trial, context) {
            // One run may be both controls.
            let same = if trial.values == self.chosen { "the same values: " } else { "" };
            return format!("{same}{label}");
        }
        match (trial.values == self.chosen, context.parametrization == self.parametrization) {
            (true, true) => "values of the proxy".to_owned(),
            (true, false) => "the same values".to_owned(),
            (false, _) if trial.values == self.usual => "default values".to_owned(),
            // The table has every digit of them.
            (false, _) => {
                let rate_alone =
                    trial.values.get(LEARNING_RATE).map(|rate| self.usual.clone().with(LEARNING_RATE, rate.clone()));
                let others = if rate_alone.as_ref() == Some(&trial.values) { "" } else { " and others" };
                format!("rate 2^{:.1}{others}", rate(&trial.values).log2())
            }
        }
    }

    fn final_run(&self, record: Record<Trial>, context: RunContext) -> FinalRun {
        let Record { trial, outcome, curve, seconds } = record;
        let tuning = match self.tuned(&trial, &context) {
            Some(tuned) => Some(tuned.tuning.clone()),
            None => (trial.values == self.chosen).then(|| self.on_proxy.clone()),
        };
        let seed = if trial.seed == 0 { String::new() } else { format!(", seed {}", trial.seed) };
        FinalRun {
            label: format!("{}, {}{seed}", short(&context.parametrization), self.kind(&trial, &context)),
            size: in_words(&context.size),
            parametrization: context.parametrization,
            values: trial.values,
            tuning,
            outcome,
            curve: Arc::unwrap_or_clone(curve),
            seconds,
        }
    }
}
