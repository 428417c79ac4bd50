//! The command line.

use std::path::PathBuf;

use clap::Parser;
use mup_transfer::Log2Grid;

/// Tunes a small GPT, transfers its hyperparameters to a larger one by µP, and shows what that is worth.
///
/// Without arguments: sweeps the learning rate on a proxy, trains the target once with the transferred values,
/// trains the same target in the standard parametrization (SP) with the same values as the control, samples text
/// from both, and writes a report with figures. The text is the Rust source of the Burn crates that this program
/// is built from, so nothing is downloaded.
#[derive(Debug, Parser)]
#[command(name = "gpt-transfer", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Folder for trials and report. An interrupted run continues there; finished trials are never repeated.
    /// [default: runs/gpt-transfer, with --quick runs/gpt-transfer-quick]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Text to train on instead: a UTF-8 file, or a folder whose text files are joined in order of their names.
    #[arg(long, value_name = "FILE_OR_FOLDER")]
    pub(crate) text: Option<PathBuf>,

    /// Small sizes: every stage in less than 90 seconds. The losses mean little.
    #[arg(long)]
    pub(crate) quick: bool,

    /// Where to train, as compiled in; `list` shows what there is.
    #[arg(long, value_name = "NAME", default_value = "flex")]
    pub(crate) device: String,

    /// Seed of the weights and of the batches.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,

    /// Grid of log2 learning rates; it extends itself while the optimum lies on its edge [default: -9:-3, quick -8:-4]
    #[arg(long, value_name = "LOW:HIGH[:STEP]", value_parser = parse_grid, allow_hyphen_values = true, help_heading = "Tuning")]
    pub(crate) rates: Option<Log2Grid>,

    /// Sweep another hyperparameter too, on the product with the rates; may be repeated. One of init-scale,
    /// alpha-attention, alpha-output, alpha-embedding, alpha-relative.
    #[arg(long, value_name = "NAME=VALUE,...", help_heading = "Tuning")]
    pub(crate) sweep: Vec<String>,

    /// Also sweep the rate at these widths and the proxy's, for the picture of where the optimum goes.
    #[arg(long, value_name = "WIDTH,...", value_delimiter = ',', help_heading = "Tuning")]
    pub(crate) sweep_widths: Vec<usize>,

    /// Sweep the same widths in SP, for the picture side by side (without --sweep-widths: proxy and target).
    #[arg(long, help_heading = "Tuning")]
    pub(crate) sweep_standard: bool,

    /// Width of the proxy, where µP equals SP [default: 64, quick 32]
    #[arg(long, value_name = "WIDTH", help_heading = "Sizes")]
    pub(crate) proxy_width: Option<usize>,

    /// Width of the target [default: 256, quick 128]
    #[arg(long, value_name = "WIDTH", help_heading = "Sizes")]
    pub(crate) target_width: Option<usize>,

    /// Width of an attention head; it divides every width [default: 32, quick 16]
    #[arg(long, value_name = "N", help_heading = "Sizes")]
    pub(crate) d_head: Option<usize>,

    /// Number of blocks, the same in proxy and target [default: 2]
    #[arg(long, value_name = "N", help_heading = "Sizes")]
    pub(crate) n_layer: Option<usize>,

    /// Length of a training sequence, in bytes of text [default: 64, quick 32]
    #[arg(long, value_name = "N", help_heading = "Sizes")]
    pub(crate) context: Option<usize>,

    /// Sequences in a batch [default: 16, quick 8]
    #[arg(long, value_name = "N", help_heading = "Sizes")]
    pub(crate) batch: Option<usize>,

    /// Steps of every run [default: 400, quick 60]
    #[arg(long, value_name = "N", help_heading = "Sizes")]
    pub(crate) steps: Option<usize>,
}

const EXAMPLES: &str = "\
Examples:
  gpt-transfer --quick
      see every stage first
  gpt-transfer --text ~/books --out runs/books
      your own text
  gpt-transfer --sweep alpha-output=0.25,1,4 --sweep init-scale=0.5,1,2
      tune three hyperparameters: 9 times the trials
  gpt-transfer --sweep-widths 64,128,256 --sweep-standard
      loss against learning rate for three widths, SP beside µP: Figure 1 of Tensor Programs V

Ctrl-C or kill at any moment, then the same command again: it continues where it was, and the numbers are those
of an uninterrupted run. A trial that diverges is a result and is reported as one.";

/// A grid of log₂ values as it is written on a command line: `LOW:HIGH` or `LOW:HIGH:STEP`.
///
/// # Errors
///
/// What is wrong with the text, and how to write it.
pub fn parse_grid(text: &str) -> Result<Log2Grid, String> {
    let numbers: Result<Vec<f64>, _> = text.split(':').map(|number| number.trim().parse::<f64>()).collect();
    match numbers.map_err(|error| format!("{error}; write LOW:HIGH or LOW:HIGH:STEP, for example -10:-4"))?.as_slice() {
        [low, high] => Log2Grid::new(*low, *high, 1.0).map_err(|error| error.to_string()),
        [low, high, step] => Log2Grid::new(*low, *high, *step).map_err(|error| error.to_string()),
        _ => Err("write LOW:HIGH or LOW:HIGH:STEP, for example -10:-4".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn grids_are_read_with_negative_exponents() {
        let grid = parse_grid("-3:-2:0.5").unwrap();
        assert_eq!(grid.exponents(), [-3.0, -2.5, -2.0]);
        assert_eq!(parse_grid("-1:1").unwrap().exponents(), [-1.0, 0.0, 1.0]);
        for wrong in ["", "-3", "-2:-3", "a:b", "1:2:3:4", "0:1:0", "0:nan"] {
            assert!(parse_grid(wrong).is_err(), "{wrong}");
        }
    }
}
