//! The door for K trials: a plan, K configs for each of its optimizers, one [`StackOptimizer`].

use std::sync::Arc;

use burn::module::Module;
use burn::optim::DynOptimizer;
use mup_rules::{OptimizerId, PlanRow, ScalingPlan};

use super::{Rates, StackOptimizer};
use crate::OptimError;
use crate::groups::attach;
use crate::partition::{check_partition, sizes};
use crate::planned::{check, compare, trainer, wrapped};
use crate::step::{Each, Stackable};

/// The optimizer of K trials that are trained as one module: every parameter has a leading trial dimension, and each
/// trial is updated by its own configs and its own rate, as it would be alone by [`MupOptimizer`](crate::MupOptimizer): to
/// the bit on the processor, elsewhere up to rounding.
///
/// The plan is that of one trial; all trials have one shape, and so one plan. Every optimizer of this crate may be in it, and
/// any mix. A trial whose values are not finite changes no other. AdamW, Adam and SGD update all trials in one pass, the others
/// one after the other.
///
/// # Example
///
/// ```
/// use burn::{module::{Module, Param}, optim::GradientsParams, tensor::{Device, Tensor}};
/// use mup_optim::{MupAdamWConfig, MupStack};
/// use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
///
/// #[derive(Module, Debug)]
/// struct Two { weight: Param<Tensor<3>> } // two trials of a linear layer
///
/// let device = Device::flex().autodiff();
/// let family = |width| burn::nn::LinearConfig::new(10, width).with_bias(false).init(&device);
/// let shapes = mup_shapes::infer(&family(64), &family(128), &family(1024))?;
/// let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW)?;
///
/// let model = Two { weight: Param::from_tensor(Tensor::ones([2, 10, 1024], &device)) };
/// let trials = [1e-3, 0.1].map(|decay| MupAdamWConfig::new().with_weight_decay(decay));
/// let mut optimizer = MupStack::new(&plan, &model).with(&trials).build()?;
/// let gradients = GradientsParams::from_grads(model.weight.val().square().sum().backward(), &model);
/// let model = optimizer.step(&[6e-3, 3e-3], model, gradients)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MupStack<'a, M> {
    plan: &'a ScalingPlan,
    module: &'a M,
    given: Vec<Box<dyn GivenEach + 'a>>,
    masters: bool,
}

impl<M> std::fmt::Debug for MupStack<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MupStack").field("masters", &self.masters).finish_non_exhaustive()
    }
}

impl<'a, M: Module> MupStack<'a, M> {
    /// Of `module`, which holds the trials of the model that the plan speaks of.
    #[must_use]
    pub fn new(plan: &'a ScalingPlan, module: &'a M) -> Self {
        Self { plan, module, given: Vec::new(), masters: false }
    }

    /// The hyperparameters of one of the plan's optimizers, for each trial. For every config of this crate.
    #[must_use]
    pub fn with<C: Stackable>(mut self, configs: &'a [C]) -> Self {
        self.given.push(Box::new(configs));
        self
    }

    /// With weights and state in f32 behind parameters of 16 bits; see [`MasterWeights`](crate::MasterWeights).
    #[must_use]
    pub fn with_master_weights(mut self) -> Self {
        self.masters = true;
        self
    }

    /// The optimizer.
    ///
    /// # Errors
    ///
    /// [`OptimError`] as of [`MupOptimizer::build`](crate::MupOptimizer::build), naming the trial; [`OptimError::NoTrials`];
    /// [`OptimError::TrialCount`] unless there are as many configs of each optimizer as the module has trials;
    /// [`OptimError::OptimizerOfSome`]; a module whose parameters are not the plan's with a leading dimension of the trials.
    pub fn build(self) -> Result<StackOptimizer, OptimError> {
        let Self { plan, module, given, masters } = self;
        let ids = given.iter().map(|given| given.check(plan)).collect::<Result<Vec<_>, _>>()?;
        compare(plan, &ids)?;
        let trials = trials_of(plan, module).or_else(|| given.first().map(|given| given.trials()));
        let trials = trials.ok_or(OptimError::NoTrials)?;
        if let Some((id, given)) = ids.iter().zip(&given).find(|(_, given)| given.trials() != trials) {
            return Err(OptimError::TrialCount { what: format!("configs of {id}"), found: given.trials(), trials });
        }
        check_partition(plan, module, Some(trials))?;
        let rates = Rates::default();
        let inner = attach(plan, module, |row| {
            let of_row = ids.iter().zip(&given).find(|(id, _)| id.name == row.optimizer);
            let (id, given) = of_row.expect("compared with the plan");
            let inner = given.build(plan, row, &rates, masters);
            trainer(format!("stacked {id}").into(), masters, row.learning_rate.value, inner)
        });
        Ok(StackOptimizer::of(inner, rates, trials))
    }
}

/// How many trials a module holds by its first parameter that could be of several; the others are compared afterwards.
fn trials_of<M: Module>(plan: &ScalingPlan, module: &M) -> Option<usize> {
    let found = sizes(module);
    plan.rows().iter().find_map(|row| match found.get(&row.path)?.split_first()? {
        (trials, rest) if rest.len() == row.dims.len() => Some(*trials),
        _ => None,
    })
}

/// The configs of K trials, whatever their type.
trait GivenEach {
    fn trials(&self) -> usize;
    /// Their optimizer, which is the same in all.
    fn check(&self, plan: &ScalingPlan) -> Result<OptimizerId, OptimError>;
    fn build(&self, plan: &ScalingPlan, row: &PlanRow, rates: &Rates, masters: bool) -> Arc<dyn DynOptimizer>;
}

impl<C: Stackable> GivenEach for &[C] {
    fn trials(&self) -> usize {
        self.len()
    }

    fn check(&self, plan: &ScalingPlan) -> Result<OptimizerId, OptimError> {
        let id = self.first().ok_or(OptimError::NoTrials)?.id();
        for (trial, config) in self.iter().enumerate() {
            if config.id() != id {
                let (given, first) = (config.id().to_string(), id.to_string());
                return Err(OptimError::OptimizerOfSome { trial, given, first });
            }
            check(config, plan).map_err(|error| OptimError::InTrial { trial, error: Box::new(error) })?;
        }
        Ok(id)
    }

    fn build(&self, plan: &ScalingPlan, row: &PlanRow, rates: &Rates, masters: bool) -> Arc<dyn DynOptimizer> {
        let trials = self.iter().map(|config| config.of_row(plan, row)).collect();
        let relative = self.iter().map(C::relative_rate).collect();
        wrapped(Each { trials, rates: rates.clone(), relative }, masters)
    }
}
