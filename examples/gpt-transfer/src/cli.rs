//! The command line.

use std::num::ParseFloatError;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use mup_data::Order;
use mup_devices::DeviceName;
use mup_study::Search;
use mup_study::cli::{TuneArguments, whole};
use mup_sweep::Log2Grid;

use crate::data::Units;

/// Tunes a small GPT, transfers its hyperparameters to a larger one by µP, and shows what that is worth.
///
/// Without a command it does everything: tunes a proxy, chooses, trains the target once with the transferred values,
/// trains the same target in the standard parametrization (SP) with the same values as the control, samples text from
/// both, and writes a report. The text is the Rust source of the Burn crates that this program is built from, so
/// nothing is downloaded.
#[derive(Debug, Parser)]
#[command(name = "gpt-transfer", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) study: StudyArguments,
    #[command(flatten)]
    pub(crate) tune: TuneArguments,
    #[command(flatten)]
    pub(crate) checkpoints: CheckpointArguments,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one, parsed once")]
pub(crate) enum Command {
    /// Create a study, or continue one: train every trial on the proxy that has no record.
    Tune {
        #[command(flatten)]
        study: StudyArguments,
        #[command(flatten)]
        tune: TuneArguments,
        /// Print how far it is as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Choose the best values of a study: with intervals, importance, runners-up and warnings.
    Choose {
        /// Folder of the study.
        #[arg(long, value_name = "DIR", default_value = DEFAULT_FOLDER)]
        study: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Train the target with the transferred values, or with others; continues from its last checkpoint.
    Train(TrainArguments),
    /// Write the report of a study and of the targets trained so far.
    Report {
        /// Folder of the study.
        #[arg(long, value_name = "DIR", default_value = DEFAULT_FOLDER)]
        study: PathBuf,
        /// Show loss against learning rate of this study of the rate alone too; may be repeated, one for each width
        /// and parametrization. The study itself is shown first if it is one.
        #[arg(long, value_name = "DIR")]
        compare: Vec<PathBuf>,
        /// Print the numbers as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say how far a study is.
    Status {
        /// Folder of the study.
        #[arg(long, value_name = "DIR", default_value = DEFAULT_FOLDER)]
        study: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Forget failed trials, so that `tune` runs them again.
    Retry {
        /// Folder of the study.
        #[arg(long, value_name = "DIR", default_value = DEFAULT_FOLDER)]
        study: PathBuf,
    },
    /// Run one trial: by its index, as a cluster's array task does, or from its file, as `tune` does.
    Trial {
        /// Folder of the study.
        #[arg(long, value_name = "DIR")]
        study: PathBuf,
        /// Index of the trial, from 0.
        #[arg(long, conflicts_with = "file", required_unless_present = "file", value_parser = whole::<usize, 0>)]
        index: Option<usize>,
        /// The trial's file; reports go to standard output.
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Say which devices are compiled in, and which answer on this machine.
    Devices,
}

pub(crate) const DEFAULT_FOLDER: &str = "runs/gpt-transfer";

/// What defines a study. Given none of these, an existing study is continued as its study.toml says.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub(crate) struct StudyArguments {
    /// Folder of the study. An interrupted one continues there; nothing finished is repeated.
    /// [default: runs/gpt-transfer, with --quick runs/gpt-transfer-quick]
    #[arg(long, visible_alias = "out", value_name = "DIR")]
    pub(crate) study: Option<PathBuf>,

    /// Text to train on instead: a UTF-8 file, or a folder whose text files are joined in order of their names.
    #[arg(long, value_name = "FILE_OR_FOLDER")]
    pub(crate) text: Option<PathBuf>,

    /// What is a token [default: bytes]
    #[arg(long, value_enum)]
    pub(crate) units: Option<Units>,

    /// Small sizes: every stage in less than 90 seconds. The losses mean little.
    #[arg(long)]
    pub(crate) quick: bool,

    /// Where to train, such as cuda:1; `devices` shows what is compiled in and answers [default: flex]
    #[arg(long, value_name = "NAME[:INDEX]")]
    pub(crate) device: Option<DeviceName>,

    /// Seeds of weights and batches; a trial runs with each, and their losses are averaged [default: 0]
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = whole::<u64, 0>)]
    pub(crate) seeds: Vec<u64>,

    /// Log2 learning rates to try, everything else 1 [default: -9:-3, quick -8:-4]
    #[arg(
        long,
        value_name = "LOW:HIGH[:STEP]",
        allow_hyphen_values = true,
        conflicts_with = "space",
        help_heading = "Tuning"
    )]
    pub(crate) rates: Option<Log2Grid>,

    /// What is searched: gpt-3 (six hyperparameters in the ranges of the paper), rate, or a TOML file
    #[arg(long, value_name = "NAME_OR_FILE", help_heading = "Tuning")]
    pub(crate) space: Option<String>,

    /// How [default: random; grid with --rates]
    #[arg(long, value_name = "random|sobol|grid|tpe", help_heading = "Tuning")]
    pub(crate) search: Option<Search>,

    /// Seed of the search [default: 0]
    #[arg(long, value_name = "N", help_heading = "Tuning", value_parser = whole::<u64, 0>)]
    pub(crate) search_seed: Option<u64>,

    /// Number of samples [default: 32; all with a grid]
    #[arg(long, value_name = "N", help_heading = "Tuning", value_parser = whole::<usize, 1>)]
    pub(crate) trials: Option<usize>,

    /// Steps of a trial [default: 400, quick 60]
    #[arg(long, value_name = "N", help_heading = "Tuning", value_parser = whole::<usize, 1>)]
    pub(crate) steps: Option<usize>,

    /// Run this many of the best samples again over --long-steps, and choose among those.
    #[arg(long, value_name = "N", requires = "long_steps", help_heading = "Tuning", value_parser = whole::<usize, 1>)]
    pub(crate) best: Option<usize>,

    /// The longer horizon.
    #[arg(long, value_name = "N", requires = "best", help_heading = "Tuning", value_parser = whole::<usize, 1>)]
    pub(crate) long_steps: Option<usize>,

    /// Seconds after which a trial has failed.
    #[arg(long, value_name = "SECONDS", value_parser = whole::<u64, 1>, help_heading = "Tuning")]
    pub(crate) timeout: Option<u64>,

    /// How the proxy is parametrized: mup, standard, or another preset [default: mup]
    #[arg(long, value_name = "NAME", help_heading = "Tuning")]
    pub(crate) parametrization: Option<String>,

    /// Width of the proxy [default: 64, quick 32]
    #[arg(long, value_name = "WIDTH", help_heading = "Sizes", value_parser = whole::<usize, 1>)]
    pub(crate) proxy_width: Option<usize>,

    /// Width at which µP equals SP [default: the proxy's]
    #[arg(long, value_name = "WIDTH", help_heading = "Sizes", value_parser = whole::<usize, 1>)]
    pub(crate) base_width: Option<usize>,

    /// Width of the target [default: 256, quick 128]
    #[arg(long, value_name = "WIDTH", help_heading = "Sizes", value_parser = whole::<usize, 1>)]
    pub(crate) target_width: Option<usize>,

    /// Width of an attention head; it divides every width [default: 32, quick 16]
    #[arg(long, value_name = "N", help_heading = "Sizes", value_parser = whole::<usize, 1>)]
    pub(crate) d_head: Option<usize>,

    /// Number of blocks, the same in proxy and target [default: 2]
    #[arg(long, value_name = "N", help_heading = "Sizes", value_parser = whole::<usize, 1>)]
    pub(crate) n_layer: Option<usize>,

    /// Length of a training sequence, in tokens [default: 64, quick 32]
    #[arg(long, value_name = "N", help_heading = "Sizes", value_parser = whole::<usize, 1>)]
    pub(crate) context: Option<usize>,

    /// Sequences in a batch [default: 16, quick 8]
    #[arg(long, value_name = "N", help_heading = "Sizes", value_parser = whole::<usize, 1>)]
    pub(crate) batch: Option<usize>,

    /// Weight decay at base width [default: 0.01]
    #[arg(long, value_name = "X", help_heading = "Sizes")]
    pub(crate) weight_decay: Option<f64>,

    /// Windows at random places, or each once per epoch [default: random]
    #[arg(long, value_name = "random|shuffled", value_parser = parse_order, help_heading = "Sizes")]
    pub(crate) order: Option<Order>,

    /// Steps of the target [default: the proxy's longest]
    #[arg(long, value_name = "N", help_heading = "Target", value_parser = whole::<usize, 1>)]
    pub(crate) target_steps: Option<usize>,

    /// Parts of a batch of the target whose gradients are averaged, to save memory [default: 1]
    #[arg(long, value_name = "N", help_heading = "Target", value_parser = whole::<usize, 1>)]
    pub(crate) micro_batches: Option<usize>,

    /// Steps between evaluations of the target [default: a tenth of its steps]
    #[arg(long, value_name = "N", help_heading = "Target", value_parser = whole::<usize, 1>)]
    pub(crate) evaluate_every: Option<usize>,
}

/// How often a run of the target is saved; any of these may change when it continues.
#[derive(Clone, Debug, Args)]
pub(crate) struct CheckpointArguments {
    /// Steps between checkpoints of the target, besides those by time.
    #[arg(long, value_name = "N", value_parser = whole::<usize, 1>, help_heading = "Target")]
    pub(crate) checkpoint_every: Option<usize>,
    /// Minutes between checkpoints of the target.
    #[arg(long, value_name = "MINUTES", value_parser = parse_minutes, default_value = "5", help_heading = "Target")]
    pub(crate) checkpoint_minutes: Duration,
    /// Checkpoints to keep.
    #[arg(long, value_name = "N", value_parser = whole::<usize, 1>, default_value_t = 2, help_heading = "Target")]
    pub(crate) keep_last: usize,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct TrainArguments {
    /// Folder of the study.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub(crate) study: PathBuf,
    /// The values: chosen (by the study), default (rate 0.001, everything else 1), or a list; what is not named is 1.
    #[arg(long, value_name = "chosen|default|NAME=VALUE,...", default_value = "chosen")]
    pub(crate) values: String,
    /// How the target is parametrized [default: as the proxy]
    #[arg(long, value_name = "NAME")]
    pub(crate) parametrization: Option<String>,
    /// Seed of weights and batches.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole::<u64, 0>)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) checkpoints: CheckpointArguments,
    /// Write the trained weights as safetensors.
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
    /// Fold the multipliers into the exported weights: a plain model with equal logits.
    #[arg(long, requires = "export")]
    pub(crate) fold: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  gpt-transfer --quick
      see every stage first
  gpt-transfer --text ~/books --study runs/books
      your own text
  gpt-transfer tune --space gpt-3 --trials 64 --steps 200 --best 16 --long-steps 800 --study runs/six
      six hyperparameters over two horizons, as in Tensor Programs V, Appendix F.4
  gpt-transfer choose --study runs/six
  gpt-transfer train --study runs/six
  gpt-transfer report --study runs/six

Ctrl-C or kill at any moment, then the same command again: it continues where it was, and the numbers are those
of an uninterrupted run. A trial that diverges is a result and is reported as one.";

fn parse_minutes(text: &str) -> Result<Duration, String> {
    let minutes: f64 = text.parse().map_err(|error: ParseFloatError| error.to_string())?;
    Duration::try_from_secs_f64(60.0 * minutes).map_err(|_| "a number of minutes is needed, such as 0.5".to_owned())
}

fn parse_order(name: &str) -> Result<Order, String> {
    serde_json::from_value(name.into())
        .map_err(|_| format!("no order is named `{name}`; there are random and shuffled"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
