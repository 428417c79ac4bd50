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
use mup_models::{Probe, cross_entropy};
use mup_rules::{Form, Parametrization, Power};
use mup_shapes::{ParamSpec, Role, ShapeReader};
use mup_verdict::coordinates::{Activations, TrialError};

use super::{
    Family, READOUT,
    data::{CONTEXT, VOCAB, next_bytes},
};
use crate::choices::{Optimizer, Scaling};

const N_LAYER: usize = 2;

/// A causal language model around Burn's encoder, with a stock `Linear` as readout.
#[derive(Module, Debug)]
pub(super) struct LanguageModel {
    tokens: Embedding,
    positions: Embedding,
    encoder: TransformerEncoder,
    norm: LayerNorm,
    readout: Linear,
}

/// [`LanguageModel`] in every width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoder {
    pub(super) scaling: Scaling,
    /// Whether the query takes out what the attention multiplies too much.
    pub(super) absorbed: bool,
}

impl Family for Encoder {
    type Model = LanguageModel;
    type Batch = [Tensor<2, Int>; 2];

    fn granularity(&self) -> usize {
        self.scaling.granularity()
    }

    fn at_width(&self, width: usize, device: &Device) -> Result<LanguageModel, TrialError> {
        let [d_model, n_head, _, d_ffn] = self.scaling.sizes(width);
        let encoder = TransformerEncoderConfig::new(d_model, d_ffn, n_head, N_LAYER);
        Ok(LanguageModel {
            tokens: EmbeddingConfig::new(VOCAB, d_model).init(device),
            positions: EmbeddingConfig::new(CONTEXT, d_model).init(device),
            encoder: encoder.with_dropout(0.0).with_norm_first(true).init(device),
            norm: LayerNormConfig::new(d_model).init(device),
            readout: LinearConfig::new(d_model, VOCAB).with_bias(false).init(device),
        })
    }

    fn batch(&self, device: &Device) -> Self::Batch {
        next_bytes(self.scaling.batch(), device)
    }

    fn start(&self) -> InitSpec {
        let start = InitSpec::new().scale("readout.weight", READOUT);
        match self.scaling {
            Scaling::DFfn => start.scale("encoder.layers.*.pwff.linear_outer.weight", READOUT),
            Scaling::DHead => start.zero_query(["encoder.layers.*.mha.query.weight"]),
            Scaling::Heads => start,
        }
    }

    /// Burn's own layers; the query is declared as multiplied by its layer only if its rule is to say so.
    fn reader(&self) -> ShapeReader {
        let reader = ShapeReader::new();
        if !self.absorbed {
            return reader;
        }
        reader
            .declare("encoder.layers.*.mha.query.weight", ParamSpec::weight().multiplied())
            .declare("encoder.layers.*.mha.query.bias", ParamSpec::bias().multiplied())
    }

    /// Burn's logits are (d/d₀)^½ times µP's (and SP's own): the multiplier of the form that the query is in.
    fn adapt(&self, parametrization: Parametrization) -> Parametrization {
        let too_much = Power::fan_out(-0.5 - parametrization.attention_exponent);
        let query =
            |role| parametrization.rule(role, Form::Plain).map(|rule| rule.shifted(Form::Multiplier, &too_much));
        let rules: Vec<_> = [Role::Hidden, Role::Vector].into_iter().filter_map(query).collect();
        rules.into_iter().fold(parametrization, Parametrization::with_rule)
    }

    fn unclaimed(&self, optimizer: Optimizer) -> &'static [&'static str] {
        self.scaling.unclaimed(optimizer)
    }

    fn loss_observed(
        &self,
        model: &LanguageModel,
        [tokens, targets]: &Self::Batch,
        seen: &mut Activations,
    ) -> Tensor<1> {
        let [sequences, length] = tokens.dims();
        let positions = model.positions.weight.val().narrow(0, 0, length);
        let mut x = model.tokens.forward(tokens.clone()) + positions.unsqueeze();
        seen.observe("embedding", &x);
        let mask = generate_autoregressive_mask(sequences, length, &x.device());
        for (i, layer) in model.encoder.layers.iter().enumerate() {
            let logits = attention_logits(&layer.mha, layer.norm_2.forward(x.clone()));
            seen.observe_logits(&format!("layers.{i}.mha.logits"), &logits);
            x = layer.forward(x, None, Some(mask.clone()));
            seen.observe(&format!("layers.{i}"), &x);
        }
        let logits = model.readout.forward(model.norm.forward(x));
        seen.observe_logits("logits", &logits);
        cross_entropy(logits.flatten(0, 1), targets.clone().flatten(0, 1))
    }
}

/// What Burn's attention gives to its softmax before masking; it keeps them to itself, but not what they are made of.
fn attention_logits(attention: &MultiHeadAttention, x: Tensor<3>) -> Tensor<4> {
    let [batch, time, _] = x.dims();
    let split = |x: Tensor<3>| x.reshape([batch, time, attention.n_heads, attention.d_k]).swap_dims(1, 2);
    let (query, key) = (split(attention.query.forward(x.clone())), split(attention.key.forward(x)));
    query.matmul(key.transpose()).div_scalar((attention.d_k as f32).sqrt())
}
