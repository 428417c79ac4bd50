//! Plan and module to a `ModuleOptimizer`: one group per class of tensors, matched by exact path.
//!
//! Burn's base group matches every parameter; here it belongs to an optimizer that refuses, so nothing
//! trains with a rate that the plan does not prescribe.

use burn::module::{Module, ParamGroup};
use burn::optim::{LearningRate, ModuleOptimizer, Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};
use mup_rules::{OptimizerKind, ScalingPlan};

use crate::partition::{Partition, partition};
use crate::restored::RestoredOn;
use crate::{OptimError, Scaled, TensorClass};

/// Any Burn optimizer, with the plan's factors: `build` is called once per class of tensors, and its result
/// is wrapped in [`Scaled`].
///
/// `family` states what the optimizer does with the gradient: RMSProp, Adagrad, Lion and Adan normalize it
/// entrywise and are [`AdamLike`](OptimizerKind::AdamLike). LAMB, Adafactor and Muon normalize whole
/// matrices, belong to neither kind, and need rules of their own (TP-V B.3).
///
/// # Errors
///
/// [`OptimError::OptimizerKind`] if the plan is for the other kind; [`OptimError::Partition`] with every
/// parameter on which plan and module disagree.
///
/// # Example
///
/// ```
/// use burn::{nn::LinearConfig, optim::RmsPropConfig, tensor::Device};
/// use mup_optim::scale_groups;
/// use mup_rules::{OptimizerKind, Parametrization, ScalingPlan};
/// let device = Device::flex().autodiff();
/// let model = |width| LinearConfig::new(10, width).init(&device);
/// let shapes = mup_shapes::infer(&model(64), &model(128), &model(1024))?;
/// let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerKind::AdamLike)?;
/// let optimizer = scale_groups(&plan, &model(1024), OptimizerKind::AdamLike, |class| {
///     RmsPropConfig::new().with_epsilon((1e-8 * class.epsilon) as f32).build()
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scale_groups<M: Module, O: Optimizer>(
    plan: &ScalingPlan,
    module: &M,
    family: OptimizerKind,
    build: impl FnMut(&TensorClass) -> O,
) -> Result<ModuleOptimizer, OptimError> {
    attach(plan, module, "the optimizer", family, build)
}

pub(crate) fn attach<M: Module, O: Optimizer>(
    plan: &ScalingPlan,
    module: &M,
    optimizer: &'static str,
    wanted: OptimizerKind,
    build: impl FnMut(&TensorClass) -> O,
) -> Result<ModuleOptimizer, OptimError> {
    attach_to(plan, module, (optimizer, wanted), partition(plan, module, None), build)
}

/// [`attach`] for a module of several trials.
pub(crate) fn attach_stack<M: Module, O: Optimizer>(
    plan: &ScalingPlan,
    module: &M,
    trials: usize,
    optimizer: (&'static str, OptimizerKind),
    build: impl FnMut(&TensorClass) -> O,
) -> Result<ModuleOptimizer, OptimError> {
    attach_to(plan, module, optimizer, partition(plan, module, Some(trials)), build)
}

fn attach_to<M: Module, O: Optimizer>(
    plan: &ScalingPlan,
    module: &M,
    (optimizer, wanted): (&'static str, OptimizerKind),
    partition: Result<Partition, OptimError>,
    mut build: impl FnMut(&TensorClass) -> O,
) -> Result<ModuleOptimizer, OptimError> {
    let planned = plan.optimizer();
    if planned != wanted {
        return Err(OptimError::OptimizerKind { optimizer, wanted, planned });
    }
    let partition = partition?;
    let base = ModuleOptimizer::from(Refusing);
    let constants = ParamGroup::from_paths(partition.constants);
    let base = base.with_group(constants, Constant, None);
    let Some(device) = module.devices().into_iter().next() else { return Ok(base) };
    Ok(partition.classes.into_iter().fold(base, |groups, class| {
        let scaled = Scaled::new(build(&class), class.learning_rate);
        let group = ParamGroup::from_paths(class.paths);
        groups.with_group(group, RestoredOn::new(scaled, device.clone()), None)
    }))
}

/// The base group's optimizer: a parameter that only the base group matches has no row in the plan.
#[derive(Clone, Debug)]
struct Refusing;

impl Optimizer for Refusing {
    type State<const D: usize> = NoState;

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

/// The optimizer of forward multipliers and logit scales: the plan's values are kept, gradient or not.
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

/// The state of an optimizer that has none. Never rebuilt from a record, so that a state of an unknown
/// parameter is dropped instead of tying that parameter to the base group.
#[derive(Clone, Debug)]
struct NoState;

impl RecordState for NoState {
    fn state_flatten(&self, _prefix: &str, _out: &mut StateSink) {}

    fn state_unflatten(_prefix: &str, _src: &mut StateSource, _device: &Device) -> Option<Self> {
        None
    }
}
