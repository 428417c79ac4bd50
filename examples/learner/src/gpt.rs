//! The relative-attention GPT of `mup-models`, in the form that burn-train asks for.

use burn::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use burn::train::{InferenceStep, SequenceOutput, TrainOutput, TrainStep};
use mup_init::{Distribution, InitSpec};
use mup_models::{Gpt, GptConfig, ModelError, cross_entropy, shape_reader};
use mup_optim::{MupAdamWConfig, OptimError, clip_by_global_norm};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::PathPattern;

use crate::MAX_NORM;
use crate::text::{CONTEXT, TextBatch};

/// Width at which µP is the standard parametrization.
pub const BASE_WIDTH: usize = 32;

const D_HEAD: usize = 16;
const N_LAYER: usize = 2;
const BYTES: usize = 256;

/// A [`Gpt`] as burn-train's `Learner` takes it; the model itself is unchanged.
#[derive(Module, Debug)]
pub struct LanguageModel {
    /// The model; its parameters have the paths of a `Gpt` under `gpt.`.
    pub gpt: Gpt,
    parts: usize,
}

impl LanguageModel {
    /// A model of the family, lazily initialized.
    ///
    /// # Errors
    ///
    /// [`ModelError`] for a width below that of a head.
    pub fn new(width: usize, device: &Device) -> Result<Self, ModelError> {
        let config = GptConfig::new(BYTES, CONTEXT, N_LAYER, width, width / D_HEAD, D_HEAD, 4 * width);
        Ok(Self { gpt: config.init(device)?, parts: 1 })
    }

    /// Averages where Burn sums: over the devices of its `MultiDevice` strategy times the accumulated batches.
    #[must_use]
    pub fn averaged_over(self, parts: usize) -> Self {
        Self { parts, ..self }
    }

    fn output(&self, batch: TextBatch) -> SequenceOutput {
        // The whole loss of this config, `Gpt::loss`: it has no z-loss and no experts to balance, which would be left out here.
        let logits = self.gpt.forward(batch.tokens);
        let loss = cross_entropy(logits.clone().flatten(0, 1), batch.targets.clone().flatten(0, 1));
        SequenceOutput::new(loss, logits, None, batch.targets)
    }
}

impl TrainStep for LanguageModel {
    type Input = TextBatch;
    type Output = SequenceOutput;

    fn step(&self, batch: TextBatch) -> TrainOutput<SequenceOutput> {
        let output = self.output(batch);
        let part = output.loss.clone() / self.parts as f64;
        TrainOutput::new(self, part.backward(), output)
    }

    fn optimize(self, optim: &mut ModuleOptimizer, lr: ModuleLearningRate, grads: GradientsParams) -> Self {
        let (grads, _norm) = clip_by_global_norm(&self, grads, MAX_NORM).expect("gradients of this very module");
        optim.step(lr, self, grads)
    }
}

impl InferenceStep for LanguageModel {
    type Input = TextBatch;
    type Output = SequenceOutput;

    fn step(&self, batch: TextBatch) -> SequenceOutput {
        self.output(batch)
    }
}

/// Why there is no plan or model of a width.
#[derive(Debug, thiserror::Error)]
pub enum FamilyError {
    /// Heads have one width, so they must divide the model's.
    #[error("--width {0} is no positive multiple of {D_HEAD}, the width of a head")]
    Width(usize),
    /// As built by `mup-models`.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// As compared by `mup-shapes`.
    #[error(transparent)]
    Shapes(#[from] mup_shapes::ShapeError),
    /// As scaled by `mup-rules`.
    #[error(transparent)]
    Rules(#[from] mup_rules::RuleError),
    /// As drawn by `mup-init`.
    #[error(transparent)]
    Init(#[from] mup_init::InitError),
}

/// The µP plan of a width, for the model as the `Learner` sees it.
///
/// # Errors
///
/// [`FamilyError::Width`].
pub fn plan(width: usize, device: &Device) -> Result<ScalingPlan, FamilyError> {
    if width == 0 || !width.is_multiple_of(D_HEAD) {
        return Err(FamilyError::Width(width));
    }
    let model = |width| LanguageModel::new(width, device);
    let shapes = shape_reader().infer(&model(BASE_WIDTH)?, &model(2 * BASE_WIDTH)?, &model(width)?)?;
    Ok(ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW)?)
}

/// The model of a plan, with weights and multipliers from it; readout and queries are zero (TP-V D.2).
///
/// # Errors
///
/// [`FamilyError::Init`] if the plan is another width's.
pub fn initialized(plan: &ScalingPlan, width: usize, seed: u64, device: &Device) -> Result<LanguageModel, FamilyError> {
    let queries = PathPattern::new(format!("gpt.{}", GptConfig::queries()));
    let spec = InitSpec::new().embedding(Distribution::Normal { std: 1.0 }).zero_readout().zero_query([queries]);
    Ok(mup_init::initialize(LanguageModel::new(width, device)?, plan, &spec, seed)?)
}

/// AdamW from the plan.
///
/// # Errors
///
/// [`OptimError`] if the plan is not the model's.
pub fn optimizer(plan: &ScalingPlan, model: &LanguageModel) -> Result<ModuleOptimizer, OptimError> {
    MupAdamWConfig::new().with_beta_2(0.98).with_weight_decay(0.1).init(plan, model)
}
