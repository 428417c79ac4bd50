//! Burn's own transformer, matrices by Muon and the rest by AdamW, which tells the first token of a sequence.

use std::sync::Arc;

use burn::data::dataloader::{DataLoader, DataLoaderBuilder, batcher::Batcher};
use burn::data::dataset::InMemDataset;
use burn::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::transformer::{TransformerEncoder, TransformerEncoderConfig, TransformerEncoderInput};
use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn::train::{ClassificationOutput, InferenceStep, TrainOutput, TrainStep};
use mup_init::InitSpec;
use mup_optim::{MupAdamWConfig, MupMuonConfig, MupOptimizer, OptimError, clip_by_global_norm};
use mup_rules::{OptimizerId, Overrides, Parametrization, RuleError, ScalingPlan};
use mup_shapes::Role;

use crate::MAX_NORM;

/// Tokens of a sequence.
pub const LENGTH: usize = 6;
/// Tokens that there are, and classes.
pub const VOCABULARY: usize = 8;
/// Sequences in one batch.
pub const BATCH: usize = 16;

/// A sequence.
pub type Sequence = [i32; LENGTH];

/// Burn's encoder, as it is, between an embedding and a readout.
#[derive(Module, Debug)]
pub struct Classifier {
    embedding: Embedding,
    encoder: TransformerEncoder,
    readout: Linear,
}

impl Classifier {
    /// A model of the family, with heads of width 8, lazily initialized.
    #[must_use]
    pub fn new(width: usize, device: &Device) -> Self {
        let encoder = TransformerEncoderConfig::new(width, 4 * width, width / 8, 2).with_norm_first(true);
        Self {
            embedding: EmbeddingConfig::new(VOCABULARY * LENGTH, width).init(device),
            encoder: encoder.with_dropout(0.0).init(device),
            readout: LinearConfig::new(width, VOCABULARY).init(device),
        }
    }

    fn output(&self, batch: Batch) -> ClassificationOutput {
        let seen = self.encoder.forward(TransformerEncoderInput::new(self.embedding.forward(batch.tokens)));
        let output = self.readout.forward(seen.mean_dim(1).squeeze_dim::<2>(1));
        let loss = CrossEntropyLossConfig::new().init(&output.device()).forward(output.clone(), batch.first.clone());
        ClassificationOutput { loss, output, targets: batch.first }
    }
}

/// Sequences on a device: tokens numbered apart by their position, and which the first is.
#[derive(Clone, Debug)]
pub struct Batch {
    tokens: Tensor<2, Int>,
    first: Tensor<1, Int>,
}

impl Batch {
    /// Sequences moved to a device.
    #[must_use]
    pub fn new(sequences: &[Sequence], device: &Device) -> Self {
        let at = |(position, token): (usize, &i32)| token + (VOCABULARY * position) as i32;
        let tokens: Vec<i32> = sequences.iter().flat_map(|sequence| sequence.iter().enumerate().map(at)).collect();
        let first: Vec<i32> = sequences.iter().map(|sequence| sequence[0]).collect();
        Self {
            tokens: Tensor::from_data(TensorData::new(tokens, [sequences.len(), LENGTH]), device),
            first: Tensor::from_data(TensorData::new(first, [sequences.len()]), device),
        }
    }
}

impl TrainStep for Classifier {
    type Input = Batch;
    type Output = ClassificationOutput;

    fn step(&self, batch: Batch) -> TrainOutput<ClassificationOutput> {
        let output = self.output(batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }

    fn optimize(self, optim: &mut ModuleOptimizer, lr: ModuleLearningRate, grads: GradientsParams) -> Self {
        let (grads, _norm) = clip_by_global_norm(&self, grads, MAX_NORM).expect("gradients of this very module");
        optim.step(lr, self, grads)
    }
}

impl InferenceStep for Classifier {
    type Input = Batch;
    type Output = ClassificationOutput;

    fn step(&self, batch: Batch) -> ClassificationOutput {
        self.output(batch)
    }
}

/// The µP plan of a width, with width 16 as the base: Muon for matrices, no decay of biases, gains and embeddings, and
/// embeddings at twice their rate.
///
/// # Errors
///
/// [`RuleError`] if the model has no such tensors.
///
/// # Panics
///
/// Never: the three models are of one family.
pub fn plan(width: usize, device: &Device) -> Result<ScalingPlan, RuleError> {
    let model = |width| Classifier::new(width, device);
    let shapes = mup_shapes::infer(&model(16), &model(32), &model(width)).expect("one family");
    ScalingPlan::of(&shapes, Parametrization::mup())
        .optimizer(Role::Hidden, OptimizerId::MUON)
        .overrides(Overrides::decay_matrices_only())
        .rate("embedding.*", 2.0)
        .build()
}

/// The model of a plan, with weights drawn from it.
///
/// # Panics
///
/// Never: the plan is this model's.
#[must_use]
pub fn initialized(plan: &ScalingPlan, width: usize, seed: u64, device: &Device) -> Classifier {
    let spec = InitSpec::new().zero_readout();
    mup_init::initialize(Classifier::new(width, device), plan, &spec, seed).expect("the plan is this model's")
}

/// Both optimizers of the plan as one.
///
/// # Errors
///
/// [`OptimError`] if the plan is not the model's.
pub fn optimizer(plan: &ScalingPlan, model: &Classifier) -> Result<ModuleOptimizer, OptimError> {
    MupOptimizer::new(plan, model)
        .with(MupAdamWConfig::new().with_weight_decay(0.1))
        .with(MupMuonConfig::new().with_relative_rate(2.0))
        .build()
}

/// Sequences, always the same.
#[must_use]
pub fn sequences(n: usize) -> Vec<Sequence> {
    let token = |i: usize| ((i * i + 3 * i) * 7919 / 13 % VOCABULARY) as i32;
    (0..n).map(|i| std::array::from_fn(|position| token(LENGTH * i + position))).collect()
}

#[derive(Clone, Debug)]
struct SequenceBatcher;

impl Batcher<Sequence, Batch> for SequenceBatcher {
    fn batch(&self, sequences: Vec<Sequence>, device: &Device) -> Batch {
        Batch::new(&sequences, device)
    }
}

/// Batches of sequences, in their order.
#[must_use]
pub fn loader(sequences: Vec<Sequence>, device: &Device) -> Arc<dyn DataLoader<Batch>> {
    let builder = DataLoaderBuilder::new(SequenceBatcher).batch_size(BATCH).set_device(device.clone());
    builder.build(InMemDataset::new(sequences))
}
