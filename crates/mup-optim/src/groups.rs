//! Tensors to a `ModuleOptimizer`: groups matched by exact path.
//!
//! Burn's base group matches every parameter; here it belongs to an optimizer that refuses, so nothing
//! trains with a rate that the plan does not prescribe.

use burn::module::{Module, ParamGroup};
use burn::optim::{LearningRate, ModuleOptimizer, Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};
use mup_rules::{PlanRow, ScalingPlan};

use crate::tracked::{Tracked, Trainer};

/// One group for each parameter that is trained; the others are kept. Plan and module agree.
pub(crate) fn attach<M: Module>(
    plan: &ScalingPlan,
    module: &M,
    mut trainer: impl FnMut(&PlanRow) -> Trainer,
) -> ModuleOptimizer {
    let (trained, kept): (Vec<&PlanRow>, Vec<&PlanRow>) = plan.rows().iter().partition(|row| row.is_trained());
    let kept = ParamGroup::from_paths(kept.into_iter().map(|row| row.path.clone()).collect());
    let base = ModuleOptimizer::from(Refusing).with_group(kept, Constant, None);
    let Some(device) = module.devices().into_iter().next() else { return base };
    trained.into_iter().fold(base, |groups, row| {
        let group = ParamGroup::from_path(row.path.clone());
        groups.with_group(group, Tracked::new(row.path.clone(), trainer(row), &device), None)
    })
}

/// The base group's optimizer: a parameter that only the base group matches has no row in the plan.
#[derive(Clone, Debug)]
struct Refusing;

impl Optimizer for Refusing {
    type State<const D: usize> = Foreign;

    fn step<const D: usize>(
        &self,
        _lr: LearningRate,
        tensor: Tensor<D>,
        _grad: Tensor<D>,
        _state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        panic!(
            "a parameter of shape {:?} has a gradient, but no row in the plan that this optimizer was made from: it was \
             added to the module afterwards (an adapter?). Freeze it, or make plan and optimizer from the module as it is now",
            tensor.dims()
        );
    }

    fn to_device<const D: usize>(state: Self::State<D>, _device: &Device) -> Self::State<D> {
        state
    }
}

/// The optimizer of what is not trained, forward multipliers and frozen parameters: values are kept, gradient or not.
#[derive(Clone, Debug)]
struct Constant;

impl Optimizer for Constant {
    type State<const D: usize> = NoState;

    fn step<const D: usize>(
        &self,
        _lr: LearningRate,
        tensor: Tensor<D>,
        _grad: Tensor<D>,
        _state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        (tensor, None)
    }

    fn to_device<const D: usize>(state: Self::State<D>, _device: &Device) -> Self::State<D> {
        state
    }
}

/// The state of a parameter that the plan does not name.
#[derive(Clone, Debug)]
struct Foreign;

impl RecordState for Foreign {
    fn state_flatten(&self, _prefix: &str, _out: &mut StateSink) {}

    fn state_unflatten(prefix: &str, _src: &mut StateSource, _device: &Device) -> Option<Self> {
        panic!(
            "the optimizer's record holds the state of a parameter (id {prefix}) at a path that has no row in the plan that \
             this optimizer was made from: it is the record of another model, or the parameter was renamed. \
             mup_optim::resume names the path"
        );
    }
}

/// The state of an optimizer that has none.
#[derive(Clone, Debug)]
struct NoState;

impl RecordState for NoState {
    fn state_flatten(&self, _prefix: &str, _out: &mut StateSink) {}

    fn state_unflatten(_prefix: &str, _src: &mut StateSource, _device: &Device) -> Option<Self> {
        None
    }
}
