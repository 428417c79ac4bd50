//! The one door: a plan, a config for each of its optimizers, one `ModuleOptimizer`.

use std::borrow::Cow;
use std::sync::Arc;

use burn::module::Module;
use burn::optim::{DynOptimizer, ModuleOptimizer, Optimizer};
use mup_rules::{OptimizerId, PlanRow, ScalingPlan};

use crate::groups::attach;
use crate::half::Widening;
use crate::hyperparameters::Check;
use crate::partition::check_partition;
use crate::tracked::Trainer;
use crate::{
    MasterWeights, MupAdafactorConfig, MupAdagradConfig, MupAdamConfig, MupAdamWConfig, MupAdanConfig, MupLambConfig,
    MupLionConfig, MupMuonConfig, MupRmsPropConfig, MupSgdConfig, OptimError,
};

/// Hyperparameters of an optimizer at the base model, which a plan completes for each tensor.
///
/// # Example
///
/// An optimizer of your own, or one of Burn's, joins the others in [`MupOptimizer`]:
///
/// ```
/// use burn::optim::{Optimizer, SgdConfig};
/// use mup_optim::{OptimError, Planned};
/// use mup_rules::{OptimizerId, PlanRow, ScalingPlan, Update};
///
/// struct SignSgd;
/// # #[derive(Clone)] struct Sign;
/// # impl Optimizer for Sign {
/// #     type State<const D: usize> = ();
/// #     fn step<const D: usize>(&self, rate: f64, w: burn::tensor::Tensor<D>, g: burn::tensor::Tensor<D>, _: Option<()>)
/// #         -> (burn::tensor::Tensor<D>, Option<()>) { (w - g.sign() * rate, Some(())) }
/// #     fn to_device<const D: usize>(_: (), _: &burn::tensor::Device) {}
/// # }
///
/// impl Planned for SignSgd {
///     fn id(&self) -> OptimizerId {
///         OptimizerId::new("signsgd", Update::ENTRYWISE)
///     }
///     fn check(&self, _plan: &ScalingPlan) -> Result<(), OptimError> {
///         Ok(())
///     }
///     fn update(&self, _plan: &ScalingPlan, _row: &PlanRow) -> impl Optimizer {
///         Sign // your `burn::optim::Optimizer`
///     }
/// }
/// ```
pub trait Planned {
    /// The optimizer, as the plan knows it.
    fn id(&self) -> OptimizerId;

    /// Factor on the rate that is given to `step`: optimizers that train one model may need base rates that differ.
    fn relative_rate(&self) -> f64 {
        1.0
    }

    /// Whether [`update`](Self::update) applies [`ScalingPlan::beta`] to the decay of every moving average, or has none. Unless
    /// it does, a plan whose run scales β is refused.
    fn follows_beta(&self) -> bool {
        false
    }

    /// Whether the hyperparameters have a meaning, under this plan.
    ///
    /// # Errors
    ///
    /// [`OptimError`] naming the first that has none.
    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError>;

    /// The optimizer of a tensor, with the row's factors on λ and ε, and averages by [`ScalingPlan::beta`]. The factor on the rate is applied from outside. Under
    /// [`WeightDecay::Independent`](mup_rules::WeightDecay::Independent) an optimizer that decays by rate·λ divides λ by the
    /// peak of its rate. It is given weights and gradients of 16 bits in f32.
    fn update(&self, plan: &ScalingPlan, row: &PlanRow) -> impl Optimizer;
}

/// [`Planned`], whatever its type.
trait Given {
    fn id(&self) -> OptimizerId;
    fn relative_rate(&self) -> f64;
    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError>;
    fn build(&self, plan: &ScalingPlan, row: &PlanRow, masters: bool) -> Arc<dyn DynOptimizer>;
}

impl<P: Planned> Given for P {
    fn id(&self) -> OptimizerId {
        Planned::id(self)
    }

    fn relative_rate(&self) -> f64 {
        Planned::relative_rate(self)
    }

    fn check(&self, plan: &ScalingPlan) -> Result<(), OptimError> {
        check(self, plan)
    }

    fn build(&self, plan: &ScalingPlan, row: &PlanRow, masters: bool) -> Arc<dyn DynOptimizer> {
        wrapped(self.update(plan, row), masters)
    }
}

/// For parameters of every type.
pub(crate) fn wrapped(update: impl Optimizer, masters: bool) -> Arc<dyn DynOptimizer> {
    if masters { Arc::new(MasterWeights::new(update)) } else { Arc::new(Widening(update)) }
}

/// What trains a tensor, by the name that its record bears.
pub(crate) fn trainer(name: Cow<'static, str>, masters: bool, factor: f64, inner: Arc<dyn DynOptimizer>) -> Trainer {
    let name = if masters { Cow::Owned(format!("{name} with master weights")) } else { name };
    Trainer { name, factor, inner }
}

/// What every optimizer must keep, and what this one says of itself.
pub(crate) fn check(config: &impl Planned, plan: &ScalingPlan) -> Result<(), OptimError> {
    Check("the optimizer").positive("relative_rate", config.relative_rate())?;
    if plan.beta_exponent().to_bits() != 1.0_f64.to_bits() && !config.follows_beta() {
        let law = plan.run().map(|run| run.law.name.clone()).unwrap_or_default();
        return Err(OptimError::Beta { optimizer: config.id().to_string(), law });
    }
    config.check(plan)
}

/// The optimizer of a module by its plan: every optimizer that the plan uses, in one Burn `ModuleOptimizer`.
///
/// # Example
///
/// An unmodified transformer of Burn's in µP: matrices by Muon, the rest by AdamW, without decay of biases and gains,
/// embeddings at twice the rate, continued from a checkpoint.
///
/// ```
/// # use burn::{module::Module, optim::{GradientsParams, OptimizerRecord}, store::ModuleRecord, tensor::{Device, Int, Tensor}};
/// # use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig};
/// # use burn::nn::transformer::{TransformerEncoder, TransformerEncoderConfig, TransformerEncoderInput};
/// # use mup_init::{InitSpec, initialize};
/// # use mup_optim::{MupAdamWConfig, MupMuonConfig, MupOptimizer, resume};
/// # use mup_rules::{OptimizerId, Overrides, Parametrization, ScalingPlan};
/// # use mup_shapes::Role;
/// #[derive(Module, Debug)]
/// struct Classifier { embedding: Embedding, encoder: TransformerEncoder, head: Linear }
///
/// # let device = Device::flex().autodiff();
/// let net = |width: usize| Classifier {
///     embedding: EmbeddingConfig::new(50, width).init(&device),
///     encoder: TransformerEncoderConfig::new(width, 4 * width, width / 8, 2).init(&device),
///     head: LinearConfig::new(width, 3).init(&device),
/// };
/// # let loss = |model: &Classifier| {
/// #     let x = model.embedding.forward(Tensor::<1, Int>::arange(0..8, &device).reshape([2, 4]));
/// #     let x = model.encoder.forward(TransformerEncoderInput::new(x)).mean_dim(1);
/// #     model.head.forward(x).square().mean()
/// # };
/// # let folder = tempfile::tempdir()?;
/// # let (weights, state) = (folder.path().join("model.bpk"), folder.path().join("optimizer.bpk"));
/// # for run in 0..2 {
/// let shapes = mup_shapes::infer(&net(16), &net(32), &net(64))?;
/// let plan = ScalingPlan::of(&shapes, Parametrization::mup())
///     .optimizer(Role::Hidden, OptimizerId::MUON)
///     .overrides(Overrides::decay_matrices_only())
///     .rate("embedding.*", 2.0)
///     .build()?;
/// let mut model = initialize(net(64), &plan, &InitSpec::new(), 1)?;
/// let (adamw, muon) = (MupAdamWConfig::new(), MupMuonConfig::new().with_relative_rate(10.0));
/// let mut optimizer = MupOptimizer::new(&plan, &model).with(adamw).with(muon).build()?;
/// if weights.exists() {
///     model = model.try_load_record(ModuleRecord::load(&weights)?)?;
///     optimizer = resume(optimizer, OptimizerRecord::load(&state)?, &model)?;
/// }
/// # let gradients = GradientsParams::from_grads(loss(&model).backward(), &model);
/// model = optimizer.step(1e-3, model, gradients);
/// # model.into_record().save(&weights)?;
/// # optimizer.to_record().save(&state)?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MupOptimizer<'a, M> {
    plan: &'a ScalingPlan,
    module: &'a M,
    given: Vec<Box<dyn Given + 'a>>,
    masters: bool,
}

impl<M> std::fmt::Debug for MupOptimizer<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MupOptimizer").field("masters", &self.masters).finish_non_exhaustive()
    }
}

impl<'a, M: Module> MupOptimizer<'a, M> {
    /// Of `module`, which must be the one that the plan speaks of.
    #[must_use]
    pub fn new(plan: &'a ScalingPlan, module: &'a M) -> Self {
        Self { plan, module, given: Vec::new(), masters: false }
    }

    /// The hyperparameters of one of the plan's optimizers.
    #[must_use]
    pub fn with(mut self, config: impl Planned + 'a) -> Self {
        self.given.push(Box::new(config));
        self
    }

    /// With weights and state in f32 behind parameters of 16 bits; see [`MasterWeights`].
    #[must_use]
    pub fn with_master_weights(mut self) -> Self {
        self.masters = true;
        self
    }

    /// The optimizer.
    ///
    /// # Errors
    ///
    /// [`OptimError`]: an optimizer of the plan without hyperparameters, hyperparameters of one that trains nothing, one
    /// outside its range, a plan for another module.
    pub fn build(self) -> Result<ModuleOptimizer, OptimError> {
        let Self { plan, module, given, masters } = self;
        given.iter().try_for_each(|given| given.check(plan))?;
        compare(plan, &given.iter().map(|given| given.id()).collect::<Vec<_>>())?;
        check_partition(plan, module, None)?;
        Ok(attach(plan, module, |row| {
            let config = given.iter().find(|given| given.id().name == row.optimizer);
            let config = config.expect("compared with the plan");
            let factor = row.learning_rate.value * config.relative_rate();
            trainer(config.id().name, masters, factor, config.build(plan, row, masters))
        }))
    }
}

/// Every optimizer of the plan is given exactly once, and no other.
pub(crate) fn compare(plan: &ScalingPlan, given: &[OptimizerId]) -> Result<(), OptimError> {
    let name = |id: &OptimizerId| id.name.to_string();
    for (i, id) in given.iter().enumerate() {
        if given[..i].iter().any(|other| other.name == id.name) {
            return Err(OptimError::GivenTwice { optimizer: name(id) });
        }
    }
    for planned in plan.optimizers() {
        match given.iter().find(|id| id.name == planned.name) {
            Some(id) if id == planned => {}
            Some(id) => return Err(OptimError::other(planned, id)),
            None => {
                let row = plan.rows().iter().find(|row| plan.optimizer_of(row) == Some(planned));
                let path = row.map(|row| row.path.clone()).unwrap_or_default();
                let given = given.iter().map(name).collect::<Vec<_>>().join(", ");
                return Err(OptimError::NotGiven { optimizer: name(planned), path, given });
            }
        }
    }
    match given.iter().find(|id| !plan.optimizers().contains(id)) {
        Some(id) => Err(OptimError::NotUsed { optimizer: name(id), planned: plan.optimizer_names() }),
        None => Ok(()),
    }
}

/// The short form where one optimizer trains everything.
macro_rules! init {
    ($($config:ident),*) => {$(
        impl $config {
            /// The optimizer for `module`, where it trains everything: [`MupOptimizer`] with this config alone.
            ///
            /// # Errors
            ///
            /// As [`MupOptimizer::build`].
            pub fn init<M: Module>(&self, plan: &ScalingPlan, module: &M) -> Result<ModuleOptimizer, OptimError> {
                MupOptimizer::new(plan, module).with(self.clone()).build()
            }
        }
    )*};
}

init!(
    MupAdamWConfig,
    MupAdamConfig,
    MupSgdConfig,
    MupMuonConfig,
    MupLionConfig,
    MupLambConfig,
    MupAdafactorConfig,
    MupRmsPropConfig,
    MupAdagradConfig,
    MupAdanConfig
);
