//! Spaces that were searched before, by name.

use crate::{Dimension, Space, SpaceError};

const RATE: &str = "learning-rate";

impl Space {
    /// The space of the GPT-3 experiment. Temperatures are searched there; their inverses, searched here, have the
    /// same distribution.
    ///
    /// # Reference
    ///
    /// Tensor Programs V, arXiv:2203.03466v2, App. F.4: rate 10^U(−4,−1), initialization scale, embedding and
    /// relative-position multiplier 10^U(−1,1), attention and output temperature 4^U(−1,1).
    #[must_use]
    pub fn gpt3() -> Self {
        let scale = Dimension::LogUniform([0.1, 10.0]);
        let temperature = Dimension::LogUniform([0.25, 4.0]);
        Self::default()
            .with(RATE, Dimension::LogUniform([1e-4, 1e-1]))
            .with("init-scale", scale.clone())
            .with("alpha-attention", temperature.clone())
            .with("alpha-output", temperature)
            .with("alpha-embedding", scale.clone())
            .with("alpha-relative", scale)
    }

    /// The learning rate alone, at powers of two from 2^`low` to 2^`high`.
    #[must_use]
    pub fn rates(low: i32, high: i32) -> Self {
        let rates = (low..=high).map(|exponent| f64::from(exponent).exp2()).collect();
        Self::default().with(RATE, Dimension::Grid(rates))
    }

    /// A space by its name: `gpt-3`, or `rate`, the learning rate alone in the range of GPT-3.
    ///
    /// # Errors
    ///
    /// [`SpaceError::UnknownPreset`].
    pub fn named(name: &str) -> Result<Self, SpaceError> {
        match name {
            "gpt-3" => Ok(Self::gpt3()),
            "rate" => Ok(Self::default().with(RATE, Dimension::LogUniform([1e-4, 1e-1]))),
            _ => Err(SpaceError::UnknownPreset { name: name.to_owned() }),
        }
    }
}
