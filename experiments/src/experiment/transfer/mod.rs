//! Six hyperparameters tuned on a proxy and used once on a target of 144 times its parameters, against SP tuned at the
//! target with as much compute and with ten times as much, and percentiles over repeated tuning.

mod parts;
mod pilot;
mod results;
mod sizes;
mod sweeps;
mod widths;

use mup_train::FamilyError;

use super::Common;
use super::program::Program;
use super::runs::Runs;
use parts::Parts;
use results::Results;
use sizes::Sizes;

/// Six hyperparameters tuned on a proxy and used once on a target, against SP tuned at the target.
#[derive(Debug, clap::Args)]
pub struct Transfer {
    #[command(flatten)]
    common: Common,
    /// The last part that is run; the same command without it continues.
    #[arg(long, value_enum, default_value_t = Part::Others)]
    through: Part,
    /// Repetitions, if time is short [default: as designed]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    repetitions: Option<u64>,
}

/// Parts in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
enum Part {
    /// The pilot and the searches on the proxy, and the sweeps of SP's rate at the target.
    Tuning,
    /// The target with what each found, repetition by repetition.
    Pairs,
    /// Default values, the proxy's values in SP, SP's whole sweep, the rate alone in µP and in SP, the widths between.
    Others,
}

impl Transfer {
    pub(super) fn run_with(&self, program: &Program) -> Result<Results, FamilyError> {
        let (common, folder) = (&self.common, self.common.folder("transfer"));
        common.check()?;
        let sizes = Sizes::of(common.scale);
        let repetitions = self.repetitions.unwrap_or(sizes.repetitions);
        let runs = Runs { program, common, folder: folder.clone() };
        let results = Parts { runs, sizes: Sizes { repetitions, ..sizes } }.run(self.through)?;
        common.conclude(&results, &folder)?;
        Ok(results)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::tiny;
    use super::*;

    #[test]
    fn the_experiment_runs_and_a_second_time_repeats_nothing() {
        let program = Program::find().expect("gpt-transfer is built");
        let (_folder, common) = tiny();
        let run =
            |through| Transfer { common: common.clone(), through, repetitions: None }.run_with(&program).expect("runs");
        let pairs = run(Part::Pairs);
        assert_eq!(pairs.arms.len(), 3);
        assert!(pairs.arms.iter().all(|arm| arm.losses().len() == 2), "two repetitions: {pairs}");
        assert_eq!(pairs.comparisons.len(), 2);
        let first = run(Part::Others);
        assert!(
            first.arms.len() > 8 && first.arms.iter().all(|arm| arm.runs.iter().all(|run| run.ended.is_some())),
            "{first}"
        );
        assert_eq!((first.widths.len(), first.widths[0].losses().len()), (3, 2), "proxy, between, target");
        let again = run(Part::Others);
        // Seconds are those of the run that was made, so they show that none was made again.
        assert_eq!(serde_json::to_value(&first).ok(), serde_json::to_value(&again).ok());
    }
}
