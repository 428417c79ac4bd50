//! One optimizer for K trials.

use std::sync::Arc;

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer, Optimizer, OptimizerRecord};
use mup_rules::{PlanRow, ScalingPlan};

use super::adamw::AdamWStack;
use super::per_trial::Rates;
use super::sgd::SgdStack;
use crate::groups::{Trainer, attach};
use crate::half::Widening;
use crate::partition::check_partition;
use crate::planned::check;
use crate::{MupAdamWConfig, MupSgdConfig, OptimError, Planned, resume};

/// The optimizer of K trials that are trained as one module: every parameter has a leading trial dimension, and each
/// trial is updated by its own config and its own rate, as it would be alone.
///
/// The plan is that of one trial; all trials have one shape, and so one plan. A trial whose values are not finite
/// changes no other.
///
/// # Example
///
/// ```
/// use burn::{module::{Module, Param}, optim::GradientsParams, tensor::{Device, Tensor}};
/// use mup_optim::{MupAdamWConfig, StackOptimizer};
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
/// let mut optimizer = StackOptimizer::adamw(&trials, &plan, &model)?;
/// let gradients = GradientsParams::from_grads(model.weight.val().square().sum().backward(), &model);
/// let model = optimizer.step(&[6e-3, 3e-3], model, gradients)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct StackOptimizer {
    inner: ModuleOptimizer,
    rates: Rates,
    /// Each trial's factor on its rate.
    relative: Vec<f64>,
}

impl StackOptimizer {
    /// AdamW; trial k is trained as `configs[k].init` would train it alone.
    ///
    /// # Errors
    ///
    /// [`OptimError`] as of [`MupAdamWConfig::init`], naming the trial; [`OptimError::NoTrials`]; a module whose
    /// parameters are not the plan's with a leading dimension of as many entries as there are configs.
    pub fn adamw<M: Module>(configs: &[MupAdamWConfig], plan: &ScalingPlan, module: &M) -> Result<Self, OptimError> {
        Self::of(configs, plan, module, |row, rates| {
            let trials = configs.iter().map(|config| config.fused(plan, row));
            AdamWStack { trials: trials.collect(), rates }
        })
    }

    /// SGD; trial k is trained as `configs[k].init` would train it alone.
    ///
    /// # Errors
    ///
    /// [`OptimError`] as of [`MupSgdConfig::init`], naming the trial; [`OptimError::NoTrials`];
    /// [`OptimError::NesterovOfSome`]; a module whose parameters are not the plan's with a leading dimension of as many
    /// entries as there are configs.
    pub fn sgd<M: Module>(configs: &[MupSgdConfig], plan: &ScalingPlan, module: &M) -> Result<Self, OptimError> {
        if let Some(trial) = configs.iter().position(|config| config.nesterov != configs[0].nesterov) {
            return Err(OptimError::NesterovOfSome { trial });
        }
        Self::of(configs, plan, module, |row, rates| {
            let penalties = configs.iter().map(|config| config.penalty(plan, row));
            SgdStack::new(configs, penalties, rates)
        })
    }

    fn of<P: Planned, M: Module, O: Optimizer>(
        configs: &[P],
        plan: &ScalingPlan,
        module: &M,
        build: impl Fn(&PlanRow, Rates) -> O,
    ) -> Result<Self, OptimError> {
        let id = configs.first().ok_or(OptimError::NoTrials)?.id();
        for (trial, config) in configs.iter().enumerate() {
            check(config, plan).map_err(|error| OptimError::InTrial { trial, error: Box::new(error) })?;
        }
        if plan.optimizers().iter().any(|planned| *planned != id) {
            return Err(OptimError::Stack { optimizer: id.to_string(), planned: plan.optimizer_names() });
        }
        let relative: Vec<f64> = configs.iter().map(P::relative_rate).collect();
        check_partition(plan, module, Some(configs.len()))?;
        let rates = Rates::new(configs.len());
        let inner = attach(plan, module, |row| {
            let inner = Arc::new(Widening(build(row, rates.clone())));
            Trainer { name: format!("stacked {id}").into(), factor: row.learning_rate.value, inner }
        });
        Ok(Self { inner, rates, relative })
    }

    /// Updates every trial with its own base learning rate, what its schedule gives for this step.
    ///
    /// # Errors
    ///
    /// [`OptimError::TrialCount`] unless there is one rate for each trial. Nothing is updated then.
    pub fn step<M: Module>(&mut self, rates: &[f64], module: M, gradients: GradientsParams) -> Result<M, OptimError> {
        let trials = self.relative.len();
        if rates.len() != trials {
            return Err(OptimError::TrialCount { what: "rates", found: rates.len(), trials });
        }
        let rates: Vec<f64> = rates.iter().zip(&self.relative).map(|(rate, relative)| rate * relative).collect();
        self.rates.set(&rates);
        Ok(self.inner.step(1.0, module, gradients))
    }

    /// The state of all trials, for a checkpoint.
    #[must_use]
    pub fn to_record(&self) -> OptimizerRecord {
        self.inner.to_record()
    }

    /// Continues from a record; `module` has its weights already. See [`resume`](crate::resume).
    ///
    /// # Errors
    ///
    /// [`OptimError::Record`].
    pub fn resume<M: Module>(self, record: OptimizerRecord, module: &M) -> Result<Self, OptimError> {
        Ok(Self { inner: resume(self.inner, record, module)?, ..self })
    }
}

impl std::fmt::Debug for StackOptimizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StackOptimizer").field("trials", &self.relative.len()).finish_non_exhaustive()
    }
}
