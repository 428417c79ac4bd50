//! Runs of a GPT on text, many at a time and remembered: what the checks that train judge.

use std::{collections::BTreeMap, fmt::Display, path::PathBuf, time::Instant};

use gpt_transfer::{Hyperparameters, Sizes, TextTraining};
use indicatif::{ProgressBar, ProgressStyle};
use mup_devices::{Backend, DeviceName};
use mup_study::{Record, RecordSource, Store, Trial, TrialEnd};
use mup_sweep::in_parallel;
use mup_verdict::{Answer, coordinates::TrialError};
use serde::Serialize;

/// Arguments that the checks on text share; the same ones share their runs.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct TextArguments {
    /// Widths; the smallest is the base.
    #[arg(long, value_delimiter = ',', default_value = "32,64,128,256")]
    pub(crate) widths: Vec<usize>,
    /// Number of seeds per width, for the weights and the batches.
    #[arg(long, default_value_t = 4)]
    pub(crate) seeds: u64,
    /// Text to train on instead of the source of Burn: a UTF-8 file, or a folder of them.
    #[arg(long)]
    text: Option<PathBuf>,
    /// Steps of a run.
    #[arg(long, default_value_t = 150)]
    steps: usize,
    /// Sequences in a batch.
    #[arg(long, default_value_t = 16)]
    batch: usize,
    /// Length of a sequence.
    #[arg(long, default_value_t = 32)]
    context: usize,
    /// Width of a head; heads grow in number.
    #[arg(long, default_value_t = 16)]
    d_head: usize,
    /// Number of blocks.
    #[arg(long, default_value_t = 2)]
    n_layer: usize,
    /// Runs at a time, each with one thread.
    #[arg(long, default_value_t = default_jobs())]
    jobs: usize,
    /// Where to train, such as wgpu or cuda:1.
    #[arg(long, default_value_t = Backend::Flex.into())]
    device: DeviceName,
    /// Folder of the runs and results; an interrupted check continues there, and nothing finished is repeated.
    #[arg(long, default_value = "runs/verdicts")]
    pub(crate) out: PathBuf,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The presets that are compared.
pub(crate) const MUP: &str = "mup";
pub(crate) const STANDARD: &str = "standard";

/// As tables and figures name them.
pub(crate) fn label(preset: &str) -> &str {
    if preset == STANDARD { "SP" } else { "µP" }
}

/// One run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Run {
    /// Name of the parametrization's preset.
    pub(crate) parametrization: &'static str,
    /// Width at which it equals the standard parametrization.
    pub(crate) base_width: usize,
    pub(crate) width: usize,
    pub(crate) seed: u64,
    pub(crate) values: Hyperparameters,
    /// λ at base width.
    pub(crate) weight_decay: f64,
}

/// Trains runs that the folder does not remember.
#[derive(Debug)]
pub(crate) struct TextRuns {
    training: TextTraining,
    store: Store,
    arguments: TextArguments,
    begun: Instant,
}

impl TextRuns {
    pub(crate) fn new(arguments: &TextArguments) -> Result<Self, TrialError> {
        let mut arguments = arguments.clone();
        arguments.widths.sort_unstable();
        if arguments.seeds == 0 {
            return Err("--seeds must be positive".into());
        }
        let base_width = *arguments.widths.first().ok_or("--widths: at least one width is needed")?;
        let TextArguments { steps, batch, context, d_head, n_layer, .. } = arguments;
        let sizes = Sizes { base_width, d_head, n_layer, context, batch, steps };
        let training = TextTraining::new(sizes, arguments.text.as_deref(), arguments.device)?;
        let store = Store::open(&arguments.out, &training.settings())?;
        eprintln!("text {}\nfolder {}", training.text(), arguments.out.display());
        Ok(Self { training, store, arguments, begun: Instant::now() })
    }

    pub(crate) fn n_steps(&self) -> usize {
        self.arguments.steps
    }

    /// Loss of a model that has learned nothing from the context.
    ///
    /// An unstable run still learns how often each byte occurs, so ln 256 would be a mark that it hardly ever comes
    /// back to.
    pub(crate) fn loss_without_context(&self) -> Result<f64, TrialError> {
        self.training.byte_entropy()
    }

    /// Widths, ascending.
    pub(crate) fn widths(&self) -> &[usize] {
        &self.arguments.widths
    }

    pub(crate) fn seeds(&self) -> impl Iterator<Item = u64> + Clone + use<> {
        0..self.arguments.seeds
    }

    pub(crate) fn widths_and_seeds(&self) -> impl Iterator<Item = (usize, u64)> {
        self.widths().iter().flat_map(|width| self.seeds().map(|seed| (*width, seed)))
    }

    /// A run with the base width and weight decay of the arguments.
    pub(crate) fn run(&self, parametrization: &'static str, width: usize, seed: u64, values: Hyperparameters) -> Run {
        let (base_width, weight_decay) = (self.training.base_width(), self.training.weight_decay());
        Run { parametrization, base_width, width, seed, values, weight_decay }
    }

    /// The records of the runs, in their order.
    pub(crate) fn records(&self, runs: &[Run]) -> Result<Vec<Record<Trial>>, TrialError> {
        // Widest first, so that no long run is left for the end.
        let mut order: Vec<usize> = (0..runs.len()).collect();
        order.sort_by_key(|&idx| std::cmp::Reverse(runs[idx].width));
        let bar = self.progress_bar(runs);
        let records = in_parallel(self.arguments.jobs, &order, |&idx| Ok((idx, self.record(&runs[idx], &bar)?)));
        bar.finish_and_clear();
        let records: BTreeMap<usize, Record<Trial>> = records.map_err(describe)?.into_iter().collect();
        Ok(records.into_values().collect())
    }

    fn record(&self, run: &Run, bar: &ProgressBar) -> Result<Record<Trial>, TrialError> {
        let training = self.training.with_base_width(run.base_width).with_weight_decay(run.weight_decay);
        let trial = training.trial(run.parametrization, run.width, run.seed, run.values)?;
        let work = self.training.parameter_count(run.width) as u64;
        let (stored, source) = self.store.run(&trial, || {
            let curve = training.train(&trial, |loss| {
                bar.inc(work);
                bar.set_message(format!("{} width {} {}: {loss:.3}", run.parametrization, run.width, run.values));
            })?;
            Ok::<_, TrialError>(TrialEnd::from(curve))
        })?;
        if source == RecordSource::Read {
            bar.inc(work * self.arguments.steps as u64);
        }
        Ok(stored.judged(self.training.smoothing()))
    }

    fn progress_bar(&self, runs: &[Run]) -> ProgressBar {
        let work: u64 = runs.iter().map(|run| self.training.parameter_count(run.width) as u64).sum();
        let style = ProgressStyle::with_template("{wide_bar} {percent:>3}%  {msg}  {eta} left");
        ProgressBar::new(work * self.arguments.steps as u64)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    /// Says what was found.
    pub(crate) fn finish<R: Display + Serialize>(
        &self,
        title: &str,
        report: &R,
        answer: Answer,
        files: &[PathBuf],
    ) -> Result<Answer, TrialError> {
        if self.arguments.json {
            println!("{}", serde_json::to_string_pretty(report)?);
        } else {
            println!("{title}\n{report}\nanswer: {answer}");
        }
        for file in files {
            eprintln!("wrote {}", file.display());
        }
        eprintln!("{:.0} s", self.begun.elapsed().as_secs_f64());
        Ok(answer)
    }
}

fn describe(error: TrialError) -> TrialError {
    if gpt_transfer::is_interruption(&error) {
        "interrupted; every finished run is kept, and the same command continues".into()
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use clap::Parser;
    use mup_verdict::{Answer, coordinates::TrialError};

    use crate::{reverse_transfer::ReverseTransfer, transfer_check::TransferCheck, wider_check::WiderCheck};

    #[derive(Debug, Parser)]
    enum Cli {
        TransferCheck(TransferCheck),
        WiderCheck(WiderCheck),
        ReverseTransfer(ReverseTransfer),
    }

    /// Runs so small that they decide nothing, on a text of its own.
    fn answer(folder: &Path, arguments: &str) -> Result<Answer, TrialError> {
        let text = folder.join("text");
        fs::write(&text, "Shall I compare thee to a summer's day? ".repeat(40))?;
        let sizes =
            ["--widths 8,16", "--seeds 2", "--steps 24", "--batch 2", "--context 8", "--d-head 8", "--n-layer 1"];
        let given = |size: &&&str| size.split(' ').next().is_some_and(|flag| !arguments.contains(flag));
        let sizes = sizes.iter().filter(given).copied().collect::<Vec<_>>().join(" ");
        let [text, out] = [text, folder.join("out")].map(|path| path.display().to_string());
        let line = format!("xtask {arguments} {sizes} --text {text} --out {out}");
        match Cli::try_parse_from(line.split_whitespace())? {
            Cli::TransferCheck(task) => task.answer(),
            Cli::WiderCheck(task) => task.answer(),
            Cli::ReverseTransfer(task) => task.answer(),
        }
    }

    fn trials(folder: &Path) -> usize {
        fs::read_dir(folder.join("out/trials")).map_or(0, Iterator::count)
    }

    #[test]
    fn checks_on_text_write_their_reports_and_share_their_runs() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let folder = folder.path();
        assert_eq!(answer(folder, "transfer-check --grid=-7:-5").ok(), Some(Answer::Undecided), "two widths");
        let after_transfer = trials(folder);
        assert!(after_transfer >= 2 * 2 * 2 * 3, "{after_transfer}");
        assert!(answer(folder, "wider-check --log2-rate=-6").is_ok());
        assert_eq!(trials(folder), after_transfer, "the runs were there");
        assert!(answer(folder, "reverse-transfer --grid=-7:-5").is_ok());
        let simulated = trials(folder) - after_transfer;
        let (grid, beyond) = (2 * 3, 2 * 6);
        assert!((grid..=grid + beyond).contains(&simulated), "only width 8 as 16 is new: {simulated}");
        for name in ["transfer-learning-rate/transfer", "wider/wider", "reverse-8/reverse"] {
            for kind in ["csv", "json", "txt", "html", "svg", "png"] {
                let path = folder.join("out").join(format!("{name}.{kind}"));
                assert!(fs::metadata(&path).is_ok_and(|file| file.len() > 100), "{}", path.display());
            }
        }
    }

    #[test]
    fn other_hyperparameters_are_followed_and_a_missing_control_decides_nothing() {
        let folder = tempfile::tempdir().expect("temporary folder");
        for over in ["init-scale", "alpha-output", "alpha-attention", "alpha-embedding", "weight-decay"] {
            let arguments = format!("transfer-check --no-control --over {over} --grid=-1:1");
            assert_eq!(answer(folder.path(), &arguments).ok(), Some(Answer::Undecided), "{over}");
        }
    }

    #[test]
    fn a_folder_of_another_check_is_refused_with_the_difference() {
        let folder = tempfile::tempdir().expect("temporary folder");
        assert!(answer(folder.path(), "wider-check").is_ok());
        let error = answer(folder.path(), "wider-check --steps 25").expect_err("other steps").to_string();
        assert!(error.contains("24") && error.contains("25"), "{error}");
    }

    #[test]
    fn bad_arguments_are_errors_that_name_them() {
        let folder = tempfile::tempdir().expect("temporary folder");
        for (arguments, part) in [
            ("transfer-check --grid=5", "LOW:HIGH"),
            ("transfer-check --over dropout", "dropout"),
            ("wider-check --widths 8,12", "12"),
            ("wider-check --seeds 0", "--seeds"),
            ("wider-check --widths 8", "widths [8]"),
            ("wider-check --steps 5", "steps"),
        ] {
            let message = answer(folder.path(), arguments).expect_err(arguments).to_string();
            assert!(message.contains(part), "{arguments}: {message:?} lacks {part:?}");
        }
    }
}
