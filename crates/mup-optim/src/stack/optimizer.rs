//! One optimizer for K trials.

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer, OptimizerRecord};
use mup_rules::{OptimizerKind, ScalingPlan};

use super::adamw::AdamWStack;
use super::per_trial::Rates;
use super::sgd::SgdStack;
use crate::groups::attach_stack;
use crate::{MupAdamWConfig, MupSgdConfig, OptimError};

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
/// use mup_rules::{OptimizerKind, Parametrization, ScalingPlan};
///
/// #[derive(Module, Debug)]
/// struct Two { weight: Param<Tensor<3>> } // two trials of a linear layer
///
/// let device = Device::flex().autodiff();
/// let family = |width| burn::nn::LinearConfig::new(10, width).with_bias(false).init(&device);
/// let shapes = mup_shapes::infer(&family(64), &family(128), &family(1024))?;
/// let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerKind::AdamLike)?;
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
    trials: usize,
}

impl StackOptimizer {
    /// AdamW; trial k is trained as `configs[k].init` would train it alone.
    ///
    /// # Errors
    ///
    /// [`OptimError`] as of [`MupAdamWConfig::init`], naming the trial; [`OptimError::NoTrials`]; a module whose
    /// parameters are not the plan's with a leading dimension of as many entries as there are configs.
    pub fn adamw<M: Module>(configs: &[MupAdamWConfig], plan: &ScalingPlan, module: &M) -> Result<Self, OptimError> {
        let decays = each_trial(configs, |config| config.check(plan))?;
        let (rates, trials) = (Rates::new(configs.len()), configs.len());
        let inner = attach_stack(plan, module, trials, ("AdamW", OptimizerKind::AdamLike), |class| {
            let trials = configs.iter().zip(&decays).map(|(config, decay)| config.build(*decay, class));
            AdamWStack { trials: trials.collect(), rates: rates.clone() }
        })?;
        Ok(Self { inner, rates, trials })
    }

    /// SGD; trial k is trained as `configs[k].init` would train it alone.
    ///
    /// # Errors
    ///
    /// [`OptimError`] as of [`MupSgdConfig::init`], naming the trial; [`OptimError::NoTrials`];
    /// [`OptimError::NesterovOfSome`]; a module whose parameters are not the plan's with a leading dimension of as many
    /// entries as there are configs.
    pub fn sgd<M: Module>(configs: &[MupSgdConfig], plan: &ScalingPlan, module: &M) -> Result<Self, OptimError> {
        let decays = each_trial(configs, |config| config.check(plan))?;
        if let Some(trial) = configs.iter().position(|config| config.nesterov != configs[0].nesterov) {
            return Err(OptimError::NesterovOfSome { trial });
        }
        let (rates, trials) = (Rates::new(configs.len()), configs.len());
        let inner = attach_stack(plan, module, trials, ("SGD", OptimizerKind::SgdLike), |class| {
            SgdStack::new(configs, &decays, class, rates.clone())
        })?;
        Ok(Self { inner, rates, trials })
    }

    /// Updates every trial with its own base learning rate, what its schedule gives for this step.
    ///
    /// # Errors
    ///
    /// [`OptimError::TrialCount`] unless there is one rate for each trial. Nothing is updated then.
    pub fn step<M: Module>(&mut self, rates: &[f64], module: M, gradients: GradientsParams) -> Result<M, OptimError> {
        if rates.len() != self.trials {
            return Err(OptimError::TrialCount { what: "rates", found: rates.len(), trials: self.trials });
        }
        self.rates.set(rates);
        Ok(self.inner.step(1.0, module, gradients))
    }

    /// The state of all trials, for a checkpoint.
    #[must_use]
    pub fn to_record(&self) -> OptimizerRecord {
        self.inner.to_record()
    }

    /// Continues from a record; load the module's first.
    #[must_use]
    pub fn load_record(self, record: OptimizerRecord) -> Self {
        Self { inner: self.inner.load_record(record), ..self }
    }
}

impl std::fmt::Debug for StackOptimizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StackOptimizer").field("trials", &self.trials).finish_non_exhaustive()
    }
}

/// What a check gives for each config; an error names the trial.
fn each_trial<C>(configs: &[C], check: impl Fn(&C) -> Result<f64, OptimError>) -> Result<Vec<f64>, OptimError> {
    if configs.is_empty() {
        return Err(OptimError::NoTrials);
    }
    let of_trial =
        |(trial, config)| check(config).map_err(|error| OptimError::InTrial { trial, error: Box::new(error) });
    configs.iter().enumerate().map(of_trial).collect()
}
