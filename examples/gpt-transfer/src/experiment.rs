//! The stages in order: plans, sweep, choice, target, control, samples, report.

use std::path::PathBuf;
use std::sync::Arc;

use mup_rules::{Parametrization, ScalingPlan};
use mup_transfer::report::{FinalRun, RateCurve};
use mup_transfer::{Hyperparameters, SearchSpace, Study, Sweep, SweepError, Transfer, sweep, transfer};

use crate::cli::Arguments;
use crate::configuration::Configuration;
use crate::corpus::Corpus;
use crate::error::RunError;
use crate::interrupt::Interrupt;
use crate::progress::{self, Progress};
use crate::results::Results;
use crate::runner::Runner;
use crate::training::Trainer;
use crate::{device, family};

/// Names of the two parametrizations compared.
pub(crate) const MUP: &str = "mup";
pub(crate) const STANDARD: &str = "standard";

/// Runs every stage, or continues where an earlier run of the same command stopped.
pub(crate) fn run(arguments: &Arguments) -> Result<(), RunError> {
    let configuration = Configuration::new(arguments)?;
    let space = space(arguments, &configuration)?;
    let device = device::open(&arguments.device)?;
    let corpus = Corpus::load(arguments.text.as_deref(), configuration.context)?;
    let folder = folder(arguments);
    let settings = configuration.settings(&corpus, &arguments.device);
    let study = Study::open(&folder, settings, configuration.smoothing())?;
    let interrupt = Interrupt::listen()?;
    println!("text      {}, {} bytes, SHA-256 {}", corpus.name, corpus.n_bytes(), corpus.sha256);
    println!("folder    {}", study.folder().display());
    println!("device    {}", arguments.device);

    let trainer = Trainer { configuration, corpus: Arc::new(corpus), device, interrupt };
    let plans = Plans::new(&trainer)?;
    plans.print(&trainer);
    let widths = extra_widths(arguments, &trainer.configuration);
    let progress = Progress::new(expected_work(&trainer.configuration, &space, &widths));
    let runner = Runner::new(study, trainer, progress);

    let found = tune(&runner, &space)?;
    let moved = transfer(&found.best(), &plans.proxy, &plans.target)?;
    print_choice(&runner, &found, &moved);
    let target = final_run(&runner, "target, µP", MUP, &moved.values)?;
    let control = final_run(&runner, "control, SP", STANDARD, &moved.values)?;
    let mut rate_curves = vec![rate_curve(MUP, runner.configuration().proxy_width, &found)];
    for (parametrization, width) in widths {
        rate_curves.push(sweep_width(&runner, parametrization, width, &found.best())?);
    }
    runner.progress().finish();

    let runs = vec![target, control];
    let results = Results { runner: &runner, rate_curves, transfer: moved, runs, plans: plans.texts() };
    results.finish(&arguments.device, &folder)
}

fn folder(arguments: &Arguments) -> PathBuf {
    let default = if arguments.quick { "runs/gpt-transfer-quick" } else { "runs/gpt-transfer" };
    arguments.out.clone().unwrap_or_else(|| PathBuf::from(default))
}

fn space(arguments: &Arguments, configuration: &Configuration) -> Result<SearchSpace, RunError> {
    let space = SearchSpace::new(configuration.rates);
    Ok(arguments.sweep.iter().try_fold(space, |space, list| space.with_list(list))?)
}

/// What is swept besides the proxy in µP: for the picture only, after the target.
fn extra_widths(arguments: &Arguments, configuration: &Configuration) -> Vec<(&'static str, usize)> {
    let proxy = configuration.proxy_width;
    let mut widths = arguments.sweep_widths.clone();
    if widths.is_empty() && arguments.sweep_standard {
        widths = vec![proxy, configuration.target_width];
    }
    if !widths.is_empty() {
        widths.push(proxy);
    }
    widths.sort_unstable();
    widths.dedup();
    let mup = widths.iter().filter(|width| **width != proxy).map(|width| (MUP, *width));
    let standard = widths.iter().filter(|_| arguments.sweep_standard).map(|width| (STANDARD, *width));
    mup.chain(standard).collect()
}

fn expected_work(configuration: &Configuration, space: &SearchSpace, widths: &[(&str, usize)]) -> u64 {
    let work = |width| {
        let model = family::config(configuration, width, &Hyperparameters::at_rate(1.0));
        progress::work(model.parameter_count() as u64, configuration.steps)
    };
    let n_rates = configuration.rates.exponents().len() as u64;
    let extra: u64 = widths.iter().map(|(_, width)| n_rates * work(*width)).sum();
    space.n_trials() as u64 * work(configuration.proxy_width) + 2 * work(configuration.target_width) + extra
}

fn tune(runner: &Runner, space: &SearchSpace) -> Result<Sweep, RunError> {
    let width = runner.configuration().proxy_width;
    let names: Vec<&str> = space.varied().into_iter().map(|hyperparameter| hyperparameter.name()).collect();
    runner.progress().say(&format!("\nTuning {} on the proxy, {} trials", names.join(", "), space.n_trials()));
    let trial = |values: &Hyperparameters| Ok(runner.tuning_trial(MUP, width, values)?.outcome.loss());
    sweep(space, trial).map_err(from_sweep)
}

fn sweep_width(
    runner: &Runner,
    parametrization: &'static str,
    width: usize,
    best: &Hyperparameters,
) -> Result<RateCurve, RunError> {
    runner.progress().say(&format!("\nSweeping the rate at width {width} in {}", short(parametrization)));
    let mut space = SearchSpace::new(runner.configuration().rates);
    space.fixed = *best;
    let trial = |values: &Hyperparameters| Ok(runner.trial(parametrization, width, values)?.outcome.loss());
    let found = sweep(&space, trial).map_err(from_sweep)?;
    Ok(rate_curve(parametrization, width, &found))
}

fn from_sweep(error: SweepError<RunError>) -> RunError {
    match error {
        SweepError::Trial(error) => error,
        SweepError::AllDiverged { n_trials, lowest } => RunError::AllDiverged { n_trials, lowest },
    }
}

fn rate_curve(parametrization: &str, width: usize, found: &Sweep) -> RateCurve {
    let slice = found.best_slice();
    RateCurve {
        parametrization: parametrization.to_owned(),
        width,
        values: found.best(),
        points: slice.points.clone(),
        optimum: slice.optimum,
    }
}

fn print_choice(runner: &Runner, found: &Sweep, moved: &Transfer) {
    let optimum = found.optimum();
    let fit =
        optimum.fit.map_or_else(String::new, |fit| format!(", the parabola's minimum is at 2^{:.2}", fit.log2_rate));
    let edge = if optimum.bracketed() { "" } else { "; unbracketed: it lies on the edge of the grid" };
    let mut lines = vec![format!("\nLowest training loss {:.4} with {}{fit}{edge}", optimum.loss, found.best())];
    for row in &moved.rows {
        lines.push(format!(
            "  {:<16} {:>10} → {:<10} {}",
            row.hyperparameter.name(),
            row.proxy,
            row.target,
            row.explanation
        ));
    }
    let width = runner.configuration().target_width;
    lines.push(format!(
        "\nTraining the target of width {width} once with these values, in µP and, as the control, in SP"
    ));
    runner.progress().say(&lines.join("\n"));
}

fn final_run(
    runner: &Runner,
    label: &str,
    parametrization: &str,
    values: &Hyperparameters,
) -> Result<FinalRun, RunError> {
    let record = runner.trial(parametrization, runner.configuration().target_width, values)?;
    Ok(FinalRun { label: label.to_owned(), trial: record.trial, outcome: record.outcome, curve: record.curve })
}

/// As the paper abbreviates it.
pub(crate) fn short(parametrization: &str) -> &str {
    if parametrization == STANDARD { "SP" } else { "µP" }
}

/// The plans that a run speaks of.
struct Plans {
    proxy: ScalingPlan,
    target: ScalingPlan,
    control: ScalingPlan,
}

impl Plans {
    fn new(trainer: &Trainer) -> Result<Self, RunError> {
        let configuration = &trainer.configuration;
        let plan = |width, parametrization| family::plan(configuration, width, parametrization, &trainer.device);
        Ok(Self {
            proxy: plan(configuration.proxy_width, Parametrization::mup())?,
            target: plan(configuration.target_width, Parametrization::mup())?,
            control: plan(configuration.target_width, Parametrization::standard())?,
        })
    }

    fn print(&self, trainer: &Trainer) {
        let configuration = &trainer.configuration;
        let parameters = |width| family::config(configuration, width, &Hyperparameters::at_rate(1.0)).parameter_count();
        for (name, width, plan) in
            [("proxy", configuration.proxy_width, &self.proxy), ("target", configuration.target_width, &self.target)]
        {
            println!("\nPlan of the {name}: width {width}, {} parameters", parameters(width));
            println!("{}", plan.summary());
        }
    }

    fn texts(&self) -> Vec<(String, String)> {
        let named = [("Proxy, µP", &self.proxy), ("Target, µP", &self.target), ("Control, SP", &self.control)];
        named.map(|(name, plan)| (name.to_owned(), plan.to_string())).into()
    }
}
