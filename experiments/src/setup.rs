//! One experiment: what is trained, under which rules and with which numbers. Data, so that an ablation is a change of it.

use burn::{module::Module, optim::ModuleOptimizer, tensor::Device};
use mup_init::InitSpec;
use mup_optim::{MupAdamConfig, MupAdamWConfig, MupSgdConfig};
use mup_rules::{Parametrization, ScalingPlan};
use mup_shapes::{InfShapes, ParamSpec, ShapeReader};
use mup_train::{FamilyError, Growth, Size, Training};

use crate::choices::{Model, Optimizer, Scaling};

/// Widths of a check; the smallest is the base.
pub(crate) const WIDTHS: [usize; 4] = [32, 64, 128, 256];
/// Seeds of a check.
pub(crate) const SEEDS: u64 = 5;
/// Optimizer steps of a check.
pub(crate) const STEPS: usize = 10;
/// What grows in every model; what else grows with it, a [`Scaling`] says.
pub(crate) const WIDTH: &str = "width";
/// Number of blocks of a transformer.
pub(crate) const DEPTH: &str = "depth";
/// Unless depth grows.
const BLOCKS: usize = 2;

/// What is trained and how.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setup {
    pub(crate) model: Model,
    pub(crate) scaling: Scaling,
    pub(crate) optimizer: Optimizer,
    pub(crate) parametrization: Parametrization,
    /// Declarations by path, which win over the layer table.
    pub(crate) declarations: Vec<(&'static str, ParamSpec)>,
    pub(crate) start: InitSpec,
    pub(crate) learning_rate: f64,
    /// Adam's.
    pub(crate) epsilon: f64,
    /// Coupled, Adam's.
    pub(crate) l2: f64,
    /// Decoupled, AdamW's.
    pub(crate) weight_decay: f64,
    /// Whether a layer multiplies each branch of a GPT.
    pub(crate) branch_factors: bool,
    /// [`WIDTH`], or [`DEPTH`].
    pub(crate) grows: &'static str,
    /// Of what grows.
    pub(crate) widths: Vec<usize>,
    pub(crate) steps: usize,
    /// Where it is trained, without autodiff.
    pub(crate) device: Device,
}

impl Setup {
    /// The defaults of a coordinate check, for a model that starts so.
    pub(crate) fn starting(model: Model, scaling: Scaling, optimizer: Optimizer, start: InitSpec) -> Self {
        Self {
            model,
            scaling,
            optimizer,
            parametrization: Parametrization::mup(),
            declarations: Vec::new(),
            start,
            learning_rate: learning_rate(model, scaling, optimizer),
            epsilon: 1e-8,
            l2: 0.0,
            weight_decay: 0.1,
            branch_factors: false,
            grows: WIDTH,
            widths: WIDTHS.to_vec(),
            steps: STEPS,
            device: Device::flex(),
        }
    }

    pub(crate) fn with_parametrization(mut self, parametrization: Parametrization) -> Self {
        self.parametrization = parametrization;
        self
    }

    /// Width of the base model.
    pub(crate) fn base(&self) -> usize {
        if self.along_depth() { WIDTHS[0] } else { self.smallest() }
    }

    pub(crate) fn along_depth(&self) -> bool {
        self.grows == DEPTH
    }

    fn smallest(&self) -> usize {
        self.widths.iter().copied().min().unwrap_or_default()
    }

    pub(crate) fn growth(&self) -> Growth {
        Growth::new(self.size(), [self.grows], self.parametrization.clone())
    }

    // What every family of this workspace takes from its setup.

    pub(crate) fn name(&self) -> String {
        format!("{} · {} · {}", self.model, self.scaling, self.optimizer)
    }

    pub(crate) fn size(&self) -> Size {
        let blocks = if self.along_depth() { self.smallest() } else { BLOCKS };
        let depth = self.model.is_transformer().then_some((DEPTH, blocks));
        Size::new([(WIDTH, self.base())].into_iter().chain(depth))
    }

    pub(crate) fn reader(&self, reader: ShapeReader) -> ShapeReader {
        let declarations = self.declarations.iter();
        declarations.fold(reader, |reader, (path, spec)| reader.declare(*path, spec.clone()))
    }

    pub(crate) fn plan(
        &self,
        shapes: &InfShapes,
        parametrization: Parametrization,
    ) -> Result<ScalingPlan, FamilyError> {
        Ok(ScalingPlan::new(shapes, parametrization, self.optimizer.kind())?)
    }

    pub(crate) fn optimizer<M: Module>(
        &self,
        plan: &ScalingPlan,
        model: &M,
        peak: f64,
    ) -> Result<ModuleOptimizer, FamilyError> {
        let (epsilon, weight_decay, peak) = (self.epsilon, self.weight_decay, plan.peak_of_decay(peak));
        Ok(match self.optimizer {
            Optimizer::Sgd => MupSgdConfig::new().init(plan, model)?,
            Optimizer::Adam => MupAdamConfig::new().with_epsilon(epsilon).with_l2(self.l2).init(plan, model)?,
            Optimizer::Adamw => {
                let adamw = MupAdamWConfig::new().with_epsilon(epsilon).with_weight_decay(weight_decay);
                adamw.with_peak_learning_rate(peak).init(plan, model)?
            }
        })
    }

    pub(crate) fn training(&self) -> Training {
        Training::new(self.steps, self.learning_rate)
    }

    /// All of it but what a run says itself: widths, rules, device.
    pub(crate) fn fingerprint(&self) -> String {
        let Self { model, scaling, optimizer, declarations, start, epsilon, l2, weight_decay, branch_factors, .. } =
            self;
        let form = if *branch_factors { " branch factors" } else { "" };
        format!("{model} {scaling} {optimizer} {declarations:?} {start:?} {epsilon} {l2} {weight_decay}{form}")
    }
}

/// Large enough that ten steps change every activation by more than the noise of its start, small enough that
/// no model is at its floor before; smaller on the short sequences on which heads of growing width are trained.
fn learning_rate(model: Model, scaling: Scaling, optimizer: Optimizer) -> f64 {
    match (model, scaling, optimizer) {
        (Model::Mlp | Model::MlpUneven | Model::ConvNet, _, Optimizer::Sgd) => 0.1,
        (Model::GptTied, _, Optimizer::Sgd) => 0.5,
        (_, Scaling::DHead, Optimizer::Sgd) => 0.1,
        (_, _, Optimizer::Sgd) => 0.5,
        (Model::GptTied, _, Optimizer::Adam | Optimizer::Adamw) => 0.01,
        (_, Scaling::DHead, Optimizer::Adam | Optimizer::Adamw) => 0.001,
        (_, _, Optimizer::Adam | Optimizer::Adamw) => 0.01,
    }
}
