//! The classes of transformers that a GPT can be, as data.

use std::fmt;

use mup_models::{GptConfig, Positions, RotaryPositions, Sizes};
use serde_json::json;

use crate::fields::{self, Field, Said};
use crate::names::{self, Row};
use crate::reading::Problem;

/// A class of transformers that some [`GptConfig`] computes the same as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Architecture {
    /// RMS norms, SwiGLU, rotary positions, grouped heads, with or without biases.
    Llama,
    /// Llama with a window.
    Mistral,
    /// Llama with queries and keys normalized by head.
    Qwen3,
    /// Llama with experts, with or without a window.
    Mixtral,
    /// Layer norms, GELU, absolute positions, biases.
    Gpt2,
    /// Llama with µP's multipliers; read only, since what is written has them in its weights.
    Granite,
    /// Llama with µP's multipliers of another form; read only.
    MiniCpm,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Format {
    pub(crate) architecture: Architecture,
    pub(crate) class: &'static str,
    pub(crate) model_type: &'static str,
    /// What the class chooses, without sizes.
    pub(crate) start: fn() -> GptConfig,
    pub(crate) fields: &'static [&'static [Field]],
    pub(crate) rows: &'static [Row],
    /// Of every name but the readout's; files of the class without a readout lack it.
    pub(crate) prefix: &'static str,
    /// Whether it has biases whatever is said; one of zero is none.
    pub(crate) biased: bool,
    /// What follows from its fields, or what is wrong with one.
    pub(crate) check: fn(&mut Said) -> Result<(), Problem>,
    pub(crate) written: bool,
}

pub(crate) static FORMATS: [Format; 7] = [
    Format {
        architecture: Architecture::Llama,
        class: "LlamaForCausalLM",
        model_type: "llama",
        start: || llama(10_000.0),
        fields: &[fields::DECODER, fields::EQUAL_HEADS, fields::UNTIED, fields::HEAD_DIM, fields::BIASES],
        check: |said| divides("num_attention_heads", said),
        ..LIKE_LLAMA
    },
    Format {
        architecture: Architecture::Mistral,
        class: "MistralForCausalLM",
        model_type: "mistral",
        start: || llama(10_000.0),
        fields: &[fields::DECODER, fields::UNTIED, fields::HEAD_DIM, fields::MISTRAL],
        ..LIKE_LLAMA
    },
    Format {
        architecture: Architecture::Qwen3,
        class: "Qwen3ForCausalLM",
        model_type: "qwen3",
        start: || llama(10_000.0).with_qk_norm(true),
        fields: &[fields::DECODER, fields::UNTIED, fields::QWEN3],
        ..LIKE_LLAMA
    },
    Format {
        architecture: Architecture::Mixtral,
        class: "MixtralForCausalLM",
        model_type: "mixtral",
        start: || llama(1_000_000.0),
        fields: &[fields::DECODER, fields::UNTIED, fields::HEAD_DIM, fields::MIXTRAL],
        ..LIKE_LLAMA
    },
    Format {
        architecture: Architecture::Gpt2,
        class: "GPT2LMHeadModel",
        model_type: "gpt2",
        start: || GptConfig::gpt_3(NO_SIZES).with_positions(Positions::Absolute),
        fields: &[fields::GPT2],
        rows: names::GPT2,
        prefix: "transformer.",
        biased: true,
        check: equal_heads,
        written: true,
    },
    Format {
        architecture: Architecture::Granite,
        class: "GraniteForCausalLM",
        model_type: "granite",
        start: || llama(10_000.0),
        fields: &[
            fields::DECODER,
            fields::EQUAL_HEADS,
            fields::UNTIED,
            fields::HEAD_DIM,
            fields::BIASES,
            fields::GRANITE,
        ],
        written: false,
        ..LIKE_LLAMA
    },
    Format {
        architecture: Architecture::MiniCpm,
        class: "MiniCPMForCausalLM",
        model_type: "minicpm",
        start: || llama(10_000.0),
        fields: &[fields::DECODER, fields::EQUAL_HEADS, fields::HEAD_DIM, fields::MINI_CPM],
        written: false,
        ..LIKE_LLAMA
    },
];

const LIKE_LLAMA: Format = Format {
    architecture: Architecture::Llama,
    class: "",
    model_type: "",
    start: || llama(10_000.0),
    fields: &[],
    rows: names::LLAMA,
    prefix: "model.",
    biased: false,
    check: |_| Ok(()),
    written: true,
};

const NO_SIZES: Sizes =
    Sizes { vocab: 0, context: 0, n_layer: 0, d_model: 0, n_head: 0, n_kv_head: 0, d_head: 0, d_ffn: 0 };

fn llama(theta: f64) -> GptConfig {
    GptConfig::llama(NO_SIZES).with_positions(Positions::Rotary(RotaryPositions::new().with_theta(theta)))
}

/// Llama's class asks for it, whatever the width of a head is.
fn divides(heads: &str, said: &Said) -> Result<(), Problem> {
    let (d_model, n_head) = (said.config.d_model, said.config.n_head);
    let divides = n_head > 0 && d_model.is_multiple_of(n_head);
    let reason = format!("the class asks for a number of heads that divides the width, {d_model}");
    if divides { Ok(()) } else { Err(Problem::new(heads, &json!(n_head), &reason)) }
}

/// GPT-2 has as many heads of keys as of queries, which have the width of the model together.
fn equal_heads(said: &mut Said) -> Result<(), Problem> {
    divides("n_head", said)?;
    said.config.n_kv_head = Some(said.config.n_head);
    said.config.d_head = said.config.d_model / said.config.n_head;
    Ok(())
}

impl Format {
    pub(crate) fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().copied().flatten()
    }
}

impl Architecture {
    /// The name of the class, such as `LlamaForCausalLM`.
    #[must_use]
    pub fn class(self) -> &'static str {
        FORMATS.iter().find(|format| format.architecture == self).map_or("", |format| format.class)
    }

    /// The names of all classes.
    pub(crate) fn known() -> String {
        FORMATS.iter().map(|format| format.class).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.class())
    }
}
