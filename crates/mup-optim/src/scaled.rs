//! An optimizer whose learning-rate factor is inside it, where no schedule can lose it.

use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

/// A Burn [`Optimizer`] that multiplies every rate it is given by a constant factor.
///
/// Whoever calls `step`, with a plain number or with a schedule's output, passes the base learning rate; the
/// tensor is updated with `factor · rate`. State and checkpoint format are the inner optimizer's, so a record
/// of one can be loaded into the other.
///
/// ```
/// use burn::optim::{ModuleOptimizer, SgdConfig};
/// use mup_optim::Scaled;
/// let optimizer: ModuleOptimizer = Scaled::new(SgdConfig::new().build(), 0.25).into();
/// ```
#[derive(Clone, Debug)]
pub struct Scaled<O> {
    inner: O,
    factor: f64,
}

impl<O> Scaled<O> {
    /// `inner`, with its rate multiplied by `factor`.
    pub fn new(inner: O, factor: f64) -> Self {
        Self { inner, factor }
    }

    /// The learning-rate factor.
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// The optimizer that is scaled.
    pub fn inner(&self) -> &O {
        &self.inner
    }
}

impl<O: Optimizer> Optimizer for Scaled<O> {
    type State<const D: usize> = O::State<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        self.inner.step(lr * self.factor, tensor, grad, state)
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        O::to_device(state, device)
    }
}
