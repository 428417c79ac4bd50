//! The progress bar: the run at hand with its loss and speed, and the time left for everything.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Work of a step beyond its parameters, in parameters: reading, small operations. Fitted to widths 64 and 256 on two
/// cores; it only shapes the estimate of the time left.
const OVERHEAD: u64 = 30_000;

/// One bar over all runs. Hidden when standard error is no terminal; result lines are always printed.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    run: RefCell<Run>,
    done: Cell<u64>,
}

#[derive(Debug)]
struct Run {
    label: String,
    start: Instant,
    step: u64,
    steps: u64,
    tokens_per_step: u64,
    work_per_step: u64,
}

/// The work of a run, in units of the bar.
pub(crate) fn work(parameters: u64, steps: usize) -> u64 {
    (parameters + OVERHEAD) * steps as u64
}

impl Progress {
    /// A bar for as much work as is known of.
    pub(crate) fn new(total_work: u64) -> Self {
        let bar = ProgressBar::new(total_work);
        let template = "{wide_bar} {percent:>3}%  {msg}  {eta} left";
        // Only a broken template can fail, and then the default style will do.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        let run = Run {
            label: String::new(),
            start: Instant::now(),
            step: 0,
            steps: 0,
            tokens_per_step: 0,
            work_per_step: 0,
        };
        Self { bar, run: RefCell::new(run), done: Cell::new(0) }
    }

    /// A run begins. Runs that nobody announced lengthen the bar.
    pub(crate) fn begin(&self, label: String, parameters: u64, steps: usize, tokens_per_step: u64) {
        let work = work(parameters, steps);
        let needed = self.done.get() + work;
        if self.bar.length().unwrap_or(0) < needed {
            self.bar.set_length(needed);
        }
        let (steps, work_per_step) = (steps as u64, parameters + OVERHEAD);
        *self.run.borrow_mut() = Run { label, start: Instant::now(), step: 0, steps, tokens_per_step, work_per_step };
    }

    /// A step is done.
    pub(crate) fn step(&self, loss: f64) {
        let mut run = self.run.borrow_mut();
        run.step += 1;
        let speed = (run.step * run.tokens_per_step) as f64 / run.start.elapsed().as_secs_f64().max(1e-9);
        self.bar.set_message(format!("{} {}/{}  loss {loss:.3}  {speed:.0} tokens/s", run.label, run.step, run.steps));
        self.bar.inc(run.work_per_step);
    }

    /// The run has ended, perhaps early.
    pub(crate) fn end(&self) {
        let run = self.run.borrow();
        self.done.set(self.done.get() + run.steps * run.work_per_step);
        self.bar.inc((run.steps - run.step) * run.work_per_step);
    }

    /// Work that was found done.
    pub(crate) fn skip(&self, work: u64) {
        let length = self.bar.length().unwrap_or(0);
        self.bar.set_length(length.saturating_sub(work).max(self.done.get()));
    }

    /// Prints a line above the bar.
    pub(crate) fn say(&self, line: &str) {
        self.bar.suspend(|| println!("{line}"));
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
