//! `cargo xtask experiment`: the experiment of the README, through the program that users run.
//!
//! One study of six hyperparameters on a proxy; its values on a target of twenty times the parameters, against default
//! values, against SP with the same values, against SP at its own best rate from a sweep of equal compute, and, as in
//! TP-V Table 4, percentiles over repeated tuning. Every part is a study or a run of `gpt-transfer`: kill it, and the
//! same command continues.

mod figure;
mod program;
mod results;
mod stages;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mup_files::write_durably;
use mup_verdict::coordinates::TrialError;

use figure::Strips;
use program::Program;
use results::Results;

/// Runs an experiment and writes its numbers, its table and its figure.
#[derive(Debug, clap::Args)]
pub struct Experiment {
    /// Which.
    #[arg(value_enum)]
    name: Name,
    /// Text to train on instead of the source of Burn.
    #[arg(long)]
    text: Option<PathBuf>,
    /// Folder of its studies and results; an interrupted experiment continues there.
    #[arg(long, default_value = "runs/experiments")]
    out: PathBuf,
    /// Runs at a time, each with one thread.
    #[arg(long, default_value_t = std::thread::available_parallelism().map_or(1, usize::from))]
    jobs: usize,
    /// Print the results as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Name {
    /// The GPT-3 experiment in small.
    Transfer,
    /// The same so small that it says nothing: whether everything runs.
    TransferTiny,
}

/// Sizes of the experiment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    proxy_width: usize,
    target_width: usize,
    d_head: usize,
    n_layer: usize,
    context: usize,
    batch: usize,
    /// The two horizons; the target's is the longer one.
    steps: usize,
    long_steps: usize,
    /// Samples of the proxy's study, and how many go on.
    trials: usize,
    best: usize,
    /// Samples of one repetition of tuning.
    group: usize,
    /// Samples of direct tuning at the target.
    direct: usize,
    /// Log2 learning rates of the sweep in SP.
    rates: &'static str,
}

impl Name {
    fn folder(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::TransferTiny => "transfer-tiny",
        }
    }

    fn sizes(self) -> Sizes {
        match self {
            Self::Transfer => Sizes {
                proxy_width: 64,
                target_width: 320,
                d_head: 32,
                n_layer: 2,
                context: 64,
                batch: 8,
                steps: 200,
                long_steps: 800,
                trials: 64,
                best: 16,
                group: 8,
                direct: 4,
                rates: "-12:-5",
            },
            Self::TransferTiny => Sizes {
                proxy_width: 8,
                target_width: 16,
                d_head: 8,
                n_layer: 1,
                context: 8,
                batch: 2,
                steps: 6,
                long_steps: 12,
                trials: 4,
                best: 2,
                group: 2,
                direct: 2,
                rates: "-7:-5",
            },
        }
    }
}

impl Experiment {
    /// Runs what has not been run, and writes results and figure.
    ///
    /// # Errors
    ///
    /// A part that failed or was stopped; what has finished is kept.
    pub fn run(self) -> Result<ExitCode, TrialError> {
        let program = Program::find()?;
        self.run_with(&program)?;
        Ok(ExitCode::SUCCESS)
    }

    fn run_with(&self, program: &Program) -> Result<Results, TrialError> {
        let folder = self.out.join(self.name.folder());
        let results = stages::Stages { program, sizes: self.name.sizes(), folder: &folder, experiment: self }.run()?;
        let files = write(&results, &folder)?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&results)?);
        } else {
            println!("{results}");
        }
        for file in files {
            eprintln!("wrote {}", file.display());
        }
        Ok(results)
    }
}

/// `results.json`, `results.txt`, and the figure as SVG and PNG.
fn write(results: &Results, folder: &Path) -> Result<Vec<PathBuf>, TrialError> {
    let strips = Strips(results);
    let file = |ending: &str| folder.join(format!("results.{ending}"));
    write_durably(&file("json"), &serde_json::to_vec_pretty(results)?)?;
    write_durably(&file("txt"), results.to_string().as_bytes())?;
    write_durably(&file("svg"), mup_figure::svg(&strips)?.as_bytes())?;
    mup_figure::write_png(&strips, &file("png"))?;
    Ok(["json", "txt", "svg", "png"].map(file).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_experiment_runs_and_a_second_time_repeats_nothing() {
        let Ok(program) = Program::find() else {
            println!("skipped: gpt-transfer is not built");
            return;
        };
        let folder = tempfile::tempdir().expect("temporary folder");
        let text = folder.path().join("text");
        std::fs::write(&text, "Shall I compare thee to a summer's day? ".repeat(40)).expect("text");
        let out = folder.path().join("out");
        let experiment = Experiment { name: Name::TransferTiny, text: Some(text), out, jobs: 2, json: false };
        let first = experiment.run_with(&program).expect("first run");
        assert_eq!(first.repetitions[0].losses.len() + first.repetitions[0].diverged, 2, "two groups of two samples");
        let begun = std::time::Instant::now();
        let second = experiment.run_with(&program).expect("second run");
        assert_eq!(serde_json::to_value(&first).ok(), serde_json::to_value(&second).ok());
        assert!(begun.elapsed().as_secs() < 60);
    }
}
