//! The forward pass and the loss.

use burn::module::Module;
use burn::nn::Dropout;
use burn::tensor::{DType, Device, Int, Tensor};

use super::build::each;
use super::{Block, GptConfig};
use crate::layers::multiply;
use crate::loss::widened;
use crate::{AttentionFrame, Embedding, Norm, Positions, Readout, TiedReadout};
use mup_kernels::{LossTerms, cross_entropy_with};
use mup_probe::{NoProbe, Probe, Scope};

/// A decoder; see [`GptConfig`].
///
/// A probe sees the residual stream as `embedding` and, after each block, as `blocks.{i}`; in it the names of
/// [`CausalAttention`](crate::CausalAttention) and [`FeedForward`](crate::FeedForward) under `blocks.{i}.attention` and
/// `blocks.{i}.feed_forward`, and what goes into them as `blocks.{i}.attention_norm` and `blocks.{i}.feed_forward_norm`;
/// then `final_norm` and `logits`.
///
/// `V`, `M` and `X` are the ranks of its vectors, matrices and activations: 1, 2 and 3, or one more in a stack of trials
/// ([`GptStack`](crate::GptStack)).
#[derive(Module, Debug)]
pub struct Gpt<const V: usize = 1, const M: usize = 2, const X: usize = 3> {
    /// `[vocab, d_model]`.
    pub token_embedding: Embedding<M>,
    /// `[context, d_model]`, with absolute positions.
    pub position_embedding: Option<Embedding<M>>,
    /// The decoder blocks.
    pub blocks: Vec<Block<V, M, X>>,
    /// Before the readout.
    pub final_norm: Norm<V>,
    /// Unless the model is tied.
    pub readout: Option<Readout<V, M>>,
    /// If the model is tied.
    pub tied_readout: Option<TiedReadout<V>>,
    pub(super) dropout: Dropout,
    /// Of each trial.
    #[module(skip)]
    pub(super) configs: Vec<GptConfig>,
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
        self.logits(tokens, probe)
    }

    /// What is trained: the mean [`cross_entropy`](Self::cross_entropy) of predicting `targets` from `tokens`, both
    /// `[batch, time]`, plus the z-loss and the balance of experts where the config has them.
    ///
    /// # Panics
    ///
    /// As [`forward`](Self::forward), or if the shapes differ.
    #[must_use]
    pub fn loss(&self, tokens: Tensor<2, Int>, targets: Tensor<2, Int>) -> Tensor<1> {
        self.loss_probed(tokens, targets, &mut NoProbe)
    }

    /// [`loss`](Self::loss), reporting activations.
    ///
    /// # Panics
    ///
    /// As [`loss`](Self::loss).
    #[must_use]
    pub fn loss_probed<P: Probe>(&self, tokens: Tensor<2, Int>, targets: Tensor<2, Int>, probe: &mut P) -> Tensor<1> {
        self.losses(tokens, targets, probe)
    }

    /// Mean cross-entropy alone of predicting `targets` from `tokens`, of capped logits where the config caps them, in nats:
    /// what a model is judged by. The z-loss and the balance of experts are no part of it.
    ///
    /// # Panics
    ///
    /// As [`loss`](Self::loss).
    #[must_use]
    pub fn cross_entropy(&self, tokens: Tensor<2, Int>, targets: Tensor<2, Int>) -> Tensor<1> {
        let logits: Tensor<2> = self.uncapped(tokens, &mut Vec::new(), &mut NoProbe).flatten(0, 1);
        let terms = LossTerms { soft_cap: self.shape().soft_cap, z_loss: 0.0 };
        cross_entropy_with(widened(logits), targets.flatten::<1>(0, 1), terms)
    }

    /// The config that [`GptConfig::init`] makes such a model from.
    #[must_use]
    pub fn config(&self) -> GptConfig {
        self.shape().clone()
    }

    /// Number of tokens that the vocabulary has.
    #[must_use]
    pub fn vocab(&self) -> usize {
        self.shape().vocab
    }

    /// Longest sequence that the model takes.
    #[must_use]
    pub fn context(&self) -> usize {
        self.shape().context
    }
}

impl<const V: usize, const M: usize, const X: usize> Gpt<V, M, X> {
    /// What all trials have in common.
    pub(super) fn shape(&self) -> &GptConfig {
        &self.configs[0]
    }

    pub(super) fn logits<P: Probe>(&self, tokens: Tensor<M, Int>, probe: &mut P) -> Tensor<X> {
        self.capped(self.uncapped(tokens, &mut Vec::new(), probe))
    }

    /// Logits as the readout gives them, and what the balance of each block adds to the loss; a probe sees logits as they are
    /// in the end.
    fn uncapped<P: Probe>(&self, tokens: Tensor<M, Int>, balance: &mut Vec<Tensor<1>>, probe: &mut P) -> Tensor<X> {
        let (time, context) = (tokens.dims()[M - 1], self.shape().context);
        assert!((1..=context).contains(&time), "Gpt: {time} tokens, but the context is {context} and 1 is the least");
        let mut x = self.dropout.forward(self.embed(tokens, 0));
        probe.observe_stream("embedding", &x);
        let frame = self.frame(time, time, &x.device(), x.dtype());
        for (i, block) in self.blocks.iter().enumerate() {
            x = block.forward(x, &frame, balance, &mut Scope::new(probe, format_args!("blocks.{i}")));
        }
        let x = self.final_norm.forward(x);
        probe.observe("final_norm", &x);
        let logits = self.read_out(x);
        if P::ENABLED {
            probe.observe_logits("logits", &self.capped(logits.clone()));
        }
        logits
    }

    pub(super) fn capped(&self, logits: Tensor<X>) -> Tensor<X> {
        match self.shape().soft_cap {
            Some(cap) => logits.div_scalar(cap).tanh().mul_scalar(cap),
            None => logits,
        }
    }

    /// The loss of each trial, `[trials]`.
    pub(super) fn losses<P: Probe>(&self, tokens: Tensor<M, Int>, targets: Tensor<M, Int>, probe: &mut P) -> Tensor<1> {
        let mut balance = Vec::new();
        let logits: Tensor<M> = self.uncapped(tokens, &mut balance, probe).flatten(X - 3, X - 2);
        let terms = LossTerms { soft_cap: self.shape().soft_cap, z_loss: self.shape().z_loss };
        let loss = cross_entropy_with(widened(logits), targets.flatten::<V>(M - 2, M - 1), terms);
        let blocks = balance.len() as f64;
        match balance.into_iter().reduce(|sum, term| sum + term) {
            Some(sum) => loss.clone() + sum.div_scalar(blocks).cast(loss.dtype()),
            None => loss,
        }
    }

    /// Embeddings `[.., batch, time, d_model]` of tokens whose first one stands at `start`.
    pub(super) fn embed(&self, tokens: Tensor<M, Int>, start: usize) -> Tensor<X> {
        let time = tokens.dims()[M - 1];
        let alphas = each(&self.configs, |config| config.alpha_embedding);
        let x = multiply(self.token_embedding.forward(tokens), &alphas);
        match &self.position_embedding {
            Some(positions) => {
                let positions: Tensor<X> = positions.rows(start, time).unsqueeze_dim(M - 2);
                x + multiply(positions, &alphas)
            }
            None => x,
        }
    }

    pub(super) fn frame(&self, queries: usize, keys: usize, device: &Device, dtype: DType) -> AttentionFrame<M> {
        let frame = AttentionFrame::new(queries, keys, device, dtype);
        match self.shape().positions {
            Positions::Relative => {
                frame.with_relative_each(self.shape().d_model, &each(&self.configs, |config| config.alpha_relative))
            }
            Positions::Absolute | Positions::Rotary(_) | Positions::None => frame,
        }
    }

    pub(super) fn read_out(&self, x: Tensor<X>) -> Tensor<X> {
        match (&self.readout, &self.tied_readout) {
            (Some(readout), _) => readout.forward(x),
            (None, Some(tied)) => tied.forward(x, self.token_embedding.weight.val()),
            (None, None) => unreachable!("GptConfig::init builds one of the two readouts"),
        }
    }
}
