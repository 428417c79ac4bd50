//! One decoder and its batch: the configuration on our side, what is sent to the other, and the operations that it needs.

use std::str::FromStr;

use mup_models::{GptConfig, ModelError, Sizes};
use mup_rules::Parametrization;
use serde::{Deserialize, Serialize};

/// Width of a head, at every width.
pub(crate) const D_HEAD: usize = 32;
/// Width of the base model; the delta is twice as wide.
pub(crate) const BASE: usize = 64;
/// Number of tokens.
pub(crate) const VOCAB: usize = 256;
/// Base learning rate: so small that training stays tame through any number of steps on random tokens, so large that
/// three steps change the loss by far more than rounding does.
pub(crate) const LEARNING_RATE: f64 = 2e-3;

/// Which decoder is trained, and beside whose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decoder {
    /// A relative-attention GPT, `d_ffn` = 4 `d_model`, biases, untied, in microsoft/mup's µP; beside the same in PyTorch.
    #[default]
    Gpt,
    /// A Llama, `d_ffn` = 3.5 `d_model`, two heads of queries for each of keys, untied, in SP, which is all that the other side
    /// knows; beside transformers' with PyTorch's fused attention.
    Llama,
}

impl Decoder {
    /// Widths are multiples of it: of a head, or of the heads that share keys.
    pub(crate) fn narrowest(self) -> usize {
        match self {
            Self::Gpt => D_HEAD,
            Self::Llama => 2 * D_HEAD,
        }
    }

    pub(crate) fn parametrization(self) -> Parametrization {
        match self {
            Self::Gpt => Parametrization::mup_package(),
            Self::Llama => Parametrization::standard(),
        }
    }

    fn is_gpt(&self) -> bool {
        *self == Self::Gpt
    }
}

/// A decoder with heads of width 32 and 256 tokens, and its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shape {
    #[serde(default, skip_serializing_if = "Decoder::is_gpt")]
    pub(crate) model: Decoder,
    pub(crate) d_model: usize,
    pub(crate) n_layer: usize,
    /// Sequences in a batch.
    pub(crate) batch: usize,
    /// Tokens in a sequence.
    pub(crate) length: usize,
}

/// The shapes of the issue: four widths, and one deeper model on longer sequences.
pub(crate) const SHAPES: [Shape; 5] = [
    Shape::gpt(64, 4, 8, 128),
    Shape::gpt(128, 4, 8, 128),
    Shape::gpt(256, 4, 8, 128),
    Shape::gpt(512, 4, 8, 128),
    Shape::gpt(256, 8, 8, 256),
];

/// The same widths, and a long context.
pub(crate) const LLAMA_SHAPES: [Shape; 5] = [
    Shape::gpt(64, 4, 8, 128).of(Decoder::Llama),
    Shape::gpt(128, 4, 8, 128).of(Decoder::Llama),
    Shape::gpt(256, 4, 8, 128).of(Decoder::Llama),
    Shape::gpt(512, 4, 8, 128).of(Decoder::Llama),
    Shape::gpt(256, 4, 1, 2048).of(Decoder::Llama),
];

/// Beside PyTorch on a GPU: from where launches decide to where products do. 2048 × 8 are 400 million parameters.
pub(crate) const GPU_SHAPES: [Shape; 3] =
    [Shape::gpt(256, 4, 8, 128), Shape::gpt(1024, 4, 8, 256), Shape::gpt(2048, 8, 8, 128)];

impl Shape {
    pub(crate) fn config(self) -> GptConfig {
        self.config_of_width(self.d_model)
    }

    /// Of a GPT.
    pub(crate) const fn gpt(d_model: usize, n_layer: usize, batch: usize, length: usize) -> Self {
        Self { model: Decoder::Gpt, d_model, n_layer, batch, length }
    }

    /// The same sizes of another decoder.
    pub(crate) const fn of(self, model: Decoder) -> Self {
        Self { model, ..self }
    }

    /// The config of another member of its family.
    pub(crate) fn config_of_width(self, d_model: usize) -> GptConfig {
        let (n_layer, context, n_head) = (self.n_layer, self.length, d_model / D_HEAD);
        match self.model {
            Decoder::Gpt => GptConfig::new(VOCAB, context, n_layer, d_model, n_head, D_HEAD, 4 * d_model),
            Decoder::Llama => {
                let (n_kv_head, d_ffn) = (n_head / 2, 7 * d_model / 2);
                let (vocab, d_head) = (VOCAB, D_HEAD);
                GptConfig::llama(Sizes { vocab, context, n_layer, d_model, n_head, n_kv_head, d_head, d_ffn })
            }
        }
    }

    pub(crate) fn n_parameters(self) -> usize {
        self.config().parameter_count()
    }

    pub(crate) fn tokens(self) -> usize {
        self.batch * self.length
    }

    /// Floating-point operations of the matrix products in one training step, two for each multiply-add; whole squares of the
    /// attention, although half of each is masked.
    pub(crate) fn flops(self) -> f64 {
        match self.model {
            Decoder::Gpt => self.flops_of_gpt(),
            Decoder::Llama => 3.0 * self.tokens() as f64 * self.config().forward_flops_per_token(self.length),
        }
    }

    /// With N = B·T tokens, width d, feed-forward width 4d, V tokens, forward:
    ///
    /// - query, key, value, output: 4 · 2Nd²; feed-forward: 2 · 2N·d·4d;
    /// - logits by content, logits by position, mixing the values: 3 · 2B·T²·d, whole squares, as both sides compute
    ///   them, although half of each is masked;
    /// - relative keys, shared by the batch: 2T·d²;
    /// - readout, once: 2N·d·V.
    ///
    /// Backward, every product becomes two, by input and by weight; the relative keys' input is constant, so they
    /// become one. Everything that is no product of matrices is left out.
    fn flops_of_gpt(self) -> f64 {
        let [d, batch, length, layers, vocab] =
            [self.d_model, self.batch, self.length, self.n_layer, VOCAB].map(|size| size as f64);
        let tokens = batch * length;
        let projections = 2.0 * tokens * d * (4.0 * d + 8.0 * d);
        let attention = 3.0 * 2.0 * batch * length * length * d;
        let relative = 2.0 * length * d * d;
        let readout = 2.0 * tokens * d * vocab;
        layers * (3.0 * (projections + attention) + 2.0 * relative) + 3.0 * readout
    }

    /// Whether a model of this shape exists, with the reason if not.
    pub(crate) fn check(self) -> Result<(), ShapeError> {
        let Self { model, d_model, batch, .. } = self;
        let narrowest = model.narrowest();
        if d_model == 0 || !d_model.is_multiple_of(narrowest) {
            return Err(ShapeError::Width { d_model, narrowest });
        }
        if batch == 0 {
            return Err(ShapeError::Batch);
        }
        self.config().init(&burn::tensor::Device::flex())?;
        Ok(())
    }
}

/// A shape that no model has.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShapeError {
    /// Not four numbers.
    #[error("shape `{text}`: write width×layers×batch×length, such as 256x4x8x128")]
    Form { text: String },
    /// Heads have a fixed width.
    #[error("shape: width {d_model} is not a positive multiple of {narrowest}, the width of its heads that share keys")]
    Width { d_model: usize, narrowest: usize },
    /// Nothing to train on.
    #[error("shape: a batch of 0 sequences trains nothing; the least is 1")]
    Batch,
    /// Something else that the model's configuration refuses.
    #[error("shape: {0}")]
    Model(#[from] ModelError),
}

impl FromStr for Shape {
    type Err = ShapeError;

    fn from_str(text: &str) -> Result<Self, ShapeError> {
        let form = || ShapeError::Form { text: text.to_owned() };
        let sizes: Result<Vec<usize>, _> = text.split(['x', '×']).map(str::parse).collect();
        let [d_model, n_layer, batch, length] = sizes.ok().and_then(|sizes| sizes.try_into().ok()).ok_or_else(form)?;
        let shape = Self::gpt(d_model, n_layer, batch, length);
        shape.check().map(|()| shape)
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("d = {}, {} layers, {} × {}", self.d_model, self.n_layer, self.batch, self.length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operations_of_a_small_shape_are_those_counted_by_hand() {
        let shape = Shape::gpt(32, 2, 3, 5);
        // Each product m × k times k × n: 2mkn, forward, backward by input, backward by weight.
        let product = |m: usize, k: usize, n: usize| 3 * 2 * m * k * n;
        let layer = 4 * product(15, 32, 32)
            + product(15, 32, 128)
            + product(15, 128, 32)
            + 3 * (product(5, 32, 5) + product(5, 32, 5) + product(5, 5, 32))
            + product(5, 32, 32) / 3 * 2;
        let whole = 2 * layer + product(15, 32, 256);
        assert!((shape.flops() - whole as f64).abs() < 0.5, "{} {whole}", shape.flops());
    }

    #[test]
    fn the_operations_of_a_small_llama_are_those_counted_by_hand() {
        let shape = Shape::gpt(64, 2, 3, 5).of(Decoder::Llama);
        let product = |m: usize, k: usize, n: usize| 3 * 2 * m * k * n;
        // Queries and output, keys and values of half the heads, three maps of 224; two products with each key.
        let layer = 2 * product(15, 64, 64)
            + 2 * product(15, 64, 32)
            + 3 * product(15, 64, 224)
            + 3 * 2 * (product(5, 32, 5) + product(5, 5, 32));
        let whole = 2 * layer + product(15, 64, 256);
        assert!((shape.flops() - whole as f64).abs() < 0.5, "{} {whole}", shape.flops());
        assert_eq!(serde_json::to_value(shape).expect("JSON")["model"], "llama");
        assert!(serde_json::to_value(SHAPES[0]).expect("JSON").get("model").is_none(), "as before there were two");
        let message = Shape::gpt(96, 1, 1, 8).of(Decoder::Llama).check().expect_err("three heads").to_string();
        assert!(message.contains("width 96") && message.contains("multiple of 64"), "{message}");
    }

    #[test]
    fn a_wide_model_needs_six_operations_a_token_and_parameter() {
        let shape = Shape::gpt(4096, 4, 8, 64);
        let (layers, vocab) = (12 * 4 * 4096 * 4096, 256 * 4096);
        let six = 6.0 * (shape.tokens() * (layers + vocab)) as f64;
        assert!((shape.flops() / six - 1.0).abs() < 0.03);
    }

    #[test]
    fn a_shape_is_read_as_it_is_written_and_nonsense_is_explained() {
        let shape: Shape = "64x4x8x128".parse().expect("a shape");
        assert_eq!(shape, SHAPES[0]);
        let message = |text: &str| text.parse::<Shape>().expect_err("refused").to_string();
        assert!(message("64x4x8").contains("width×layers×batch×length"));
        assert!(message("48x4x8x128").contains("width 48"));
        assert!(message("64x0x8x128").contains("n_layer"));
        assert!(message("64x4x0x128").contains("batch of 0"));
    }
}
