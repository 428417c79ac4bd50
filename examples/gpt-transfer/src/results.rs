//! The report of a run, and what the terminal says at the end.

use std::path::Path;

use mup_transfer::report::{Circumstances, FinalRun, Numbers, RateCurve, Report};
use mup_transfer::{Cost, Hyperparameters, Spent, Transfer};

use crate::error::RunError;
use crate::runner::Runner;
use crate::{environment, family};

/// Everything that was found out.
pub(crate) struct Results<'a> {
    pub(crate) runner: &'a Runner,
    /// Every sweep, the proxy's first.
    pub(crate) rate_curves: Vec<RateCurve>,
    pub(crate) transfer: Transfer,
    /// Target, control.
    pub(crate) runs: Vec<FinalRun>,
    pub(crate) plans: Vec<(String, String)>,
}

impl Results<'_> {
    /// Writes the report and prints its essence.
    pub(crate) fn finish(self, device: &str, folder: &Path) -> Result<(), RunError> {
        let report = self.report(device);
        report.write(folder)?;
        print(&report, folder);
        Ok(())
    }

    fn report(self, device: &str) -> Report {
        let configuration = self.runner.configuration();
        let used = self.runner.used();
        let seconds = used.iter().map(|record| (record.id.clone(), record.seconds)).collect();
        let target = &self.runs[0];
        let target_seconds =
            used.iter().find(|record| record.trial == target.trial).map_or(0.0, |record| record.seconds);
        let target_spent = Spent::default().and(target.curve.parameters, target.curve.tokens, target_seconds);
        let cost = Cost { tuning: self.runner.tuning(), target: target_spent };
        let losses = (self.runs[0].outcome.loss(), self.runs[1].outcome.loss());
        let proxy = family::config(configuration, configuration.proxy_width, &Hyperparameters::at_rate(1.0));
        let numbers = Numbers {
            settings: self.runner.study().settings().clone(),
            seed: configuration.seed,
            smoothed_over: configuration.smoothing().last,
            rate_curves: self.rate_curves,
            transfer: self.transfer,
            advantage: if let (Some(target), Some(control)) = losses { Some(control - target) } else { None },
            parameter_ratio: target.curve.parameters as f64 / proxy.parameter_count() as f64,
            cost_ratio: cost.ratio(),
            runs: self.runs,
        };
        let (command, environment) = (environment::command(), environment::describe(device));
        Report {
            title: "µTransfer of a GPT".to_owned(),
            numbers,
            circumstances: Circumstances { command, environment, cost, seconds },
            plans: self.plans,
        }
    }
}

fn print(report: &Report, folder: &Path) {
    for run in &report.numbers.runs {
        if let Some(sample) = &run.curve.sample {
            let indented: Vec<String> = sample.lines().map(|line| format!("  │ {line}")).collect();
            println!("\nSample of the {}:\n{}", run.label, indented.join("\n"));
        }
    }
    println!();
    for run in &report.numbers.runs {
        let validation = run.curve.validation.map_or_else(|| "–".to_owned(), |loss| format!("{loss:.4}"));
        println!("{:<12} training loss {}, validation loss {validation}", run.label, run.outcome);
    }
    println!("{}", report.verdict());
    println!("{}", report.cost_sentence());
    println!("\nreport    {}", folder.join("report.html").display());
}
