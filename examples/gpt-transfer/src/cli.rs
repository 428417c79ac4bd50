//! The command line: what `mup-cli` has for every family, and what makes a family of GPTs on text.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use gpt_text::{DEPTH, Model, NUMBERS, TokenizerChoice};
use mup_cli::{CheckpointArguments, DevicesCommand, StudyArguments, StudyCommand, TuneCommand};
use mup_data::Order;
use mup_study::cli::{TuneArguments, whole};
use mup_sweep::Log2Grid;
use mup_train::FamilyError;

/// Tunes a small GPT, or another decoder, transfers its hyperparameters to a larger one by µP, and shows what that is worth.
///
/// Without a command it does everything: tunes a proxy, chooses, trains the target once with the transferred values, and as
/// controls in the standard parametrization (SP), with the same values and with a rate that is tuned at the target for as
/// much compute as tuning the proxy took; samples text from each, and writes a report. The text is the Rust source of the Burn
/// crates that this program is built from, so nothing is downloaded.
#[derive(Debug, Parser)]
#[command(name = "gpt-transfer", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) text: TextArguments,
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
        text: TextArguments,
        #[command(flatten)]
        tune: TuneCommand,
    },
    #[command(flatten)]
    Study(StudyCommand),
    /// Say which devices are compiled in, and which answer on this machine.
    Devices(DevicesCommand),
}

/// What makes the family, and what is usual for it.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub(crate) struct TextArguments {
    /// Which decoder [default: gpt-3]
    #[arg(long, value_enum, long_help = NUMBERS)]
    pub(crate) model: Option<Model>,

    /// Text to train on instead: a UTF-8 file, or a folder whose text files are joined in order of their names; or tokens, a file
    /// .bin as nanoGPT and llm.c write them.
    #[arg(long, value_name = "FILE_OR_FOLDER")]
    pub(crate) text: Option<PathBuf>,

    /// What makes tokens of the text: bytes, characters, bpe:N (byte-pair encoding with N tokens, learned from the text), or the
    /// path of a tokenizer.json; kept in the study [default: bytes]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) tokenizer: Option<TokenizerChoice>,

    /// Number of different tokens, of --text FILE.bin, which does not say it.
    #[arg(long, value_name = "N", value_parser = whole::<usize, 1>)]
    pub(crate) vocab: Option<usize>,

    /// Tokens for validation, of --text FILE.bin [default: val.bin beside it]
    #[arg(long, value_name = "FILE.bin")]
    pub(crate) validation: Option<PathBuf>,

    /// Small sizes: every stage in less than 90 seconds. The losses mean little. [default folder: runs/study-quick]
    #[arg(long)]
    pub(crate) quick: bool,

    /// Width of the proxy [default: 64, quick 32]
    #[arg(long, value_name = "WIDTH", help_heading = "Sizes", conflicts_with = "proxy", value_parser = whole::<usize, 1>)]
    pub(crate) proxy_width: Option<usize>,

    /// Width at which µP equals SP [default: the proxy's]
    #[arg(long, value_name = "WIDTH", help_heading = "Sizes", conflicts_with = "base", value_parser = whole::<usize, 1>)]
    pub(crate) base_width: Option<usize>,

    /// Width of the target [default: 256, quick 128]
    #[arg(long, value_name = "WIDTH", help_heading = "Sizes", conflicts_with = "target", value_parser = whole::<usize, 1>)]
    pub(crate) target_width: Option<usize>,

    /// Width of an attention head; it divides every width [default: 32, quick 16]
    #[arg(long, value_name = "N", help_heading = "Sizes", value_parser = whole::<usize, 1>)]
    pub(crate) d_head: Option<usize>,

    /// Number of blocks of proxy and base, and of the target unless --target-layers says otherwise [default: 2]
    #[arg(long, value_name = "N", help_heading = "Sizes", value_parser = whole::<usize, 1>)]
    pub(crate) n_layer: Option<usize>,

    /// Number of blocks of the target; another than the proxy's needs rules of depth: --parametrization complete-p. Each block
    /// of the SP control starts as the proxy's do [default: the proxy's]
    #[arg(long, value_name = "N", help_heading = "Sizes", conflicts_with = "target", value_parser = whole::<usize, 1>)]
    pub(crate) target_layers: Option<usize>,

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
}

impl TextArguments {
    /// Whether nothing is asked for but small sizes, which are those of the study that there is.
    pub(crate) fn are_usual(&self) -> bool {
        *self == Self { quick: self.quick, ..Self::default() }
    }

    /// Whether an option of its own and a list of sizes say the same number: where both are given, neither may win unseen.
    pub(crate) fn check_sizes(&self, study: &StudyArguments) -> Result<(), FamilyError> {
        for (option, number, name) in [("--d-head", self.d_head, "d_head"), ("--n-layer", self.n_layer, DEPTH)] {
            for (list, sizes) in [("--proxy", &study.proxy), ("--base", &study.base)] {
                let listed = sizes.as_deref().and_then(|sizes| listed(sizes, name));
                if let Some((number, listed)) = number.zip(listed).filter(|(number, listed)| number != listed) {
                    let remedy = "the option is of proxy and base alike; leave one of the two out";
                    return Err(format!("{option} {number} contradicts {list} {name}={listed}: {remedy}").into());
                }
            }
        }
        Ok(())
    }

    /// What is usual here, where nothing else was asked for, and no study says it.
    pub(crate) fn complete(&self, mut study: StudyArguments) -> StudyArguments {
        let is_new = !study.folder().join("study.toml").exists();
        let sizes = |normal: usize, quick: usize| if self.quick { quick } else { normal };
        let width = |width: usize| format!("width={width}");
        let usual = |normal, quick| is_new.then(|| sizes(normal, quick));
        study.proxy = study.proxy.or_else(|| self.proxy_width.or(usual(64, 32)).map(width));
        study.base = study.base.or_else(|| self.base_width.map(width));
        let layers = self.target_layers.map_or_else(String::new, |layers| format!(",depth={layers}"));
        let asked = is_new || self.target_width.is_some() || self.target_layers.is_some();
        let target = || width(self.target_width.unwrap_or(sizes(256, 128))) + &layers;
        study.target = study.target.or_else(|| asked.then(target));
        study.steps = study.steps.or(usual(400, 60));
        if is_new && study.space.is_none() && study.rates.is_none() {
            let (low, high) = if self.quick { (-8.0, -4.0) } else { (-9.0, -3.0) };
            study.rates = Log2Grid::new(low, high, 1.0).ok();
        }
        study
    }
}

/// A number of a list of sizes, if it has one that can be read.
fn listed(sizes: &str, name: &str) -> Option<usize> {
    let mut sizes = sizes.split(',').filter_map(|size| size.split_once('=')).filter(|(known, _)| known.trim() == name);
    sizes.find_map(|(_, number)| number.trim().parse().ok())
}

/// Where the study is: small sizes have a folder of their own.
pub(crate) fn placed(mut study: StudyArguments, quick: bool) -> StudyArguments {
    if quick && study.study.is_none() {
        study.study = Some(PathBuf::from(format!("{}-quick", mup_cli::DEFAULT_STUDY)));
    }
    study
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  gpt-transfer --quick
      see every stage first
  gpt-transfer --text ~/books --study runs/books
      your own text
  gpt-transfer --model llama --tokenizer bpe:2048 --study runs/llama
      a decoder of today, and a vocabulary learned from the text
  gpt-transfer tune --space gpt-3 --trials 64 --steps 200 --best 16 --long-steps 800 --study runs/six
      six hyperparameters over two horizons, as in Tensor Programs V, Appendix F.4
  gpt-transfer --target-layers 8 --parametrization complete-p --target-batch 4 --target-steps 200 --run-law complete-d
      a target that is also deeper, with four times the batch and twice the tokens
  gpt-transfer choose --study runs/six
  gpt-transfer train --study runs/six
  gpt-transfer report --study runs/six

Ctrl-C or kill at any moment, then the same command again: it continues where it was, and the numbers are those
of an uninterrupted run. A trial that diverges is a result and is reported as one.";

fn parse_order(name: &str) -> Result<Order, String> {
    serde_json::from_value(name.into())
        .map_err(|_| format!("no order is named `{name}`; there are random and shuffled"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_base_is_the_proxy_however_that_was_said() {
        let sizes = |line: &str| {
            let arguments = Arguments::try_parse_from(line.split(' ')).expect("parses");
            let study = arguments.text.complete(arguments.study);
            [study.proxy, study.base, study.target].map(Option::unwrap_or_default)
        };
        assert_eq!(sizes("gpt-transfer --proxy width=128"), ["width=128", "", "width=256"]);
        assert_eq!(sizes("gpt-transfer --proxy-width 128"), ["width=128", "", "width=256"]);
        assert_eq!(sizes("gpt-transfer --base-width 32 --quick"), ["width=32", "width=32", "width=128"]);
        let deeper = sizes("gpt-transfer --target-layers 8");
        assert_eq!(deeper, ["width=64", "", "width=256,depth=8"]);
        for model in [Model::Gpt3, Model::Mixtral] {
            let named = model.size(64, 32, 2).changed(&deeper[2]).expect("numbers that the family has");
            assert_eq!(named, model.size(256, 32, 8));
        }
    }

    #[test]
    fn two_options_that_say_one_number_otherwise_are_refused_by_the_names_of_both() {
        let checked = |line: &str| {
            let arguments = Arguments::try_parse_from(line.split(' ')).expect("parses");
            arguments.text.check_sizes(&arguments.study).map_err(|error| error.to_string())
        };
        for (line, said) in [
            ("gpt-transfer --d-head 16 --proxy width=64,d_head=32", "--d-head 16 contradicts --proxy d_head=32"),
            ("gpt-transfer --n-layer 2 --base depth=4", "--n-layer 2 contradicts --base depth=4"),
            // Two numbers are for the lists to say; the option says one.
            ("gpt-transfer --d-head 16 --base d_head=16 --proxy d_head=32", "is of proxy and base alike"),
        ] {
            let error = checked(line).expect_err("refused");
            assert!(error.contains(said) && error.contains("leave one of the two out"), "{error}");
        }
        for line in [
            "gpt-transfer --d-head 16 --proxy d_head=16,width=64",
            "gpt-transfer --d-head 16 --proxy width=64",
            "gpt-transfer --proxy width=64,d_head=32 --target width=256,depth=4",
            "gpt-transfer --n-layer 2 --target depth=4",
            "gpt-transfer --base d_head=16 --proxy d_head=32",
        ] {
            checked(line).expect("no contradiction");
        }
    }

    #[test]
    fn the_help_says_what_the_numbers_of_a_size_and_the_hyperparameters_are() {
        let mut command = Arguments::command();
        command.build();
        let everything = command.render_long_help().to_string();
        let mut of = |name: &str| command.find_subcommand_mut(name).expect("a command").render_long_help().to_string();
        let (tune, train) = (of("tune"), of("train"));
        for help in [everything, tune] {
            assert!(help.contains("queries_per_key (") && help.contains("rate-vector"), "{help}");
            assert!(help.contains("hidden matrices"), "inner ones have no factor: {help}");
        }
        assert!(train.contains("hidden matrices") && train.contains("rate-vector"), "{train}");
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
