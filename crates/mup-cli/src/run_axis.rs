//! What grows with the run instead of the model: the batch, or the tokens.

use mup_train::{FamilyError, FamilyRun};

use crate::{AnyFamily, GrowArguments};

/// A length of the run, in times of its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunAxis {
    /// The batch, over the same data: fewer steps.
    Batch,
    /// The tokens, at the same batch: more steps.
    Tokens,
}

impl RunAxis {
    /// What `--grow` means, unless the family's size has a number of that name.
    pub(crate) fn of(arguments: &GrowArguments, family: &dyn AnyFamily) -> Option<Self> {
        let [name] = &arguments.grow[..] else { return None };
        match name.as_str() {
            _ if family.size().get(name).is_ok() => None,
            "batch" => Some(Self::Batch),
            "tokens" => Some(Self::Tokens),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Tokens => "tokens",
        }
    }

    /// In times of the base, ascending from it: 1, 2, 4, 8 unless said otherwise.
    pub(crate) fn times(self, arguments: &GrowArguments) -> Result<Vec<usize>, FamilyError> {
        let mut times = match arguments.to {
            _ if !arguments.widths.is_empty() => arguments.widths.clone(),
            Some(0) => return Err("--to is how many times the base's, at least 1".into()),
            to => {
                let doubled = std::iter::successors(Some(1_usize), |times| times.checked_mul(2));
                doubled.take_while(|times| *times <= to.unwrap_or(8)).collect()
            }
        };
        times.sort_unstable();
        times.dedup();
        match times.first() {
            Some(1) => Ok(times),
            _ => Err(format!(
                "--grow {}: --widths are how many times the base's and begin with 1, the base, such as 1,4,16",
                self.name()
            )
            .into()),
        }
    }

    /// The run of a base whose batch, or tokens, are as many times as large.
    pub(crate) fn at(self, base: FamilyRun, times: usize) -> Result<FamilyRun, FamilyError> {
        let (steps, batches) = (base.training.steps, base.training.batches);
        match self {
            Self::Batch if !steps.is_multiple_of(times) => Err(format!(
                "--grow batch: {times} times the batch over the same data has {steps}/{times} steps, which is no whole number: \
                 give --steps a multiple of {times}"
            )
            .into()),
            Self::Batch => Ok(base.with_steps(steps / times).with_batches(batches * times)),
            Self::Tokens => {
                let steps = steps.checked_mul(times).ok_or_else(|| format!("{times} times {steps} steps are too many"))?;
                Ok(base.with_steps(steps))
            }
        }
    }
}
