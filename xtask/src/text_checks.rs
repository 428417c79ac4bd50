//! `cargo xtask transfer-check`, `wider-check` and `reverse-transfer`: those of `mup-cli` on a decoder on text.

use std::{path::PathBuf, process::ExitCode};

use gpt_text::{DEPTH, Model, NUMBERS, Sizes, TextFamily};
use mup_cli::{GrowArguments, ReverseTransferCommand, TransferCheckCommand, WiderCheckCommand};
use mup_sweep::Log2Grid;
use mup_train::{FamilyError, LEARNING_RATE};
use mup_verdict::Answer;

/// The text, and what the models of a check have in common.
#[derive(Clone, Debug, clap::Args)]
struct TextArguments {
    /// Which decoder; each has runs of its own, so give each --out a folder of its own.
    #[arg(long, value_enum, default_value_t, long_help = numbers())]
    model: Model,
    /// Text to train on instead of the source of Burn: a UTF-8 file, or a folder of them.
    #[arg(long)]
    text: Option<PathBuf>,
    /// Sequences in a batch.
    #[arg(long, default_value_t = 16)]
    batch: usize,
    /// Length of a sequence.
    #[arg(long, default_value_t = 32)]
    context: usize,
    /// Width of a head; heads grow in number, unless --n-head says it.
    #[arg(long, default_value_t = 16)]
    d_head: usize,
    /// Number of blocks [default: 2]
    #[arg(long)]
    n_layer: Option<usize>,
    /// Number of heads, which then stays; with --grow width,d_head they get wider instead [default: width / d-head]
    #[arg(long)]
    n_head: Option<usize>,
    /// Width of the feed-forward branch, which then grows by --grow d_ffn alone [default: as the width]
    #[arg(long)]
    d_ffn: Option<usize>,
}

/// As everywhere, and what the checks alone have.
fn numbers() -> String {
    format!(
        "{NUMBERS}; where --n-head says it n_head (number of heads), which then stays; where --d-ffn says it d_ffn \
         (width of the feed-forward branch). Each decoder has runs of its own, so give each --out a folder of its own"
    )
}

impl TextArguments {
    fn family(&self) -> Result<TextFamily, FamilyError> {
        let Self { model, d_head, context, batch, n_head, d_ffn, .. } = *self;
        let n_layer = self.n_layer.unwrap_or(2);
        TextFamily::of_text(Sizes { model, d_head, n_layer, context, batch, n_head, d_ffn }, self.text.as_deref())
    }
}

/// Arguments of `cargo xtask transfer-check`.
#[derive(Debug, clap::Args)]
pub(crate) struct TransferCheck {
    #[command(flatten)]
    text: TextArguments,
    #[command(flatten)]
    check: TransferCheckCommand,
}

/// Arguments of `cargo xtask wider-check`.
#[derive(Debug, clap::Args)]
pub(crate) struct WiderCheck {
    #[command(flatten)]
    text: TextArguments,
    #[command(flatten)]
    check: WiderCheckCommand,
}

/// Arguments of `cargo xtask reverse-transfer`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReverseTransfer {
    #[command(flatten)]
    text: TextArguments,
    #[command(flatten)]
    check: ReverseTransferCommand,
}

/// log₂ of the rate at which other hyperparameters were followed for docs/verdicts.md.
const LOG2_RATE: f64 = -5.0;

impl TransferCheck {
    pub(crate) fn run(self) -> Result<ExitCode, FamilyError> {
        Ok(self.answer()?.exit_code().into())
    }

    fn answer(self) -> Result<Answer, FamilyError> {
        let Self { text, check } = self.with_usual_values()?;
        let GrowArguments { grow, widths, .. } = &check.runs.grow;
        if text.n_layer.is_some() && grow.iter().any(|name| name == DEPTH) && !widths.is_empty() {
            return Err("--n-layer: with --grow depth the --widths are the numbers of blocks; leave it out".into());
        }
        check.answer(&text.family()?)
    }

    /// What is usual here, where nothing else was asked for.
    fn with_usual_values(mut self) -> Result<Self, FamilyError> {
        let check = &mut self.check;
        if check.over != LEARNING_RATE {
            check.log2_rate.get_or_insert(LOG2_RATE);
        }
        if check.over == "weight-decay" && check.grid.is_none() {
            // A loss says nothing of λ below 2⁻⁶.
            check.grid = Some(Log2Grid::new(-6.0, 2.0, 2.0)?);
        }
        Ok(self)
    }
}

impl WiderCheck {
    pub(crate) fn run(self) -> Result<ExitCode, FamilyError> {
        Ok(self.answer()?.exit_code().into())
    }

    fn answer(self) -> Result<Answer, FamilyError> {
        self.check.answer(&self.text.family()?)
    }
}

impl ReverseTransfer {
    pub(crate) fn run(self) -> Result<ExitCode, FamilyError> {
        Ok(self.answer()?.exit_code().into())
    }

    fn answer(self) -> Result<Answer, FamilyError> {
        self.check.answer(&self.text.family()?)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use clap::{CommandFactory, Parser};
    use mup_cli::AnyFamily;
    use mup_rules::Parametrization;
    use mup_train::{FamilyError, Growth};
    use mup_verdict::Answer;

    use super::{ReverseTransfer, TransferCheck, WiderCheck};

    #[derive(Debug, Parser)]
    #[allow(clippy::large_enum_variant, reason = "there is one, parsed once")]
    enum Cli {
        TransferCheck(TransferCheck),
        WiderCheck(WiderCheck),
        ReverseTransfer(ReverseTransfer),
    }

    /// Runs so small that they decide nothing, on a text of its own.
    fn parsed(folder: &Path, arguments: &str) -> Result<Cli, FamilyError> {
        let text = folder.join("text");
        fs::write(&text, "Shall I compare thee to a summer's day? ".repeat(40))?;
        let sizes =
            ["--widths 8,16", "--seeds 2", "--steps 24", "--batch 2", "--context 8", "--d-head 8", "--n-layer 1"];
        let given = |size: &&&str| size.split(' ').next().is_some_and(|flag| !arguments.contains(flag));
        let sizes = sizes.iter().filter(given).copied().collect::<Vec<_>>().join(" ");
        let [text, out] = [text, folder.join("out")].map(|path| path.display().to_string());
        let line = format!("xtask {arguments} {sizes} --text {text} --out {out}");
        Ok(Cli::try_parse_from(line.split_whitespace())?)
    }

    fn answer(folder: &Path, arguments: &str) -> Result<Answer, FamilyError> {
        match parsed(folder, arguments)? {
            Cli::TransferCheck(task) => task.answer(),
            Cli::WiderCheck(task) => task.answer(),
            Cli::ReverseTransfer(task) => task.answer(),
        }
    }

    #[test]
    fn checks_on_text_answer_and_share_their_runs() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let folder = folder.path();
        let trials = || fs::read_dir(folder.join("out/trials")).map_or(0, Iterator::count);
        assert_eq!(answer(folder, "transfer-check --grid=-7:-5").ok(), Some(Answer::Undecided), "two widths");
        let after_transfer = trials();
        assert!(answer(folder, "wider-check --log2-rate=-6").is_ok());
        assert_eq!(trials(), after_transfer, "the runs were there");
        assert!(answer(folder, "reverse-transfer --grid=-7:-5 --no-validation").is_ok());
    }

    #[test]
    fn heads_get_wider_and_a_feed_forward_branch_grows_where_they_are_named() {
        let folder = tempfile::tempdir().expect("temporary folder");
        for (name, arguments, grown) in [
            (
                "heads",
                "--grow width,d_head --n-head 2",
                ["width=8,d_head=2,depth=1,n_head=2", "width=16,d_head=4,depth=1,n_head=2"],
            ),
            (
                "branch",
                "--grow d_ffn --d-ffn 8",
                ["width=32,d_head=8,depth=1,d_ffn=8", "width=32,d_head=8,depth=1,d_ffn=16"],
            ),
        ] {
            let place = folder.path().join(name);
            fs::create_dir(&place).expect("a folder");
            let line = format!("transfer-check --no-control --grid=-7:-6 {arguments}");
            let Cli::TransferCheck(task) = parsed(&place, &line).expect("parses") else { panic!("another command") };
            let family: &dyn AnyFamily = &task.text.family().expect("a text");
            let growth = Growth::new(family.size(), task.check.runs.grow.grow.clone(), Parametrization::mup());
            let sizes = [8, 16].map(|number| growth.at(number).expect("a size").to_string());
            assert_eq!(sizes, grown, "{name}");
            let answered = task.answer().unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(answered, Answer::Undecided, "{name}: no control");
        }
    }

    #[test]
    fn the_long_help_of_a_check_has_the_numbers_of_its_own_and_that_decoders_share_no_runs() {
        for name in ["transfer-check", "wider-check", "reverse-transfer"] {
            let command = Cli::command();
            let check = command.find_subcommand(name).expect("a check");
            let model = check.get_arguments().find(|argument| argument.get_long() == Some("model")).expect("--model");
            let help = model.get_long_help().expect("a long help").to_string();
            for part in ["d_head (", "n_head (", "d_ffn (", "give each --out a folder of its own"] {
                assert!(help.contains(part), "{name}: {part:?} in {help}");
            }
        }
    }

    #[test]
    fn every_decoder_is_checked_and_none_takes_the_runs_of_another() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let folder = folder.path();
        // Two heads of 4, which share one of keys, from the narrowest on.
        let sizes = "--d-head 4 --widths 8,16 --seeds 1 --grid=-7:-6 --no-control";
        for model in ["llama", "mixtral", "qwen3"] {
            let out = format!("transfer-check --model {model} {sizes}");
            let place = folder.join(model);
            fs::create_dir(&place).expect("a folder");
            let answered = answer(&place, &out).unwrap_or_else(|error| panic!("{model}: {error}"));
            assert_eq!(answered, Answer::Undecided, "{model}: two widths");
        }
        let message = answer(&folder.join("llama"), &format!("transfer-check --model qwen3 {sizes}"));
        assert!(message.expect_err("another model").to_string().contains("another folder"));
        let unknown = answer(folder, "transfer-check --model lama").expect_err("unknown").to_string();
        assert!(["lama", "gpt-3", "llama", "qwen3", "mixtral"].iter().all(|name| unknown.contains(name)), "{unknown}");
        let idle = answer(folder, "transfer-check --model llama --over alpha-relative").expect_err("does nothing");
        assert!(idle.to_string().contains("alpha-attention") && idle.to_string().contains("--over"), "{idle}");
    }

    #[test]
    fn every_hyperparameter_of_a_gpt_is_followed_and_a_missing_control_decides_nothing() {
        let folder = tempfile::tempdir().expect("temporary folder");
        for over in ["init-scale", "alpha-output", "alpha-attention", "alpha-embedding", "weight-decay"] {
            let arguments = format!("transfer-check --no-control --over {over} --grid=-1:1");
            assert_eq!(answer(folder.path(), &arguments).ok(), Some(Answer::Undecided), "{over}");
        }
    }

    #[test]
    fn unasked_the_grids_are_those_of_docs_verdicts() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let text = folder.path().join("text");
        fs::write(&text, "Shall I compare thee to a summer's day? ".repeat(40)).expect("written");
        for (over, grid, log2_rate) in [
            ("learning-rate", "-8…-3", -6.0),
            ("alpha-output", "-4…4", -5.0),
            ("init-scale", "-3…2", -5.0),
            ("weight-decay", "-6…2", -5.0),
        ] {
            let line = format!("xtask transfer-check --over {over} --text {}", text.display());
            let parsed = Cli::try_parse_from(line.split_whitespace()).expect("parses");
            let Cli::TransferCheck(task) = parsed else { panic!("another command") };
            let task = task.with_usual_values().expect("a grid");
            let family: &dyn AnyFamily = &task.text.family().expect("a text");
            let growth = Growth::new(family.size(), ["width"], Parametrization::mup());
            let own = family.run(growth, family.size());
            let (run, found) = task.check.base_and_grid(own).expect("a grid");
            let found = found.exponents();
            assert_eq!(format!("{}…{}", found[0], found[found.len() - 1]), grid, "{over}");
            assert!((run.learning_rate().log2() - log2_rate).abs() < 1e-12, "{over}");
        }
    }

    #[test]
    fn sizes_without_a_model_are_errors_that_name_them() {
        let folder = tempfile::tempdir().expect("temporary folder");
        for (arguments, part) in [
            ("wider-check --widths 8,12", "12"),
            ("wider-check --batch 0", "--batch"),
            ("transfer-check --n-head 0", "--n-head"),
            ("transfer-check --d-ffn 0", "--d-ffn"),
            ("wider-check --context 100", "--context"),
            ("transfer-check --over dropout", "alpha-output"),
        ] {
            let message = answer(folder.path(), arguments).expect_err(arguments).to_string();
            assert!(message.contains(part), "{arguments}: {message:?} lacks {part:?}");
        }
    }
}
