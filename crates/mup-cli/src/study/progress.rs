//! The bar of one long run.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use mup_study::cli::say;
use mup_train::Event;

/// A bar on standard error; without a terminal a line for every evaluation.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new(label: &str, steps: usize) -> Self {
        let bar = ProgressBar::new(steps as u64);
        let template = "{prefix} {wide_bar} {pos}/{len}  {msg}  {eta} left";
        // Only a broken template can fail, and then the default style will do.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(label.to_owned());
        bar.enable_steady_tick(Duration::from_millis(500));
        Self { bar }
    }

    /// Shows what happened.
    pub(super) fn see(&self, event: &Event) {
        match event {
            Event::Step(step) => {
                self.bar.set_position(step.step as u64 + 1);
                let speed = step.tokens_per_second;
                self.bar.set_message(format!("loss {:.3}  {speed:.0} tokens/s", step.loss));
            }
            Event::Evaluated(evaluation) => {
                self.say(&format!("  after {:>6} steps  validation loss {:.4}", evaluation.step, evaluation.loss));
            }
            Event::NotFinite { step, .. } => self.say(&format!("  diverged at step {step}")),
            Event::Resumed { path } => self.say(&format!("  continues from {}", path.display())),
            Event::Warning(warning) => self.say(&format!("warning: {warning}")),
            _ => {}
        }
    }

    fn say(&self, line: &str) {
        self.bar.suspend(|| say(line));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
