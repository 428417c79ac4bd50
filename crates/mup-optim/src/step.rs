//! An update as a formula, and the two optimizers that are made of it: of one model, and of K trials.

use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};
use mup_rules::{PlanRow, ScalingPlan};

use crate::Planned;
use crate::memory::{Memory, Names};
use crate::stack::Rates;

/// The update of a tensor, with the plan's factors on λ and ε: mathematics alone, that knows no records, no devices, no
/// trials. The last dimensions are the tensor's; one of 1 may stand before them.
pub trait Step: Clone + Send + Sync + 'static {
    /// What is remembered from step to step.
    type Names: Names;

    /// The weight after a step of `rate`, and the memory.
    fn step<const D: usize>(
        &self,
        rate: f64,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<Self::Names, D>>,
    ) -> (Tensor<D>, Memory<Self::Names, D>);

    /// The same of several trials, along the first dimension: each by itself, unless there is a faster way, of the
    /// same bits on the processor.
    fn step_each<const D: usize>(
        trials: &[Self],
        rates: &[f64],
        weight: Tensor<D>,
        gradient: Tensor<D>,
        past: Option<Memory<Self::Names, D>>,
    ) -> (Tensor<D>, Memory<Self::Names, D>) {
        let of = |tensor: &Tensor<D>, k: usize| tensor.clone().slice_dim(0, k..k + 1);
        let steps = trials.iter().zip(rates).enumerate().map(|(k, (trial, rate))| {
            trial.step(*rate, of(&weight, k), of(&gradient, k), past.as_ref().map(|past| past.of_trial(k)))
        });
        let (weights, memories) = steps.unzip();
        (Tensor::cat(weights, 0), Memory::of_all(memories))
    }
}

/// A config of which K, one for each trial, can train one module by [`MupStack`](crate::MupStack): every one of this crate.
/// Sealed: trials of an optimizer of your own are trained one by one, by [`MupOptimizer`](crate::MupOptimizer).
#[diagnostic::on_unimplemented(
    message = "trials of `{Self}` cannot be stacked",
    note = "stacks are for the optimizers of mup-optim; train the trials one by one, by `MupOptimizer`"
)]
pub trait Stackable: Planned {
    /// What it does to a tensor; no business of a user's.
    #[doc(hidden)]
    type Step: Step;

    /// For the tensor of a row.
    #[doc(hidden)]
    fn of_row(&self, plan: &ScalingPlan, row: &PlanRow) -> Self::Step;
}

/// The optimizer of one model.
#[derive(Clone)]
pub(crate) struct Alone<S>(pub(crate) S);

impl<S: Step> Optimizer for Alone<S> {
    type State<const D: usize> = Memory<S::Names, D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let (weight, memory) = self.0.step(rate, weight, gradient, state);
        (weight, Some(memory))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.moved_to(device)
    }
}

/// The optimizer of K trials, along the first dimension of every tensor.
#[derive(Clone)]
pub(crate) struct Each<S> {
    pub(crate) trials: Vec<S>,
    pub(crate) rates: Rates,
    /// Each trial's factor on its rate.
    pub(crate) relative: Vec<f64>,
}

impl<S: Step> Optimizer for Each<S> {
    type State<const D: usize> = Memory<S::Names, D>;

    fn step<const D: usize>(
        &self,
        factor: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        // In the order of a model alone, which multiplies the factors first: the bits are its bits.
        let rates = self.rates.now().into_iter().zip(&self.relative).map(|(rate, relative)| rate * (factor * relative));
        let (weight, memory) = S::step_each(&self.trials, &rates.collect::<Vec<_>>(), weight, gradient, state);
        (weight, Some(memory))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.moved_to(device)
    }
}
