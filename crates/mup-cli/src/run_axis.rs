//! What grows with the run instead of the model: the batch, or the tokens.

use mup_train::{FamilyError, FamilyRun};

use crate::{AnyFamily, GrowArguments, grow::doubled};

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
            to => doubled(1, to.unwrap_or(8))?,
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

    /// Whether every run of them has a whole number of steps, else the numbers of steps nearby that all can have.
    pub(crate) fn check(self, steps: usize, times: &[usize]) -> Result<(), FamilyError> {
        let Some(uneven) = times.iter().find(|times| !steps.is_multiple_of(**times)).filter(|_| self == Self::Batch)
        else {
            return Ok(());
        };
        let common = times
            .iter()
            .try_fold(1_usize, |common, times| (common / common_divisor(common, *times)).checked_mul(*times));
        let remedy = match common {
            Some(common) if steps > common => {
                let below = steps - steps % common;
                format!("--steps {below} or {} suits all of {times:?}", below.saturating_add(common))
            }
            Some(common) => format!("--steps {common} suits all of {times:?}"),
            None => format!("no number of steps suits all of {times:?}: give fewer of them, --widths"),
        };
        Err(format!(
            "--grow batch: {uneven} times the batch over the same data has {steps}/{uneven} steps, which is no whole number; {remedy}"
        )
        .into())
    }

    /// The run of a base whose batch, or tokens, are as many times as large.
    pub(crate) fn at(self, base: FamilyRun, times: usize) -> Result<FamilyRun, FamilyError> {
        let (steps, batches) = (base.training.steps, base.training.batches);
        match self {
            Self::Batch => {
                self.check(steps, &[times])?;
                Ok(base.with_steps(steps / times).with_batches(batches * times))
            }
            Self::Tokens => {
                let steps =
                    steps.checked_mul(times).ok_or_else(|| format!("{times} times {steps} steps are too many"))?;
                Ok(base.with_steps(steps))
            }
        }
    }
}

fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::RunAxis;

    #[test]
    fn steps_that_do_not_divide_are_refused_with_those_that_do() {
        let refused = |steps, times: &[usize]| RunAxis::Batch.check(steps, times).expect_err("uneven").to_string();
        let said = refused(100, &[1, 2, 4, 8]);
        assert!(said.contains("100/8 steps") && said.contains("--steps 96 or 104"), "{said}");
        assert!(refused(150, &[1, 4, 6]).contains("--steps 144 or 156"), "12 is what 4 and 6 have in common");
        assert!(refused(3, &[1, 8]).contains("--steps 8 suits"));
        assert!(RunAxis::Batch.check(96, &[1, 2, 4, 8]).is_ok() && RunAxis::Tokens.check(7, &[1, 2]).is_ok());
    }
}
