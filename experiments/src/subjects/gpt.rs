//! The GPT, in three variants and three ways to grow, and decoders of today.

use burn::tensor::{Device, Int, Tensor};
use mup_init::{Distribution, InitSpec};
use mup_models::{Gpt, GptConfig, Positions, Sizes};
use mup_probe::Probe;
use mup_rules::{Parametrization, ScalingPlan};
use mup_shapes::{InfShapes, ShapeReader};
use mup_train::{Family, FamilyError, MicroBatch, Size};

use super::{
    data::{CONTEXT, VOCAB, next_bytes},
    set_up::{READOUT, as_set_up},
};
use crate::{
    choices::{Model, Scaling},
    setup::{DEPTH, Setup, WIDTH},
};

/// Standard deviation of an embedding that is also the readout: with 1, logits would start at √d_model.
const TIED_EMBEDDING: f64 = 0.1;

/// Experts, and how many of them a token goes to.
const EXPERTS: [usize; 2] = [4, 2];

/// A [`Gpt`]: with relative positions, with learned absolute ones, or with those and a readout that shares
/// the token embedding's weight; or one of the decoders of today.
#[derive(Clone, Debug)]
pub(super) struct Decoder(pub(super) Setup);

/// Where heads grow in width, random queries give the logits a part that shrinks like 1/√d_head, and hide what
/// training adds. They start at zero (TP-V D.2).
pub(super) fn start(model: Model, scaling: Scaling) -> InitSpec {
    let start = match model {
        Model::GptTied => InitSpec::new().embedding(Distribution::Normal { std: TIED_EMBEDDING }),
        _ => InitSpec::new().scale(GptConfig::readout(), READOUT),
    };
    match scaling {
        Scaling::DFfn => start.scale("blocks.*.feed_forward.down.weight", READOUT),
        Scaling::DHead => start.zero_query([GptConfig::queries()]),
        Scaling::Heads => start,
    }
}

impl Decoder {
    fn config(&self, size: &Size) -> Result<GptConfig, FamilyError> {
        let [d_model, n_head, d_head, d_ffn] = self.0.scaling.sizes(size[WIDTH])?;
        let n_kv_head = if self.0.model.is_grouped() { (n_head / 2).max(1) } else { n_head };
        let (vocab, context, n_layer) = (VOCAB, CONTEXT, size[DEPTH]);
        let sizes = Sizes { vocab, context, n_layer, d_model, n_head, n_kv_head, d_head, d_ffn };
        let absolute = || GptConfig::gpt_3(sizes).with_positions(Positions::Absolute);
        let config = match self.0.model {
            Model::GptTied => absolute().with_tied(true),
            Model::GptAbsolute => absolute(),
            Model::Llama => GptConfig::llama(sizes),
            Model::Qwen3 => GptConfig::qwen3(sizes),
            Model::Mixtral => GptConfig::mixtral(sizes, EXPERTS[0], EXPERTS[1]),
            _ => GptConfig::gpt_3(sizes),
        };
        Ok(config.with_branch_factors(self.0.branch_factors))
    }
}

impl Family for Decoder {
    type Model = Gpt;
    type Batch = [Tensor<2, Int>; 2];

    as_set_up!();

    fn model(&self, size: &Size, device: &Device) -> Result<Gpt, FamilyError> {
        Ok(self.config(size)?.init(device)?)
    }

    fn untested(&self, base: &Size, target: &Size) -> Vec<String> {
        // A size without a model is refused elsewhere.
        let configs = self.config(base).ok().zip(self.config(target).ok());
        let changes = configs.map_or_else(Vec::new, |(base, target)| target.untested_changes(&base));
        changes.iter().map(ToString::to_string).collect()
    }

    fn batch(&self, _seed: u64, _part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        Ok(next_bytes(self.0.scaling.batch(), device))
    }

    fn reader(&self) -> ShapeReader {
        self.0.reader(mup_models::shape_reader())
    }

    fn plan(&self, shapes: &InfShapes, parametrization: Parametrization) -> Result<ScalingPlan, FamilyError> {
        self.0.plan(shapes, parametrization)
    }

    fn loss(
        &self,
        model: &Gpt,
        [tokens, targets]: &Self::Batch,
        probe: &mut impl Probe,
    ) -> Result<Tensor<1>, FamilyError> {
        Ok(model.loss_probed(tokens.clone(), targets.clone(), probe))
    }

    /// Where only the feed-forward branch grows, its second matrix maps an infinite to a finite dimension: it
    /// is a readout, and what it makes of random features shrinks like 1/√d_ffn.
    fn transients(&self) -> Vec<&'static str> {
        match self.0.scaling {
            Scaling::DFfn => vec!["blocks.*.feed_forward.output"],
            Scaling::Heads | Scaling::DHead => Vec::new(),
        }
    }

    fn unclaimed(&self) -> Vec<&'static str> {
        self.0.scaling.unclaimed(self.0.optimizer).to_vec()
    }
}
