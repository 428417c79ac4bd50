//! What is trained on: the part of a run that the loop does not know.

use std::ops::Range;

use burn::tensor::Tensor;
use mup_kernels::seed_at;

use crate::{FamilyError, TrainError};

/// Which part of the data a loss is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MicroBatch {
    /// The batch of the data, counted from 0: the step, unless a step has several ([`Training::batches`](crate::Training)).
    pub step: usize,
    /// The micro batch within the batch, counted from 0.
    pub index: usize,
    /// Micro batches of a batch.
    pub of: usize,
}

impl MicroBatch {
    /// Its part of the `examples` of the whole batch: `index · examples/of ..` and as many.
    ///
    /// ```
    /// use mup_train::MicroBatch;
    /// assert_eq!(MicroBatch { step: 0, index: 1, of: 4 }.part_of(32)?, 8..16);
    /// # Ok::<(), mup_train::TrainError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TrainError::Setting`] if `of` does not divide `examples`: the mean over micro batches would not be the mean over
    /// the batch.
    pub fn part_of(&self, examples: usize) -> Result<Range<usize>, TrainError> {
        if self.of == 0 || !examples.is_multiple_of(self.of) {
            let range = format!("a divisor of the batch's {examples} examples");
            return Err(TrainError::Setting { name: "micro_batches", value: self.of as f64, range });
        }
        let size = examples / self.of;
        Ok(self.index * size..(self.index + 1) * size)
    }

    /// The `i`-th number of this batch under a seed, uniform in [0, 1), for data that are drawn and not read: the same on
    /// every machine, whichever numbers were asked for before, and in every micro batch of the batch.
    ///
    /// A multiple of 2⁻²⁴ of splitmix64 (Steele, Lea & Flood 2014) over (seed, batch, i).
    ///
    /// ```
    /// use mup_train::MicroBatch;
    /// let part = MicroBatch { step: 3, index: 0, of: 1 };
    /// let pixels: Vec<f32> = (0..64).map(|i| part.uniform(7, i)).collect();
    /// assert_eq!(pixels[63], MicroBatch { step: 3, index: 1, of: 2 }.uniform(7, 63));
    /// ```
    #[must_use]
    pub fn uniform(&self, seed: u64, i: usize) -> f32 {
        (seed_at(seed, &[self.step as u64, i as u64]) >> 40) as f32 / (1_u32 << 24) as f32
    }
}

/// A loss to minimize, over data in a fixed order.
///
/// A run can only be repeated, and resumed to the bit, if [`loss`](Self::loss) is a pure function of the model and the
/// [`MicroBatch`]: keep no position, draw from a generator seeded by the run's seed and the step. The device's own
/// generator (dropout) is seeded by the loop before every micro batch.
pub trait Task<M> {
    /// Mean loss of a micro batch, on the model's autodiff device. All micro batches have the same number of tokens, so
    /// that the mean of their losses is the loss of the whole batch.
    ///
    /// # Errors
    ///
    /// Whatever keeps the task from reading its data; ends the run.
    fn loss(&self, model: &M, batch: MicroBatch) -> Result<Tensor<1>, FamilyError>;

    /// Validation loss of a model without autodiff and dropout ([`Module::valid`](burn::module::Module::valid)); none if
    /// the task has no validation data.
    ///
    /// # Errors
    ///
    /// As [`loss`](Self::loss).
    fn evaluate(&self, _model: &M) -> Result<Option<f64>, FamilyError> {
        Ok(None)
    }

    /// Tokens (or examples) of one batch, all its micro batches together: of a step, unless it has several batches.
    fn tokens_per_step(&self) -> u64;

    /// What decides the losses: data, order, seed, batch. A checkpoint made with another fingerprint is refused.
    fn fingerprint(&self) -> String;
}

#[cfg(test)]
mod tests {
    use super::MicroBatch;

    /// From twelve lines of Python written after the publication, whose first output of seed 0 is e220a8397b1dcdaf.
    #[test]
    fn the_numbers_of_a_batch_are_fixed_for_all_time() {
        let part = |step| MicroBatch { step, index: 0, of: 1 };
        let bits = |seed, step, i| (part(step).uniform(seed, i) * (1_u32 << 24) as f32) as u32;
        assert_eq!(
            [bits(0, 0, 0), bits(7, 3, 63), bits(u64::MAX, 1_000_000, 1 << 40)],
            [10_946_269, 10_079_881, 8_241_837]
        );
    }

    /// Of 2¹⁶ numbers the mean has standard error 1/√(12·2¹⁶) = 0.0011; five of them are allowed. Neighbours in seed,
    /// batch and place are as far apart as independent numbers are: on average 1/3, standard error 0.0009.
    #[test]
    fn numbers_are_uniform_and_neighbours_in_seed_batch_and_place_have_nothing_in_common() {
        let number = |seed, step, i| f64::from(MicroBatch { step, index: 0, of: 1 }.uniform(seed, i));
        let mean = |of: &dyn Fn(usize) -> f64| (0..1 << 16).map(of).sum::<f64>() / f64::from(1 << 16);
        assert!((mean(&|i| number(1, 2, i)) - 0.5).abs() < 0.0055);
        for (seed, step, further) in [(2, 2, 0), (1, 3, 0), (1, 2, 1)] {
            let distance = mean(&|i| (number(1, 2, i) - number(seed, step, i + further)).abs());
            assert!((distance - 1.0 / 3.0).abs() < 0.0046, "{seed} {step} {further}: {distance}");
        }
    }
}
