//! `cargo xtask bench batched`: what K small trials cost as one model, one after another, and as processes, here and in
//! PyTorch.

mod report;
mod stack;
mod ways;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::Outcome;
use crate::shape::Shape;
use report::Report;
use ways::Way;

/// Arguments of `cargo xtask bench batched`.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchBatched {
    /// Numbers of trials that are trained as one.
    #[arg(long, value_delimiter = ',', default_value = "1,4,16,64")]
    trials: Vec<usize>,
    /// Tokens in a sequence.
    #[arg(long, default_value_t = 128)]
    length: usize,
    /// Repetitions of every way, in turns; the table shows medians.
    #[arg(long, default_value_t = 5)]
    repetitions: usize,
    /// Seconds of one repetition, about.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// A Python with the packages of benches/peers, for K PyTorch processes; leave out to measure only our side.
    #[arg(long)]
    python: Option<PathBuf>,
    /// The PyTorch side.
    #[arg(long, default_value = "benches/peers/contestant.py")]
    contestant: PathBuf,
    /// Writes every number to this file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// The side that trains so many as one: answers requests on standard input.
    #[arg(long, hide = true)]
    stack: Option<usize>,
}

impl BenchBatched {
    /// Measures, or trains for a process that does.
    pub(crate) fn run(self) -> Outcome<ExitCode> {
        if let Some(trials) = self.stack {
            stack::answer(self.shape(), trials)?;
            return Ok(ExitCode::SUCCESS);
        }
        self.check()?;
        let folder = std::env::temp_dir().join(format!("mup-bench-batched-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        // What failed is in the logs, which are kept then.
        let report = self.measure(&folder)?;
        std::fs::remove_dir_all(&folder)?;
        print!("{report}");
        if let Some(path) = &self.json {
            std::fs::write(path, serde_json::to_string_pretty(&report)? + "\n")?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// A proxy as it is tuned; it is the base.
    fn shape(&self) -> Shape {
        Shape::gpt(64, 4, 8, self.length)
    }

    fn check(&self) -> Outcome<()> {
        if self.trials.is_empty() || self.trials.contains(&0) || self.repetitions == 0 || self.length == 0 {
            return Err("--trials, --repetitions and --length must be at least 1".into());
        }
        if !(self.seconds.is_finite() && self.seconds > 0.0) {
            return Err(format!("--seconds is {}, but must be finite and positive", self.seconds).into());
        }
        match &self.python {
            Some(_) if !self.contestant.is_file() => {
                Err(format!("{} is no file: name the PyTorch side with --contestant", self.contestant.display()).into())
            }
            _ => Ok(()),
        }
    }

    /// Every way in turns, so that a machine that slows down slows all of them.
    fn measure(&self, folder: &std::path::Path) -> Outcome<Report> {
        let mut ways = Way::all(self, folder)?;
        for repetition in 0..self.repetitions {
            for way in &mut ways {
                way.repeat(self.seconds)?;
                eprintln!("{}/{} {}", repetition + 1, self.repetitions, way.latest());
            }
        }
        Ok(Report::new(self.shape(), &ways))
    }
}
