//! Which decoder is trained: a preset of `mup-models`, and what follows from a width in it.

use std::fmt;

use mup_models::{GptConfig, Sizes};
use mup_train::Size;
use serde::{Deserialize, Serialize};

use crate::error::TextError;

/// Names of a size's numbers: what grows, and what stays.
pub(crate) const WIDTH: &str = "width";
pub(crate) const D_HEAD: &str = "d_head";
/// Name of the number of blocks in a size.
pub const DEPTH: &str = "depth";
/// Named in a size only where they grow, or stay, by themselves; else they follow the width.
pub(crate) const N_HEAD: &str = "n_head";
pub(crate) const D_FFN: &str = "d_ffn";
const QUERIES_PER_KEY: &str = "queries_per_key";
const EXPERTS: &str = "experts";
const CHOSEN: &str = "chosen";

/// What the help of `--model` says: which numbers a size has, for the lists that change them.
pub const NUMBERS: &str = "\
Which decoder, gpt-3 unless said. Its size has these numbers, for lists such as width=256,depth=8: width (of the residual \
stream; the feed-forward branch follows), d_head (width of a head; heads grow in number), depth (number of blocks); of llama, \
qwen3 and mixtral queries_per_key (heads of queries that share a head of keys, 2); of mixtral experts (in a block, 8) and \
chosen (experts that a token goes to, 2)";

/// A decoder of `mup-models`. In each of them heads have one width and grow in number, and the feed-forward branch grows with
/// the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Tensor Programs V's: layer norms, GELU, biases, relative attention; the feed-forward branch is 4 widths wide.
    #[default]
    #[value(name = "gpt-3")]
    #[serde(rename = "gpt-3")]
    Gpt3,
    /// RMS norms, SwiGLU of 3.5 widths as in Llama 3 8B, rotary positions, grouped heads.
    Llama,
    /// Llama with queries and keys normalized by head, SwiGLU of 3 widths as in Qwen3 0.6B.
    Qwen3,
    /// Llama with experts of 3.5 widths as in Mixtral 8x7B, of which a token goes to some.
    Mixtral,
}

impl Model {
    /// A size by its numbers. Beside those of every model there are, unless it is GPT-3, heads of queries for each head of keys
    /// (2, so that heads of keys grow in number too), and in Mixtral the experts (8) and those of a token (2).
    #[must_use]
    pub fn size(self, width: usize, d_head: usize, n_layer: usize) -> Size {
        let grouped = (self != Self::Gpt3).then_some((QUERIES_PER_KEY, 2));
        let experts = if self == Self::Mixtral { vec![(EXPERTS, 8), (CHOSEN, 2)] } else { Vec::new() };
        let numbers = [(WIDTH, width), (D_HEAD, d_head), (DEPTH, n_layer)];
        Size::new(numbers.into_iter().chain(grouped).chain(experts))
    }

    /// The model of a size, with every multiplier at 1.
    pub(crate) fn config(self, vocab: usize, context: usize, size: &Size) -> Result<GptConfig, TextError> {
        let (d_model, d_head, n_layer) = (size[WIDTH], size[D_HEAD], size[DEPTH]);
        let n_head = size.get(N_HEAD).unwrap_or_else(|_| d_model.checked_div(d_head).unwrap_or(0));
        let queries_per_key = size.get(QUERIES_PER_KEY).unwrap_or(1);
        if !n_head.is_multiple_of(queries_per_key) {
            return Err(if size.get(N_HEAD).is_ok() {
                TextError::NumberOfHeads { n_head, queries_per_key }
            } else {
                TextError::Heads { width: d_model, n_head, d_head, queries_per_key }
            });
        }
        let n_kv_head = n_head / queries_per_key;
        let d_ffn = size.get(D_FFN).unwrap_or_else(|_| self.d_ffn(d_model));
        let sizes = Sizes { vocab, context, n_layer, d_model, n_head, n_kv_head, d_head, d_ffn };
        Ok(match self {
            Self::Gpt3 => GptConfig::gpt_3(sizes),
            Self::Llama => GptConfig::llama(sizes),
            Self::Qwen3 => GptConfig::qwen3(sizes),
            Self::Mixtral => GptConfig::mixtral(sizes, size[EXPERTS], size[CHOSEN]),
        })
    }

    /// Whole for every even width.
    fn d_ffn(self, width: usize) -> usize {
        match self {
            Self::Gpt3 => 4 * width,
            Self::Qwen3 => 3 * width,
            Self::Llama | Self::Mixtral => 7 * width / 2,
        }
    }
}

/// As a command line names it.
impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(clap::ValueEnum::to_possible_value(self).as_ref().map_or("", |value| value.get_name()))
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::{D_FFN, Model, N_HEAD, NUMBERS, Size};

    #[test]
    fn heads_grow_in_number_and_ratios_stay_at_every_width() {
        for model in Model::value_variants() {
            let config = |width| model.config(256, 8, &model.size(width, 16, 2)).expect("a size");
            let (base, target) = (config(32), config(256));
            assert_eq!(target.n_head, 8 * base.n_head, "{model}");
            assert_eq!(target.kv_heads(), 8 * base.kv_heads(), "{model}");
            assert_eq!((target.d_head, target.d_ffn), (base.d_head, 8 * base.d_ffn), "{model}");
            assert_eq!(target.untested_changes(&base), [], "{model}");
        }
    }

    #[test]
    fn heads_and_a_feed_forward_branch_that_a_size_names_follow_no_width() {
        let named = |width| {
            let size = Model::Gpt3.size(width, 8, 2);
            Size::new(size.iter().chain([(N_HEAD, 4), (D_FFN, 48)]))
        };
        let config = Model::Gpt3.config(256, 8, &named(64)).expect("a size");
        assert_eq!((config.d_model, config.n_head, config.d_head, config.d_ffn), (64, 4, 8, 48));
    }

    #[test]
    fn every_number_of_a_size_is_explained_in_the_help_and_in_the_book() {
        let book = include_str!("../../../docs/decoder-on-text.md");
        for model in Model::value_variants() {
            let size = model.size(64, 32, 2);
            for name in size.names() {
                assert!(NUMBERS.contains(&format!("{name} (")), "{name} of {model} in the help");
                assert!(book.contains(&format!("| `{name}` |")), "{name} of {model} in the book");
            }
        }
    }

    #[test]
    fn heads_that_cannot_share_keys_are_an_error_with_every_number() {
        let refused = Model::Llama.config(256, 8, &Model::Llama.size(48, 16, 2)).expect_err("3 heads");
        let message = refused.to_string();
        assert!(message.contains("a width of 48") && message.contains("3 heads of 16"), "{message}");
        assert!(Model::Gpt3.config(256, 8, &Model::Gpt3.size(48, 16, 2)).is_ok());
        let counted = Size::new(Model::Llama.size(32, 16, 2).iter().chain([(N_HEAD, 3)]));
        let message = Model::Llama.config(256, 8, &counted).expect_err("3 heads").to_string();
        assert!(message.contains("--n-head 3") && !message.contains("width"), "of no width are they 2: {message}");
    }

    #[test]
    fn a_models_name_is_the_same_on_the_command_line_and_in_a_study() {
        for model in Model::value_variants() {
            let stored = toml::Value::try_from(model).expect("a string");
            assert_eq!(stored.as_str(), Some(model.to_string().as_str()));
        }
    }
}
