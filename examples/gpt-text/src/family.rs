//! The family of models: GPTs of any width, on text.

use std::path::Path;

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_data::{Batch, Order, even_batch};
use mup_init::{Distribution, InitSpec};
use mup_models::{Gpt, GptConfig, Sampler, cross_entropy, shape_reader};
use mup_optim::MupAdamWConfig;
use mup_probe::Probe;
use mup_rules::ScalingPlan;
use mup_shapes::ShapeReader;
use mup_train::{Family, FamilyError, MicroBatch, Size, Training, write_safetensors};

use crate::configuration::{BETA_1, BETA_2, Configuration, EPSILON, MAX_NORM, TRAINING_VERSION, WEIGHT_DECAY};
use crate::data::{self, Data};
use crate::error::TextError;

/// Batches over which the validation loss is averaged.
const VALIDATION_BATCHES: usize = 8;
/// Tokens sampled from each trained model, after a prompt from the validation text.
const SAMPLE_TOKENS: usize = 240;
const PROMPT_TOKENS: u64 = 32;
/// Without tuning: the rate that nanoGPT's configuration for characters has, as has PyTorch's AdamW.
const DEFAULT_RATE: f64 = 0.001;
/// Base, rate and steps of a check; the rate is what a proxy of width 64 likes.
const CHECKED_WIDTH: usize = 32;
const CHECKED_RATE: f64 = 1.0 / 64.0;
const CHECKED_STEPS: usize = 150;
/// Names of a size's numbers: what grows, and what stays.
const WIDTH: &str = "width";
const D_HEAD: &str = "d_head";
/// Name of the number of blocks in a size.
pub const DEPTH: &str = "depth";

/// What a family of a check has in common, whatever its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Width of a head; heads grow in number.
    pub d_head: usize,
    /// Number of blocks.
    pub n_layer: usize,
    /// Length of a training sequence, in bytes of text.
    pub context: usize,
    /// Sequences in a batch.
    pub batch: usize,
}

/// Relative-attention GPTs on text: heads have one width and grow in number, as in GPT-3, and the feed-forward branch is
/// four times as wide as the model.
#[derive(Clone, Debug)]
pub struct TextFamily {
    configuration: Configuration,
    alphas: Alphas,
    rate: f64,
    steps: usize,
    /// Of the text.
    sha256: String,
    /// A plan needs none.
    data: Option<Data>,
}

/// Multipliers, constants of the model.
#[derive(Clone, Copy, Debug)]
struct Alphas {
    attention: f64,
    output: f64,
    embedding: f64,
    relative: f64,
}

impl TextFamily {
    /// With everything at its usual value, on a text of this digest.
    #[must_use]
    pub fn new(configuration: Configuration, sha256: String, data: Option<Data>) -> Self {
        let alphas = Alphas { attention: 1.0, output: 1.0, embedding: 1.0, relative: 1.0 };
        Self { configuration, alphas, rate: DEFAULT_RATE, steps: CHECKED_STEPS, sha256, data }
    }

    /// For checks on a text, or on the source of Burn.
    ///
    /// # Errors
    ///
    /// A text that cannot be read, or is too short.
    pub fn of_text(sizes: Sizes, text: Option<&Path>) -> Result<Self, FamilyError> {
        let Sizes { d_head, n_layer, context, batch } = sizes;
        let (base_width, weight_decay, order, vocab) = (CHECKED_WIDTH, WEIGHT_DECAY, Order::Random, 256);
        let configuration = Configuration { base_width, d_head, n_layer, context, batch, weight_decay, order, vocab };
        let data = Data::in_memory(data::text(text)?, context)?;
        Ok(Self { rate: CHECKED_RATE, ..Self::new(configuration, data.sha256().to_owned(), Some(data)) })
    }

    /// A size by its numbers.
    #[must_use]
    pub fn named_size(width: usize, d_head: usize, n_layer: usize) -> Size {
        Size::new([(WIDTH, width), (D_HEAD, d_head), (DEPTH, n_layer)])
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// [`TextError::NoText`].
    pub fn data(&self) -> Result<&Data, TextError> {
        self.data.as_ref().ok_or(TextError::NoText)
    }

    fn config(&self, size: &Size) -> GptConfig {
        let Configuration { vocab, context, .. } = self.configuration;
        let (width, d_head) = (size[WIDTH], size[D_HEAD]);
        let heads = width.checked_div(d_head).unwrap_or(0);
        GptConfig::new(vocab, context, size[DEPTH], width, heads, d_head, 4 * width)
            .with_alpha_attention(self.alphas.attention)
            .with_alpha_output(self.alphas.output)
            .with_alpha_embedding(self.alphas.embedding)
            .with_alpha_relative(self.alphas.relative)
    }

    /// Tokens and targets, brought to the device together.
    fn tensors(batch: Batch, device: &Device) -> [Tensor<2, Int>; 2] {
        let ([rows, columns], mut values) = (batch.shape, batch.tokens);
        values.extend(batch.targets);
        let both = Tensor::<2, Int>::from_data(TensorData::new(values, [2 * rows, columns]), device);
        [both.clone().narrow(0, 0, rows), both.narrow(0, rows, rows)]
    }
}

impl Family for TextFamily {
    type Model = Gpt;
    /// Tokens, and those that follow them.
    type Batch = [Tensor<2, Int>; 2];

    fn name(&self) -> String {
        "GPT on text".to_owned()
    }

    fn size(&self) -> Size {
        let Configuration { base_width, d_head, n_layer, .. } = self.configuration;
        Self::named_size(base_width, d_head, n_layer)
    }

    fn model(&self, size: &Size, device: &Device) -> Result<Gpt, FamilyError> {
        let (base_width, d_head, n_layer) = (size[WIDTH], size[D_HEAD], size[DEPTH]);
        Configuration { base_width, d_head, n_layer, ..self.configuration.clone() }.check(&[])?;
        Ok(self.config(size).init(device)?)
    }

    /// Windows of the text, a pure function of seed and step.
    fn batch(&self, seed: u64, part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        let Configuration { batch, context, order, .. } = self.configuration;
        let rows = part.part_of(batch)?;
        let windows = order.rows(&self.data()?.train, [batch, context], seed, part.step as u64, rows)?;
        Ok(Self::tensors(windows, device))
    }

    fn loss(
        &self,
        model: &Gpt,
        [tokens, targets]: &Self::Batch,
        probe: &mut impl Probe,
    ) -> Result<Tensor<1>, FamilyError> {
        let logits: Tensor<2> = model.forward_probed(tokens.clone(), probe).flatten(0, 1);
        Ok(cross_entropy(logits, targets.clone().flatten(0, 1)))
    }

    /// Weights of variance 1/fan_in at base width, branches ending in GPT-2's 1/√(2·n_layer), readout and queries zero
    /// (TP-V D.2).
    fn start(&self, base: &Size) -> InitSpec {
        let residual = 1.0 / (2.0 * base[DEPTH] as f64).sqrt();
        let spec = InitSpec::new().embedding(Distribution::Normal { std: 1.0 });
        let spec = GptConfig::residual_projections().into_iter().fold(spec, |spec, paths| spec.scale(paths, residual));
        spec.zero_readout().zero_query([GptConfig::queries()])
    }

    fn reader(&self) -> ShapeReader {
        shape_reader()
    }

    fn optimizer(&self, plan: &ScalingPlan, model: &Gpt, peak: f64) -> Result<ModuleOptimizer, FamilyError> {
        let adamw = MupAdamWConfig::new().with_beta_1(BETA_1).with_beta_2(BETA_2).with_epsilon(EPSILON);
        let adamw = adamw.with_peak_learning_rate(plan.peak_of_decay(peak));
        Ok(adamw.with_weight_decay(self.configuration.weight_decay).init(plan, model)?)
    }

    fn training(&self) -> Training {
        Training::new(self.steps, self.rate).with_max_norm(MAX_NORM)
    }

    fn hyperparameters(&mut self) -> Vec<(&'static str, &mut f64)> {
        let Alphas { attention, output, embedding, relative } = &mut self.alphas;
        vec![
            ("alpha-attention", attention),
            ("alpha-output", output),
            ("alpha-embedding", embedding),
            ("alpha-relative", relative),
            ("weight-decay", &mut self.configuration.weight_decay),
        ]
    }

    fn evaluate(&self, model: &Gpt, device: &Device) -> Result<Option<f64>, FamilyError> {
        let Configuration { batch, context, .. } = self.configuration;
        let loss = |part| -> Result<Tensor<1>, FamilyError> {
            let batch = even_batch(&self.data()?.validation, [batch, context], part, VALIDATION_BATCHES)?;
            let [tokens, targets] = Self::tensors(batch, device);
            Ok(model.loss(tokens, targets))
        };
        // Read together: a GPU is waited for once.
        let losses = Tensor::cat((0..VALIDATION_BATCHES).map(loss).collect::<Result<_, _>>()?, 0).into_data();
        Ok(Some(losses.iter::<f64>().sum::<f64>() / VALIDATION_BATCHES as f64))
    }

    fn tokens_per_step(&self) -> u64 {
        (self.configuration.batch * self.configuration.context) as u64
    }

    fn fingerprint(&self) -> String {
        let Configuration { batch, context, order, .. } = self.configuration;
        let constants = format!("β {BETA_1}, {BETA_2}, ε {EPSILON:e}");
        let data = format!("text {} in {order:?} order, batch {:?}", self.sha256, [batch, context]);
        format!("training code {TRAINING_VERSION}, {constants}, {data}")
    }

    /// Of all matrix products of training on one token: forward, and twice that backward.
    ///
    /// Per block and token, with h = d_head·n_head = d: q, k, v, W_{k,R}, output 5·2d², feed-forward 2·2·4d²; per position
    /// attended to 2d each for q·k, q·W_{k,R}R and weights·v, over a whole context, since the mask saves nothing. The
    /// readout is 2·d·vocab.
    fn flops_per_token(&self, size: &Size) -> Option<f64> {
        let Configuration { context, vocab, batch, .. } = self.configuration;
        let [d, n_layer, context, vocab] = [size[WIDTH], size[DEPTH], context, vocab].map(|n| n as f64);
        // W_{k,R} multiplies one vector for each distance, shared by the batch.
        let relative = 2.0 * d * d / batch as f64;
        let block = 4.0 * 2.0 * d * d + relative + 2.0 * 2.0 * 4.0 * d * d + 3.0 * 2.0 * context * d;
        Some(3.0 * (n_layer * block + 2.0 * d * vocab))
    }

    /// A text: a round trip to the device for each token.
    fn sample(&self, model: &Gpt, seed: u64) -> Result<Option<String>, FamilyError> {
        continued(model, self.data()?, seed)
    }

    fn export(&self, model: &Gpt, path: &Path, fold: bool) -> Result<String, FamilyError> {
        let layouts = if fold {
            write_safetensors(&model.valid().folded()?, path, &GptConfig::multipliers())?
        } else {
            write_safetensors(&model.valid(), path, &[])?
        };
        Ok(layouts.to_string())
    }

    /// Of a model that knows how often each token occurs and nothing of what precedes it.
    ///
    /// An unstable run still learns that much, so ln 256 would be a mark that it hardly ever comes back to.
    fn loss_without_input(&self) -> Result<Option<f64>, FamilyError> {
        Ok(Some(self.data()?.entropy()?))
    }
}

/// The prompt and what a model makes of it; none if the model diverged.
fn continued(model: &Gpt, data: &Data, seed: u64) -> Result<Option<String>, FamilyError> {
    let length = PROMPT_TOKENS.min(data.validation.len()) as usize;
    let prompt = data.validation.window(0, length)?;
    let tokens: Vec<usize> = prompt.iter().map(|token| *token as usize).collect();
    let mut sampler = Sampler::new(seed).with_temperature(0.8)?;
    let continued = match model.generate(&tokens, SAMPLE_TOKENS, &mut sampler) {
        Err(mup_models::ModelError::NoFiniteLogit) => return Ok(None),
        continued => continued?,
    };
    let tokens: Vec<u32> = tokens.into_iter().chain(continued).map(|token| token as u32).collect();
    Ok(Some(data.tokenizer.decode(&tokens)?))
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int, Tensor};
    use mup_data::Batch;

    use super::TextFamily;

    #[test]
    fn tokens_and_targets_of_one_upload_are_those_of_the_batch() {
        let batch = Batch { tokens: vec![1, 2, 3, 4, 5, 6], targets: vec![2, 3, 9, 5, 6, 7], shape: [2, 3] };
        for device in [Device::flex(), Device::flex().autodiff()] {
            let [tokens, targets] = TextFamily::tensors(batch.clone(), &device);
            let numbers =
                |tensor: Tensor<2, Int>| (tensor.dims(), tensor.into_data().iter::<i32>().collect::<Vec<_>>());
            assert_eq!(numbers(tokens), (batch.shape, batch.tokens.clone()));
            assert_eq!(numbers(targets), (batch.shape, batch.targets.clone()));
        }
    }
}
