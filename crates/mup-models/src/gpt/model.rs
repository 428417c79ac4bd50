//! The forward pass and the loss.

use burn::module::Module;
use burn::nn::{Dropout, Embedding};
use burn::tensor::{DType, Device, Int, Tensor};

use super::Block;
use crate::layers::multiply;
use crate::{AttentionFrame, LayerNorm, Readout, TiedReadout, cross_entropy};
use mup_probe::{NoProbe, Probe, Scope};

/// A pre-norm decoder; see [`GptConfig`](super::GptConfig).
///
/// A probe sees the residual stream as `embedding` and, after each block, as `blocks.{i}`; in it the names of
/// [`CausalAttention`](crate::CausalAttention) and [`FeedForward`](crate::FeedForward) under `blocks.{i}.attention` and
/// `blocks.{i}.feed_forward`, and what goes into them as `blocks.{i}.attention_norm` and `blocks.{i}.feed_forward_norm`;
/// then `final_norm` and `logits`.
#[derive(Module, Debug)]
pub struct Gpt {
    /// `[vocab, d_model]`.
    pub token_embedding: Embedding,
    /// `[context, d_model]`, with absolute positions.
    pub position_embedding: Option<Embedding>,
    /// The decoder blocks.
    pub blocks: Vec<Block>,
    /// Before the readout.
    pub final_norm: LayerNorm,
    /// Unless the model is tied.
    pub readout: Option<Readout>,
    /// If the model is tied.
    pub tied_readout: Option<TiedReadout>,
    pub(super) dropout: Dropout,
    pub(super) relative: bool,
    pub(super) vocab: usize,
    pub(super) context: usize,
    pub(super) d_model: usize,
    pub(super) alpha_embedding: f64,
    pub(super) alpha_relative: f64,
}

impl Gpt {
    /// Logits `[batch, time, vocab]` of tokens `[batch, time]`.
    ///
    /// # Panics
    ///
    /// Panics if there are no tokens, or more than the context.
    #[must_use]
    pub fn forward(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        self.forward_probed(tokens, &mut NoProbe)
    }

    /// [`forward`](Self::forward), reporting activations.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward).
    #[must_use]
    pub fn forward_probed<P: Probe>(&self, tokens: Tensor<2, Int>, probe: &mut P) -> Tensor<3> {
        let [_, time] = tokens.dims();
        let context = self.context;
        assert!((1..=context).contains(&time), "Gpt: {time} tokens, but the context is {context} and 1 is the least");
        let mut x = self.dropout.forward(self.embed(tokens, 0));
        probe.observe_stream("embedding", &x);
        let frame = self.frame(time, time, &x.device(), x.dtype());
        for (i, block) in self.blocks.iter().enumerate() {
            x = block.forward(x, &frame, &mut Scope::new(probe, format_args!("blocks.{i}")));
        }
        let x = self.final_norm.forward(x);
        probe.observe("final_norm", &x);
        let logits = self.read_out(x);
        probe.observe_logits("logits", &logits);
        logits
    }

    /// Mean cross-entropy of predicting `targets` from `tokens`, both `[batch, time]`.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward), or if the shapes differ.
    #[must_use]
    pub fn loss(&self, tokens: Tensor<2, Int>, targets: Tensor<2, Int>) -> Tensor<1> {
        let logits: Tensor<2> = self.forward(tokens).flatten(0, 1);
        cross_entropy(logits, targets.flatten(0, 1))
    }

    /// Number of tokens that the vocabulary has.
    #[must_use]
    pub fn vocab(&self) -> usize {
        self.vocab
    }

    /// Longest sequence that the model takes.
    #[must_use]
    pub fn context(&self) -> usize {
        self.context
    }

    /// Embeddings of tokens whose first one stands at `start`.
    pub(super) fn embed(&self, tokens: Tensor<2, Int>, start: usize) -> Tensor<3> {
        let [_, time] = tokens.dims();
        let x = mup_kernels::embedding(self.token_embedding.weight.val(), tokens);
        let x = multiply(x, self.alpha_embedding);
        match &self.position_embedding {
            Some(positions) => {
                let positions: Tensor<3> = positions.weight.val().narrow(0, start, time).unsqueeze();
                x + multiply(positions, self.alpha_embedding)
            }
            None => x,
        }
    }

    pub(super) fn frame(&self, queries: usize, keys: usize, device: &Device, dtype: DType) -> AttentionFrame {
        let frame = AttentionFrame::new(queries, keys, device, dtype);
        if self.relative { frame.with_relative(self.d_model, self.alpha_relative) } else { frame }
    }

    pub(super) fn read_out(&self, x: Tensor<3>) -> Tensor<3> {
        match (&self.readout, &self.tied_readout) {
            (Some(readout), _) => readout.forward(x),
            (None, Some(tied)) => tied.forward(x, self.token_embedding.weight.val()),
            (None, None) => unreachable!("GptConfig::init builds one of the two readouts"),
        }
    }
}
