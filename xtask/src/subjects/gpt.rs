//! The GPT, in three variants and three ways to grow.

use burn::tensor::{Device, Int, Tensor};
use mup_init::{Distribution, InitSpec};
use mup_models::{Gpt, GptConfig, Positions, cross_entropy};
use mup_verdict::coordinates::{Activations, TrialError};

use super::{
    Family, READOUT,
    data::{CONTEXT, VOCAB, next_bytes},
};
use crate::choices::{Optimizer, Scaling};

const N_LAYER: usize = 2;
/// Standard deviation of an embedding that is also the readout: with 1, logits would start at √d_model.
const TIED_EMBEDDING: f64 = 0.1;

/// What a GPT is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variant {
    /// Relative positions.
    Relative,
    /// Learned absolute positions.
    Absolute,
    /// Absolute positions, and a readout that shares the token embedding's weight.
    Tied,
}

/// A [`Gpt`] of two blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decoder {
    pub(super) variant: Variant,
    pub(super) scaling: Scaling,
}

impl Family for Decoder {
    type Model = Gpt;
    type Batch = [Tensor<2, Int>; 2];

    fn granularity(&self) -> usize {
        self.scaling.granularity()
    }

    fn at_width(&self, width: usize, device: &Device) -> Result<Gpt, TrialError> {
        let [d_model, n_head, d_head, d_ffn] = self.scaling.sizes(width);
        let positions = if self.variant == Variant::Relative { Positions::Relative } else { Positions::Absolute };
        let config = GptConfig::new(VOCAB, CONTEXT, N_LAYER, d_model, n_head, d_head, d_ffn);
        Ok(config.with_positions(positions).with_tied(self.variant == Variant::Tied).init(device)?)
    }

    fn batch(&self, device: &Device) -> Self::Batch {
        next_bytes(self.scaling.batch(), device)
    }

    /// Where heads grow in width, random queries give the logits a part that shrinks like 1/√d_head, and hide what
    /// training adds. They start at zero (TP-V D.2).
    fn start(&self) -> InitSpec {
        let start = match self.variant {
            Variant::Tied => InitSpec::new().embedding(Distribution::Normal { std: TIED_EMBEDDING }),
            Variant::Relative | Variant::Absolute => InitSpec::new().scale(GptConfig::readout(), READOUT),
        };
        match self.scaling {
            Scaling::DFfn => start.scale("blocks.*.feed_forward.down.weight", READOUT),
            Scaling::DHead => start.zero_query([GptConfig::queries()]),
            Scaling::Heads => start,
        }
    }

    fn loss_observed(&self, model: &Gpt, [tokens, targets]: &Self::Batch, seen: &mut Activations) -> Tensor<1> {
        let logits: Tensor<2> = model.forward_probed(tokens.clone(), seen).flatten(0, 1);
        cross_entropy(logits, targets.clone().flatten(0, 1))
    }

    /// Where only the feed-forward branch grows, its second matrix maps an infinite to a finite dimension: it
    /// is a readout, and what it makes of random features shrinks like 1/√d_ffn.
    fn transients(&self) -> &'static [&'static str] {
        match self.scaling {
            Scaling::DFfn => &["blocks.*.feed_forward.output"],
            Scaling::Heads | Scaling::DHead => &[],
        }
    }

    fn unclaimed(&self, optimizer: Optimizer) -> &'static [&'static str] {
        self.scaling.unclaimed(optimizer)
    }
}
