//! What can be wrong with a config or with what a model is given.

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
