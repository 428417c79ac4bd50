//! The family of models: decoders of any width, on text.

use std::path::Path;

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_data::{Batch, Order, Tokenizer, even_batch};
use mup_files::sha256;
use mup_hugging_face::{Export, HuggingFaceError};
use mup_init::{Distribution, InitSpec};
use mup_models::{Gpt, GptConfig, Positions, Sampler, shape_reader};
use mup_optim::MupAdamWConfig;
use mup_probe::Probe;
use mup_rules::ScalingPlan;
use mup_shapes::ShapeReader;
use mup_train::{Family, FamilyError, MicroBatch, Size, Training, write_safetensors};

use crate::configuration::{BETA_1, BETA_2, Configuration, EPSILON, MAX_NORM, TRAINING_VERSION, WEIGHT_DECAY};
use crate::data::{self, Data};
use crate::error::TextError;
use crate::model::{D_FFN, DEPTH, Model, N_HEAD};
use crate::source::Origin;

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

/// What a family of a check has in common, whatever its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Which decoder.
    pub model: Model,
    /// Width of a head; heads grow in number.
    pub d_head: usize,
    /// Number of blocks.
    pub n_layer: usize,
    /// Length of a training sequence, in bytes of text.
    pub context: usize,
    /// Sequences in a batch.
    pub batch: usize,
    /// Number of heads, where it does not follow the width.
    pub n_head: Option<usize>,
    /// Width of the feed-forward branch, where it does not follow the model's.
    pub d_ffn: Option<usize>,
}

/// Decoders on text: heads have one width and grow in number, and with them, in one ratio, heads of keys, the feed-forward
/// branch and experts.
#[derive(Clone, Debug)]
pub struct TextFamily {
    configuration: Configuration,
    alphas: Alphas,
    rate: f64,
    steps: usize,
    /// Of a size, beside those of every size of the model.
    named: Vec<(&'static str, usize)>,
    origin: Origin,
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
    /// With everything at its usual value, on tokens of this origin.
    #[must_use]
    pub fn new(configuration: Configuration, origin: Origin, data: Option<Data>) -> Self {
        let alphas = Alphas { attention: 1.0, output: 1.0, embedding: 1.0, relative: 1.0 };
        Self { configuration, alphas, rate: DEFAULT_RATE, steps: CHECKED_STEPS, named: Vec::new(), origin, data }
    }

    /// For checks on a text, or on the source of Burn.
    ///
    /// # Errors
    ///
    /// A text that cannot be read, or is too short.
    pub fn of_text(sizes: Sizes, text: Option<&Path>) -> Result<Self, FamilyError> {
        let Sizes { model, d_head, n_layer, context, batch, n_head, d_ffn } = sizes;
        let (base_width, weight_decay, order, vocab) = (CHECKED_WIDTH, WEIGHT_DECAY, Order::Random, 256);
        let configuration =
            Configuration { model, base_width, d_head, n_layer, context, batch, weight_decay, order, vocab };
        let data = Data::in_memory(data::text(text)?, context)?;
        let named = [(N_HEAD, n_head), (D_FFN, d_ffn)].into_iter().filter_map(|(name, number)| Some((name, number?)));
        let family = Self::new(configuration, data.origin().clone(), Some(data));
        Ok(Self { rate: CHECKED_RATE, named: named.collect(), ..family })
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// [`TextError::NoText`].
    pub fn data(&self) -> Result<&Data, TextError> {
        self.data.as_ref().ok_or(TextError::NoText)
    }

    fn config(&self, size: &Size) -> Result<GptConfig, TextError> {
        let Configuration { model, vocab, context, .. } = self.configuration;
        let Alphas { attention, output, embedding, relative } = self.alphas;
        let config = model.config(vocab, context, size)?.with_alpha_attention(attention).with_alpha_output(output);
        Ok(config.with_alpha_embedding(embedding).with_alpha_relative(relative))
    }

    /// Of what no shape shows in a preset; GPT-3's are as old as this family.
    fn constants(&self) -> Option<String> {
        let Configuration { model, .. } = self.configuration;
        let config = model.config(1, 1, &model.size(16, 4, 1)).ok().filter(|_| model != Model::Gpt3)?;
        Some(format!("{model} {}", &sha256(config.to_string())[..12]))
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
        match self.configuration.model {
            Model::Gpt3 => "GPT on text".to_owned(),
            model => format!("{model} on text"),
        }
    }

    fn size(&self) -> Size {
        let Configuration { model, base_width, d_head, n_layer, .. } = self.configuration;
        let size = model.size(base_width, d_head, n_layer);
        Size::new(size.iter().chain(self.named.iter().copied()))
    }

    fn model(&self, size: &Size, device: &Device) -> Result<Gpt, FamilyError> {
        self.configuration.check(size)?;
        Ok(self.config(size)?.init(device)?)
    }

    /// Windows of the text, a pure function of seed and step.
    fn batch(&self, seed: u64, part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        let Configuration { batch, context, order, .. } = self.configuration;
        let rows = part.part_of(batch)?;
        let windows = order.rows(&self.data()?.train, [batch, context], seed, part.step as u64, rows)?;
        Ok(Self::tensors(windows, device))
    }

    /// The model's own: of a mixture of experts with what keeps them balanced.
    fn loss(
        &self,
        model: &Gpt,
        [tokens, targets]: &Self::Batch,
        probe: &mut impl Probe,
    ) -> Result<Tensor<1>, FamilyError> {
        Ok(model.loss_probed(tokens.clone(), targets.clone(), probe))
    }

    /// Weights of variance 1/fan_in at base width, branches ending in GPT-2's 1/√(2·n_layer), readout and queries zero
    /// (TP-V D.2); but queries that are normalized have one size however they start, and none at zero.
    fn start(&self, base: &Size) -> InitSpec {
        let residual = 1.0 / (2.0 * base[DEPTH] as f64).sqrt();
        let spec = InitSpec::new().embedding(Distribution::Normal { std: 1.0 });
        // Of a size without a model there is no start either, and `model` says why.
        let Ok(config) = self.config(base) else { return spec };
        let closing = config.residual_projections();
        let spec = closing.into_iter().fold(spec, |spec, paths| spec.scale(paths, residual)).zero_readout();
        if config.qk_norm { spec } else { spec.zero_query([GptConfig::queries()]) }
    }

    fn untested(&self, base: &Size, target: &Size) -> Vec<String> {
        let changes = |base: GptConfig, target: GptConfig| {
            target.untested_changes(&base).iter().map(ToString::to_string).collect()
        };
        // A size without a model is refused elsewhere.
        self.config(base)
            .ok()
            .zip(self.config(target).ok())
            .map_or_else(Vec::new, |(base, target)| changes(base, target))
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
        // Without relative positions it would do nothing.
        let relative = (self.configuration.model == Model::Gpt3).then_some(("alpha-relative", relative));
        let alphas = [("alpha-attention", attention), ("alpha-output", output), ("alpha-embedding", embedding)];
        alphas.into_iter().chain(relative).chain([("weight-decay", &mut self.configuration.weight_decay)]).collect()
    }

    /// The cross-entropy alone.
    fn evaluate(&self, model: &Gpt, device: &Device) -> Result<Option<f64>, FamilyError> {
        let Configuration { batch, context, .. } = self.configuration;
        let loss = |part| -> Result<Tensor<1>, FamilyError> {
            let batch = even_batch(&self.data()?.validation, [batch, context], part, VALIDATION_BATCHES)?;
            let [tokens, targets] = Self::tensors(batch, device);
            Ok(model.cross_entropy(tokens, targets))
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
        let data = format!("{} in {order:?} order, batch {:?}", self.origin, [batch, context]);
        let model = self.constants().map_or_else(String::new, |constants| format!("{constants}, "));
        format!("{model}training code {TRAINING_VERSION}, {constants}, {data}")
    }

    /// Of all matrix products of training on one token: forward, and twice that backward, with the relative keys, of which there
    /// is one for each distance, shared by the batch.
    fn flops_per_token(&self, size: &Size) -> Option<f64> {
        let Configuration { context, batch, .. } = self.configuration;
        let config = self.config(size).ok()?;
        let keys = config.n_layer * config.d_model * config.kv_heads() * config.d_head;
        let relative = if config.positions == Positions::Relative { 2.0 * keys as f64 / batch as f64 } else { 0.0 };
        Some(3.0 * (config.forward_flops_per_token(context) + relative))
    }

    /// A text: a round trip to the device for each token.
    fn sample(&self, model: &Gpt, seed: u64) -> Result<Option<String>, FamilyError> {
        continued(model, self.data()?, seed)
    }

    /// Weights into a file whose name ends in `.safetensors`; a checkpoint of Hugging Face's transformers, folded and with its
    /// tokenizer, into a folder of any other name.
    fn export(&self, model: &Gpt, path: &Path, fold: bool) -> Result<String, FamilyError> {
        if is_checkpoint(path) {
            let written = checkpoint(model, self.data()?.tokenizer.as_ref(), path);
            return written.map_err(|error| unwritten(path, &error));
        }
        let layouts = if fold {
            write_safetensors(&model.valid().folded()?, path, &GptConfig::multipliers())?
        } else {
            write_safetensors(&model.valid(), path, &[])?
        };
        Ok(layouts.to_string())
    }

    fn check_export(&self, model: &Gpt, path: &Path, _fold: bool) -> Result<(), FamilyError> {
        if is_checkpoint(path) {
            let checked = exported(self.data()?.tokenizer.as_ref()).check(&model.config(), path);
            return checked.map(drop).map_err(|error| unwritten(path, &error));
        }
        if path.is_dir() {
            return Err(format!("cannot write {}: it is a folder; name a file", path.display()).into());
        }
        Ok(())
    }

    /// Of a model that knows how often each token occurs and nothing of what precedes it.
    ///
    /// An unstable run still learns that much, so ln 256 would be a mark that it hardly ever comes back to.
    fn loss_without_input(&self) -> Result<Option<f64>, FamilyError> {
        Ok(Some(self.data()?.entropy()?))
    }
}

/// By its name: weights alone have one of their own.
fn is_checkpoint(path: &Path) -> bool {
    path.extension().is_none_or(|ending| ending != "safetensors")
}

fn exported(tokenizer: Option<&Tokenizer>) -> Export {
    tokenizer.map_or_else(Export::new, |tokenizer| Export::new().with_tokenizer(tokenizer.to_hugging_face()))
}

fn unwritten(path: &Path, error: &HuggingFaceError) -> FamilyError {
    let remedy = "weights alone go into a file `.safetensors`, and `--model llama` is one that it loads";
    format!("{}: {error}; {remedy}", path.display()).into()
}

/// Writes what transformers loads, and says as which class.
fn checkpoint(model: &Gpt, tokenizer: Option<&Tokenizer>, folder: &Path) -> Result<String, HuggingFaceError> {
    let class = exported(tokenizer).write(&model.valid(), folder)?;
    let without =
        if tokenizer.is_none() { ", without a tokenizer, since nobody said what the tokens mean" } else { "" };
    Ok(format!("a checkpoint for transformers, {class}, with the multipliers in its weights{without}"))
}

/// The prompt and what a model makes of it; none if the model diverged, or nobody says what its tokens mean.
fn continued(model: &Gpt, data: &Data, seed: u64) -> Result<Option<String>, FamilyError> {
    let Some(tokenizer) = &data.tokenizer else { return Ok(None) };
    let length = PROMPT_TOKENS.min(data.validation.len()) as usize;
    let prompt = data.validation.window(0, length)?;
    let tokens: Vec<usize> = prompt.iter().map(|token| *token as usize).collect();
    let mut sampler = Sampler::new(seed).with_temperature(0.8)?;
    let continued = match model.generate(&tokens, SAMPLE_TOKENS, &mut sampler) {
        Err(mup_models::ModelError::NoFiniteLogit) => return Ok(None),
        continued => continued?,
    };
    let tokens: Vec<u32> = tokens.into_iter().chain(continued).map(|token| token as u32).collect();
    Ok(Some(tokenizer.decode(&tokens)?))
}

#[cfg(test)]
mod tests;
