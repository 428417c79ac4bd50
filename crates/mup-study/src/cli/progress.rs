//! Bars for the trials that run, a line for each that has ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::say;
use crate::launch::Watch;
use crate::{RecordSource, StudyRecord, StudyTrial};

/// One bar for the wave, one for each running trial. Without a terminal only the lines are written.
#[derive(Debug)]
pub struct Bars {
    all: MultiProgress,
    wave: ProgressBar,
    running: Mutex<BTreeMap<String, ProgressBar>>,
    /// Remarks that were made, which are mostly the same for all trials.
    remarked: Mutex<BTreeSet<String>>,
}

impl Bars {
    /// On standard error.
    #[must_use]
    pub fn new() -> Self {
        let all = MultiProgress::new();
        let wave = all.add(ProgressBar::new(0));
        wave.set_style(style("{wide_bar} {pos}/{len} trials  {elapsed} elapsed, {eta} left"));
        wave.enable_steady_tick(Duration::from_millis(500));
        Self { all, wave, running: Mutex::default(), remarked: Mutex::default() }
    }

    /// Writes a line above the bars.
    pub fn say(&self, line: &str) {
        self.all.suspend(|| say(line));
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, ProgressBar>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Bars {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.wave.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    // Only a broken template can fail, and then the default will do.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Watch for Bars {
    fn wave(&self, trials: usize, ended: usize) {
        self.wave.set_length(trials as u64);
        self.wave.set_position(ended as u64);
        self.wave.reset_eta();
        if ended > 0 {
            self.say(&format!("{ended} of {trials} trials ended before"));
        }
    }

    fn say(&self, line: &str) {
        Self::say(self, line);
    }

    fn begin(&self, trial: &StudyTrial) {
        let bar = self.all.add(ProgressBar::new(trial.steps as u64));
        bar.set_style(style("  {bar:20} {pos}/{len}  {msg}"));
        bar.set_message(format!("sample {}  {}", trial.sample, trial.values));
        self.running().insert(trial.name().to_owned(), bar);
    }

    fn step(&self, trial: &StudyTrial, step: usize, loss: f64) {
        if let Some(bar) = self.running().get(trial.name()) {
            bar.set_position(step as u64 + 1);
            bar.set_message(format!("sample {}  loss {loss:.3}  {}", trial.sample, trial.values));
        }
    }

    fn end(&self, record: &StudyRecord, source: &RecordSource) {
        let trial = &record.trial;
        if let Some(bar) = self.running().remove(trial.name()) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
        if let RecordSource::Repaired { kept_as, reason } = source {
            let kept_as = kept_as.display();
            self.say(&format!("warning: this record was damaged ({reason}); kept as {kept_as}, and run again:"));
        }
        let (outcome, seconds) = (&record.outcome, record.seconds);
        let seed = if trial.seed == 0 { String::new() } else { format!(" seed {}", trial.seed) };
        // What it said explains a failure; its name is that of the trial's content.
        let log = if outcome.failed() { format!("  logs/{}.log", trial.name()) } else { String::new() };
        let loss = if outcome.loss().is_some() { "loss " } else { "" };
        self.say(&format!(
            "  {:>6} steps  sample {:>4}{seed}  {loss}{outcome}  {seconds:.1} s  {}{log}",
            trial.steps, trial.sample, trial.values
        ));
        for remark in record.remarks() {
            if self.remarked.lock().unwrap_or_else(PoisonError::into_inner).insert(remark.clone()) {
                self.say(&format!("warning: sample {} {remark}", trial.sample));
            }
        }
        self.wave.inc(1);
    }
}
