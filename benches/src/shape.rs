//! One GPT and its batch: the configuration on our side, what is sent to the other, and the operations that it needs.

use std::str::FromStr;

use mup_models::{GptConfig, ModelError};
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

/// A relative-attention GPT with heads of width 32, `d_ffn` = 4 `d_model`, biases, 256 tokens, untied, and its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) d_model: usize,
    pub(crate) n_layer: usize,
    /// Sequences in a batch.
    pub(crate) batch: usize,
    /// Tokens in a sequence.
    pub(crate) length: usize,
}

/// The shapes of the issue: four widths, and one deeper model on longer sequences.
pub(crate) const SHAPES: [Shape; 5] = [
    Shape { d_model: 64, n_layer: 4, batch: 8, length: 128 },
    Shape { d_model: 128, n_layer: 4, batch: 8, length: 128 },
    Shape { d_model: 256, n_layer: 4, batch: 8, length: 128 },
    Shape { d_model: 512, n_layer: 4, batch: 8, length: 128 },
    Shape { d_model: 256, n_layer: 8, batch: 8, length: 256 },
];

/// Beside PyTorch on a GPU: from where launches decide to where products do. 2048 × 8 are 400 million parameters.
pub(crate) const GPU_SHAPES: [Shape; 3] = [
    Shape { d_model: 256, n_layer: 4, batch: 8, length: 128 },
    Shape { d_model: 1024, n_layer: 4, batch: 8, length: 256 },
    Shape { d_model: 2048, n_layer: 8, batch: 8, length: 128 },
];

impl Shape {
    pub(crate) fn config(self) -> GptConfig {
        self.config_of_width(self.d_model)
    }

    /// The config of another member of its family.
    pub(crate) fn config_of_width(self, d_model: usize) -> GptConfig {
        GptConfig::new(VOCAB, self.length, self.n_layer, d_model, d_model / D_HEAD, D_HEAD, 4 * d_model)
    }

    pub(crate) fn n_parameters(self) -> usize {
        self.config().parameter_count()
    }

    pub(crate) fn tokens(self) -> usize {
        self.batch * self.length
    }

    /// Floating-point operations of the matrix products in one training step, two for each multiply-add.
    ///
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
    pub(crate) fn flops(self) -> f64 {
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
        let Self { d_model, batch, .. } = self;
        if d_model == 0 || !d_model.is_multiple_of(D_HEAD) {
            return Err(ShapeError::Width { d_model });
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
    #[error("shape: width {d_model} is not a positive multiple of {D_HEAD}, the width of a head")]
    Width { d_model: usize },
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
        let shape = Self { d_model, n_layer, batch, length };
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
        let shape = Shape { d_model: 32, n_layer: 2, batch: 3, length: 5 };
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
    fn a_wide_model_needs_six_operations_a_token_and_parameter() {
        let shape = Shape { d_model: 4096, n_layer: 4, batch: 8, length: 64 };
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
