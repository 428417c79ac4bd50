//! What is trained on: the part of a run that the loop does not know.

use std::ops::Range;

use burn::tensor::Tensor;

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
