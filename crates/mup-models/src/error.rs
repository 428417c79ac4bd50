//! What can be wrong with a config or with what a model is given.

use crate::{Balance, CausalAttentionConfig, ExpertsConfig, FeedForwardConfig, NormConfig, Positions};

/// A config that describes no model, or an input that a model cannot take.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A size is zero.
    #[error("`{field}` is 0: set it to at least 1")]
    Zero {
        /// Config and field, such as `GptConfig.d_model`.
        field: String,
    },
    /// A list of widths is empty.
    #[error("`{field}` is empty: give at least one hidden width, for example `vec![256]`")]
    NoWidths {
        /// Config and field.
        field: String,
    },
    /// Relative positions with an odd width: each sine needs its cosine.
    #[error(
        "`{field}` is {d_model}, and relative positions pair a sine with a cosine: use an even width such as {}, or \
         absolute positions",
        d_model + 1
    )]
    OddWidth {
        /// Config and field.
        field: String,
        /// The odd width.
        d_model: usize,
    },
    /// Heads of queries that cannot share the heads of keys and values evenly.
    #[error(
        "`{field}` is {n_kv_head}, which does not divide the {n_head} heads of queries: each head of keys serves as many of \
         them; use a divisor, 1 for multi-query attention, or leave it out"
    )]
    Heads {
        /// Config and field.
        field: String,
        /// Heads of queries.
        n_head: usize,
        /// Heads of keys and values.
        n_kv_head: usize,
    },
    /// Rotary positions with an odd head width: coordinates turn in pairs.
    #[error("`{field}` is {d_head}, and rotary positions turn coordinates in pairs: use an even width such as {}", d_head + 1)]
    OddHead {
        /// Config and field.
        field: String,
        /// The odd width.
        d_head: usize,
    },
    /// A number that must be above zero.
    #[error("`{field}` is {value}: it must be a finite number above 0")]
    NotAboveZero {
        /// Config and field.
        field: String,
        /// What was given.
        value: f64,
    },
    /// Norms behind branches that have no gain.
    #[error(
        "`{field}` puts a norm behind each branch, but `norm.gain` is false: nothing could scale the branch with depth; give \
         norms a gain, or leave out those behind branches"
    )]
    NormWithoutGain {
        /// Config and field.
        field: String,
    },
    /// A token that goes to more experts than there are.
    #[error("`{field}` is {n_chosen}, but there are {n_expert} experts: a token goes to at most all of them")]
    Chosen {
        /// Config and field.
        field: String,
        /// Experts of a token.
        n_chosen: usize,
        /// All experts.
        n_expert: usize,
    },
    /// A token's only expert, whose weight is always 1, so that no loss says to the router which one is right.
    #[error(
        "`{field}` is true, but a token goes to one expert, whose weight would always be 1 and its router never learn from the \
         loss: use with_normalized(false)"
    )]
    OneWeight {
        /// Config and field.
        field: String,
    },
    /// A coefficient below zero, which would reward what it is there against.
    #[error("`{field}` is {value}: it must be a finite number of at least 0")]
    Negative {
        /// Config and field.
        field: String,
        /// What was given.
        value: f64,
    },
    /// A norm behind a mixture of experts.
    #[error(
        "`{field}` puts a norm behind each branch, which a mixture of experts does not have: leave out one of the two"
    )]
    ExpertsInSandwich {
        /// Config and field.
        field: String,
    },
    /// A dropout probability outside [0, 1).
    #[error("`{field}` is {value}: a dropout probability lies in [0, 1); use 0 to switch dropout off")]
    Dropout {
        /// Config and field.
        field: String,
        /// What was given.
        value: f64,
    },
    /// A multiplier that is not a finite number.
    #[error("`{field}` is {value}: it must be a finite number; 1 leaves the forward pass unchanged")]
    NotFinite {
        /// Config and field.
        field: String,
        /// What was given.
        value: f64,
    },
    /// A tied model whose embedding is multiplied by 0.
    #[error(
        "a tied GPT with alpha_embedding 0 cannot be folded: its one weight would have to be zero as the embedding and not \
         as the readout; export it with its multipliers"
    )]
    CannotFold,
    /// A tied model whose norms have no gain.
    #[error(
        "a tied GPT whose norms have no gain cannot be folded: its one weight cannot take the readout's factor, and no gain of \
         the final norm can; export it with its multipliers"
    )]
    CannotFoldWithoutGain,
    /// Rotary positions with logit scales of their own for coordinates that turn into each other.
    #[error(
        "coordinates {} and {} of a head turn into each other by rotary positions, but their logit scales differ, which no \
         weight can say; a plan gives all coordinates one scale: apply it again",
        coordinates[0],
        coordinates[1]
    )]
    CannotFoldRotary {
        /// The two coordinates of a head.
        coordinates: [usize; 2],
    },
    /// A stack of no trial.
    #[error("there are no trials: a stack needs at least one model")]
    NoTrials,
    /// Trials of different shapes.
    #[error(
        "`{field}` is {other} in trial {trial}, but {first} in trial 0: trials of one stack differ in weights, seeds and \
         multipliers only; make one stack for each shape"
    )]
    Shapes {
        /// The trial that differs, counted from 0.
        trial: usize,
        /// Field of the config, or path of the parameter.
        field: String,
        /// In the first trial.
        first: String,
        /// In that trial.
        other: String,
    },
    /// Trials with dropout.
    #[error(
        "`GptConfig.dropout` is {dropout}, but trials in a stack must train as they would alone, and their masks could not be \
         the same; set it to 0 for the proxies, or train them one by one"
    )]
    StackedDropout {
        /// The probability.
        dropout: f64,
    },
    /// A sampling temperature that is negative or not a number.
    #[error("the temperature is {value}: it must be finite and at least 0 (0 always takes the likeliest token)")]
    Temperature {
        /// What was given.
        value: f64,
    },
    /// Sampling from no token at all.
    #[error("top_k is 0: keep at least 1 token, or leave top_k out to keep all")]
    TopK,
    /// Logits none of which is a finite number.
    #[error("no logit is a finite number: the model has diverged; train it with a smaller learning rate")]
    NoFiniteLogit,
    /// Generation without a first token.
    #[error("the prompt is empty: give at least one token")]
    EmptyPrompt,
    /// A token that the vocabulary does not have.
    #[error("token {token} is outside the vocabulary of {vocab}: was the text encoded with another tokenizer?")]
    Token {
        /// The token.
        token: usize,
        /// Size of the vocabulary.
        vocab: usize,
    },
    /// More tokens than the context holds.
    #[error(
        "{cached} tokens are in the cache and {fed} more do not fit the context of {context}: start a new cache from \
         the last tokens, as `generate` does, or use a model with a longer context"
    )]
    ContextFull {
        /// Tokens already in the cache.
        cached: usize,
        /// Tokens that were to be added.
        fed: usize,
        /// The model's context.
        context: usize,
    },
}

/// Checks one config's fields, naming them `Config.field`.
pub(crate) struct Check(pub(crate) &'static str);

impl Check {
    fn field(&self, name: &str) -> String {
        format!("{}.{name}", self.0)
    }

    pub(crate) fn positive(&self, sizes: &[(&str, usize)]) -> Result<(), ModelError> {
        match sizes.iter().find(|(_, size)| *size == 0) {
            Some((name, _)) => Err(ModelError::Zero { field: self.field(name) }),
            None => Ok(()),
        }
    }

    pub(crate) fn widths(&self, name: &str, widths: &[usize]) -> Result<(), ModelError> {
        if widths.is_empty() {
            return Err(ModelError::NoWidths { field: self.field(name) });
        }
        match widths.iter().position(|width| *width == 0) {
            Some(index) => Err(ModelError::Zero { field: format!("{}[{index}]", self.field(name)) }),
            None => Ok(()),
        }
    }

    pub(crate) fn even(&self, name: &str, d_model: usize) -> Result<(), ModelError> {
        let even = d_model.is_multiple_of(2);
        if even { Ok(()) } else { Err(ModelError::OddWidth { field: self.field(name), d_model }) }
    }

    /// Heads, window and positions of an attention layer.
    pub(crate) fn heads(&self, attention: &CausalAttentionConfig) -> Result<(), ModelError> {
        let (n_head, n_kv_head, d_head) = (attention.n_head, attention.kv_heads(), attention.d_head);
        self.positive(&[("n_kv_head", n_kv_head), ("window", attention.window.unwrap_or(1))])?;
        if !n_head.is_multiple_of(n_kv_head) {
            return Err(ModelError::Heads { field: self.field("n_kv_head"), n_head, n_kv_head });
        }
        match attention.positions {
            Positions::Relative => self.even("d_model", attention.d_model),
            Positions::Rotary(_) if !d_head.is_multiple_of(2) => {
                Err(ModelError::OddHead { field: self.field("d_head"), d_head })
            }
            Positions::Rotary(rotary) => rotary
                .numbers(d_head)
                .iter()
                .try_for_each(|(name, value)| self.above_zero(&format!("positions.{name}"), *value)),
            Positions::Absolute | Positions::None => Ok(()),
        }
    }

    /// A feed-forward branch.
    pub(crate) fn feed_forward(&self, branch: &FeedForwardConfig) -> Result<(), ModelError> {
        self.positive(&[("d_model", branch.d_model), ("d_ffn", branch.d_ffn)])?;
        self.norm(&branch.norm, branch.output_norm.then_some("output_norm"))
    }

    /// A norm, and the field that puts one behind each branch, if any does.
    pub(crate) fn norm(&self, norm: &NormConfig, behind: Option<&str>) -> Result<(), ModelError> {
        self.above_zero("norm.epsilon", norm.epsilon)?;
        match behind {
            Some(behind) if !norm.gain => Err(ModelError::NormWithoutGain { field: self.field(behind) }),
            _ => Ok(()),
        }
    }

    /// A mixture of experts, and whether a norm stands behind it.
    pub(crate) fn experts(&self, experts: &ExpertsConfig, sandwich: bool) -> Result<(), ModelError> {
        let ExpertsConfig { n_expert, n_chosen, d_expert, d_shared, .. } = *experts;
        self.positive(&[
            ("experts.n_expert", n_expert),
            ("experts.n_chosen", n_chosen),
            ("experts.d_expert", d_expert.unwrap_or(1)),
            ("experts.d_shared", d_shared.unwrap_or(1)),
        ])?;
        if n_chosen > n_expert {
            return Err(ModelError::Chosen { field: self.field("experts.n_chosen"), n_chosen, n_expert });
        }
        if n_chosen == 1 && n_expert > 1 && experts.normalized {
            return Err(ModelError::OneWeight { field: self.field("experts.normalized") });
        }
        if let Balance::Loss { coefficient } = experts.balance {
            self.not_negative("experts.balance.coefficient", coefficient)?;
        }
        if sandwich { Err(ModelError::ExpertsInSandwich { field: self.field("sandwich") }) } else { Ok(()) }
    }

    pub(crate) fn above_zero(&self, name: &str, value: f64) -> Result<(), ModelError> {
        let valid = value.is_finite() && value > 0.0;
        if valid { Ok(()) } else { Err(ModelError::NotAboveZero { field: self.field(name), value }) }
    }

    pub(crate) fn not_negative(&self, name: &str, value: f64) -> Result<(), ModelError> {
        let valid = value.is_finite() && value >= 0.0;
        if valid { Ok(()) } else { Err(ModelError::Negative { field: self.field(name), value }) }
    }

    pub(crate) fn dropout(&self, name: &str, value: f64) -> Result<(), ModelError> {
        let valid = (0.0..1.0).contains(&value);
        if valid { Ok(()) } else { Err(ModelError::Dropout { field: self.field(name), value }) }
    }

    pub(crate) fn finite(&self, values: &[(&str, f64)]) -> Result<(), ModelError> {
        match values.iter().find(|(_, value)| !value.is_finite()) {
            Some((name, value)) => Err(ModelError::NotFinite { field: self.field(name), value: *value }),
            None => Ok(()),
        }
    }
}
