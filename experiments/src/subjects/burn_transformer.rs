//! A model that this workspace did not write: burn-nn's `TransformerEncoder`, put into µP from outside.
//!
//! Its attention divides logits by √d_head. That is µP's 1/d_head where the width of a head is fixed, and wrong where
//! it grows: there the factor √(d/d₀) that it multiplies too much is taken out of the query, by the abc-symmetry.

use burn::{
    module::Module,
    nn::{
        Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig,
        attention::{MultiHeadAttention, generate_autoregressive_mask},
        transformer::{TransformerEncoder, TransformerEncoderConfig},
    },
    tensor::{Device, Int, Tensor},
};
use mup_init::InitSpec;
use mup_models::cross_entropy;
use mup_probe::Probe;
use mup_rules::{Form, Parametrization, Power, ScalingPlan};
use mup_shapes::{InfShapes, ParamSpec, Places, Role, ShapeReader};
use mup_train::{Family, FamilyError, MicroBatch, Size};

use super::{
    data::{CONTEXT, VOCAB, next_bytes},
    set_up::{READOUT, as_set_up},
};
use crate::{
    choices::{Model, Scaling},
    setup::{DEPTH, Setup, WIDTH},
};

/// A causal language model around Burn's encoder, with a stock `Linear` as readout.
#[derive(Module, Debug)]
pub(super) struct LanguageModel {
    tokens: Embedding,
    positions: Embedding,
    encoder: TransformerEncoder,
    norm: LayerNorm,
    readout: Linear,
}

/// [`LanguageModel`] in every width; absorbed, its query takes out what the attention multiplies too much.
#[derive(Clone, Debug)]
pub(super) struct Encoder(pub(super) Setup);

pub(super) fn start(scaling: Scaling) -> InitSpec {
    let start = InitSpec::new().scale("readout.weight", READOUT);
    match scaling {
        Scaling::DFfn => start.scale("encoder.layers.*.pwff.linear_outer.weight", READOUT),
        Scaling::DHead => start.zero_query(["encoder.layers.*.mha.query.weight"]),
        Scaling::Heads => start,
    }
}

impl Family for Encoder {
    type Model = LanguageModel;
    type Batch = [Tensor<2, Int>; 2];

    as_set_up!();

    fn model(&self, size: &Size, device: &Device) -> Result<LanguageModel, FamilyError> {
        let [d_model, n_head, _, d_ffn] = self.0.scaling.sizes(size[WIDTH])?;
        let encoder = TransformerEncoderConfig::new(d_model, d_ffn, n_head, size[DEPTH]);
        Ok(LanguageModel {
            tokens: EmbeddingConfig::new(VOCAB, d_model).init(device),
            positions: EmbeddingConfig::new(CONTEXT, d_model).init(device),
            encoder: encoder.with_dropout(0.0).with_norm_first(true).init(device),
            norm: LayerNormConfig::new(d_model).init(device),
            readout: LinearConfig::new(d_model, VOCAB).with_bias(false).init(device),
        })
    }

    fn batch(&self, _seed: u64, _part: MicroBatch, device: &Device) -> Result<Self::Batch, FamilyError> {
        Ok(next_bytes(self.0.scaling.batch(), device))
    }

    /// Burn's own layers; the query is declared as multiplied by its layer only if its rule is to say so.
    fn reader(&self) -> ShapeReader {
        let reader = self.0.reader(ShapeReader::new().with_places(Places::burn()));
        if self.0.model != Model::BurnTransformerAbsorbed {
            return reader;
        }
        reader
            .declare("encoder.layers.*.mha.query.weight", ParamSpec::weight().multiplied())
            .declare("encoder.layers.*.mha.query.bias", ParamSpec::bias().multiplied())
    }

    /// Burn's logits are (d/d₀)^½ times µP's (and SP's own): the multiplier of the form that the query is in.
    fn plan(&self, shapes: &InfShapes, parametrization: Parametrization) -> Result<ScalingPlan, FamilyError> {
        let too_much = Power::fan_out(-0.5 - parametrization.attention_exponent);
        let query =
            |role| parametrization.rule(role, Form::Plain).map(|rule| rule.shifted(Form::Multiplier, &too_much));
        let rules: Vec<_> = [Role::Hidden, Role::Vector].into_iter().filter_map(query).collect();
        self.0.plan(shapes, rules.into_iter().fold(parametrization, Parametrization::with_rule))
    }

    fn unclaimed(&self) -> Vec<&'static str> {
        self.0.scaling.unclaimed(self.0.optimizer).to_vec()
    }

    fn loss(
        &self,
        model: &LanguageModel,
        [tokens, targets]: &Self::Batch,
        probe: &mut impl Probe,
    ) -> Result<Tensor<1>, FamilyError> {
        let [sequences, length] = tokens.dims();
        let positions = model.positions.weight.val().narrow(0, 0, length);
        let mut x = model.tokens.forward(tokens.clone()) + positions.unsqueeze();
        probe.observe_stream("embedding", &x);
        let mask = generate_autoregressive_mask(sequences, length, &x.device());
        for (i, layer) in model.encoder.layers.iter().enumerate() {
            observe_attention(probe, i, &layer.mha, || layer.norm_2.forward(x.clone()));
            x = layer.forward(x, None, Some(mask.clone()));
            probe.observe_stream(&format!("layers.{i}"), &x);
        }
        let logits = model.readout.forward(model.norm.forward(x));
        probe.observe_logits("logits", &logits);
        Ok(cross_entropy(logits.flatten(0, 1), targets.clone().flatten(0, 1)))
    }
}

/// Only for who looks: training needs them in Burn's own attention alone.
fn observe_attention<P: Probe>(probe: &mut P, layer: usize, attention: &MultiHeadAttention, x: impl Fn() -> Tensor<3>) {
    if P::ENABLED {
        probe.observe_logits(&format!("layers.{layer}.mha.logits"), &attention_logits(attention, x()));
    }
}

/// What Burn's attention gives to its softmax before masking; it keeps them to itself, but not what they are made of.
fn attention_logits(attention: &MultiHeadAttention, x: Tensor<3>) -> Tensor<4> {
    let [batch, time, _] = x.dims();
    let split = |x: Tensor<3>| x.reshape([batch, time, attention.n_heads, attention.d_k]).swap_dims(1, 2);
    let (query, key) = (split(attention.query.forward(x.clone())), split(attention.key.forward(x)));
    query.matmul(key.transpose()).div_scalar((attention.d_k as f32).sqrt())
}
