//! Batch and length of the target on the command line, and the law that follows them.

use burn::tensor::Device;
use mup_rules::{RunLaw, Variable};
use mup_study::cli::whole;
use mup_train::{FamilyError, FamilyRun, Growth};

use crate::{AnyFamily, any_family::parameters};

/// Batch and length of the target, and the law that follows them.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub struct TargetRunArguments {
    /// Steps of the target [default: the proxy's, at its longest]
    #[arg(long, value_name = "N", help_heading = "Target", value_parser = whole::<usize, 1>)]
    pub target_steps: Option<usize>,
    /// Batch of the target in batches of the proxy, a whole number: with 4 (or 4x) a step averages over four times the data
    /// [default: 1]
    #[arg(long, value_name = "TIMES", help_heading = "Target", value_parser = times)]
    pub target_batch: Option<usize>,
    /// What rate, decay, ε and β do when batch and tokens change from proxy to target: none, complete-d, bjorck or
    /// power-lines [default: none, with a warning where they change]
    #[arg(long, value_name = "NAME", help_heading = "Target", value_parser = RunLaw::named)]
    pub run_law: Option<RunLaw>,
}

impl TargetRunArguments {
    /// The law.
    #[must_use]
    pub fn law(&self) -> RunLaw {
        self.run_law.clone().unwrap_or_else(RunLaw::none)
    }

    /// The run of the target after `proxy`, with its length and batch where nothing else is said.
    pub(crate) fn after(
        &self,
        family: &dyn AnyFamily,
        proxy: &FamilyRun,
        device: &Device,
    ) -> Result<FamilyRun, FamilyError> {
        let growth = from_run(family, proxy, self.law(), device)?;
        let training = &proxy.training;
        let (steps, times) = (self.target_steps.unwrap_or(training.steps), self.target_batch.unwrap_or(1));
        Ok(proxy.clone().with_growth(growth).with_steps(steps).with_batches(times * training.batches))
    }

    /// Whether anything of the run changes.
    pub(crate) fn says_something(&self) -> bool {
        *self != Self::default()
    }
}

/// The growth of a run, from that run, under a law.
pub(crate) fn from_run(
    family: &dyn AnyFamily,
    run: &FamilyRun,
    law: RunLaw,
    device: &Device,
) -> Result<Growth, FamilyError> {
    let base = family.in_tokens(run)?;
    let base = if law.follows(&Variable::PARAMETERS) {
        base.with_parameters(parameters(&family.plan(run, device)?) as f64)
    } else {
        base
    };
    Ok(run.growth.clone().from_run(base, law))
}

/// `4`, `4x` or `4×`.
fn times(text: &str) -> Result<usize, String> {
    let number = text.trim().trim_end_matches(['x', 'X', '×']);
    number.parse().ok().filter(|times| *times > 0).ok_or_else(|| {
        "how many times the proxy's batch, a whole number of at least 1 such as 4; for a smaller or uneven one change the \
         family's own batch"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::times;

    #[test]
    fn a_batch_is_a_whole_number_of_batches() {
        assert_eq!([times("4"), times("4X"), times(" 16× ")], [Ok(4), Ok(4), Ok(16)]);
        for text in ["0", "1.5", "-2", "x", "", "65536 tokens"] {
            assert!(times(text).expect_err(text).contains("whole number"), "{text}");
        }
    }
}
