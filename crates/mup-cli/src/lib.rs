#![doc = include_str!("../README.md")]
//!
//! [`main`] is the program. A program with arguments of its own flattens single commands, such as
//! [`TransferCheckCommand`], into its command line, and ends with [`ended`]. This crate knows no model and no data: all
//! it asks of a family is in [`AnyFamily`].

mod any_family;
mod coord_check;
mod depth;
mod devices;
mod ended;
mod grow;
mod identity;
mod output;
mod plan;
mod remedy;
mod remembered;
mod reverse_transfer;
mod run_axis;
mod study;
mod sweep;
mod target_run;
mod transfer_check;
mod transfer_run;
mod wider_check;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use mup_study::cli::with_negative_numbers;
use mup_train::{Family, FamilyError};

pub use crate::any_family::{AnyFamily, BoxedTrial};
pub use crate::coord_check::CoordCheckCommand;
pub use crate::devices::DevicesCommand;
pub use crate::ended::{Interrupted, ended};
pub use crate::grow::GrowArguments;
pub use crate::identity::{BURN_VERSION, Identity, unchanged};
pub use crate::plan::PlanCommand;
pub use crate::remembered::RunArguments;
pub use crate::reverse_transfer::ReverseTransferCommand;
pub use crate::study::{
    CheckpointArguments, DEFAULT_STUDY, FamilyOf, StudyArguments, StudyCommand, TrainCommand, TuneCommand, everything,
};
pub use crate::target_run::TargetRunArguments;
pub use crate::transfer_check::TransferCheckCommand;
pub use crate::wider_check::WiderCheckCommand;

#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
In the order of a day's work:
  plan --target width=1024             what µP prescribes for each parameter of the large model
  coord-check                          minutes: do activations keep their size as the model grows?
  transfer-check --jobs 4              does the best learning rate stay where it is?
  wider-check --jobs 4                 is a wider model better at every point of training?
  reverse-transfer --jobs 4            what would the standard parametrization do at those widths?
  tune --space rate --trials 32 --target width=1024
  choose, train, report                the values that won, the large model once, a page

Verdicts end with exit code 0 (holds), 1 (fails) or 3 (undecided), tune with 4 where trials have failed; 2 is an error, 130 Ctrl-C. Runs are kept in --out, of coord-check only if it is
given: stop at any moment, and the same command continues. --json prints numbers for programs, progress goes to standard error.";

/// A command of the program.
#[derive(Clone, Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one, parsed once")]
pub enum Command {
    /// Print what a parametrization prescribes for every parameter, for any base and target.
    Plan(PlanCommand),
    /// Check whether activations and their changes stay Θ(1) as the model grows: exit code 0 flat, 1 not, 3 undecided.
    CoordCheck(CoordCheckCommand),
    /// Train at several sizes and follow the optimum of a hyperparameter, in µP and in SP: exit code 0 it stays in µP
    /// only, 1 it moves, 3 undecided.
    TransferCheck(TransferCheckCommand),
    /// Train at several sizes with the same values, in µP and in SP: exit code 0 wider is better, 1 it is not, 3 undecided.
    WiderCheck(WiderCheckCommand),
    /// Say what SP will do at size n from a narrow model in µP that simulates it, and validate that: exit code 0 it is so,
    /// 1 it is not, 3 undecided.
    ReverseTransfer(ReverseTransferCommand),
    /// Create a study, or continue one: train every trial on the proxy that has no record.
    Tune(TuneCommand),
    /// A command on a study.
    #[command(flatten)]
    Study(StudyCommand),
    /// Say which devices are compiled in, and which answer on this machine.
    Devices(DevicesCommand),
}

impl Command {
    /// Runs it on a family.
    ///
    /// # Errors
    ///
    /// Arguments that fit no model of the family, what the family says, files that cannot be read or written,
    /// [`Interrupted`].
    pub fn run(&self, family: &dyn AnyFamily) -> Result<ExitCode, FamilyError> {
        match self {
            Self::Plan(command) => command.run(family),
            Self::CoordCheck(command) => command.run(family),
            Self::TransferCheck(command) => Ok(command.answer(family)?.exit_code().into()),
            Self::WiderCheck(command) => Ok(command.answer(family)?.exit_code().into()),
            Self::ReverseTransfer(command) => Ok(command.answer(family)?.exit_code().into()),
            Self::Tune(command) => command.run(family),
            Self::Study(command) => command.run(&|_| Ok(family.boxed())),
            Self::Devices(command) => command.run(),
        }
    }
}

/// The program of a family: parses its arguments, runs or continues, and says how it ended.
#[must_use]
pub fn main<F: Family>(family: F) -> ExitCode {
    mup_devices::let_openmp_sleep();
    let about =
        format!("{} by µP, the maximal update parametrization: plan, check, tune, train", Family::name(&family));
    let matches = with_negative_numbers(Cli::command().about(about)).get_matches();
    let parsed = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    ended(parsed.command.run(&family))
}

#[cfg(test)]
mod tests {
    /// The reader's own, the one of docs/your-model.md, and one of examples/own-model.
    const PROGRAMS: [&str; 3] = [mup_documents::YOUR_PROGRAM, "waves", "sequences"];

    #[test]
    fn every_command_line_of_a_readers_own_program_in_every_document_is_understood() {
        PROGRAMS.iter().for_each(|program| mup_documents::assert_understood::<super::Cli>(program));
    }
}
