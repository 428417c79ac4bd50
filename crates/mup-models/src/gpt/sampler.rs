//! The choice of the next token from its logits.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::ModelError;

/// Draws tokens from logits; the same seed gives the same text on every device.
#[derive(Clone, Debug)]
pub struct Sampler {
    temperature: f64,
    top_k: usize,
    rng: ChaCha8Rng,
}

impl Sampler {
    /// Samples from the softmax of the logits.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { temperature: 1.0, top_k: usize::MAX, rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Divides the logits by a temperature; 0 always takes the likeliest token.
    ///
    /// # Errors
    ///
    /// [`ModelError::Temperature`] if it is negative or not finite.
    pub fn with_temperature(mut self, temperature: f64) -> Result<Self, ModelError> {
        if !temperature.is_finite() || temperature < 0.0 {
            return Err(ModelError::Temperature { value: temperature });
        }
        self.temperature = temperature;
        Ok(self)
    }

    /// Draws from the `top_k` likeliest tokens only.
    ///
    /// # Errors
    ///
    /// [`ModelError::TopK`] if it is 0.
    pub fn with_top_k(mut self, top_k: usize) -> Result<Self, ModelError> {
        if top_k == 0 {
            return Err(ModelError::TopK);
        }
        self.top_k = top_k;
        Ok(self)
    }

    /// The index of the token drawn. Of equal logits, the lowest index counts as the likeliest.
    ///
    /// # Errors
    ///
    /// [`ModelError::NoFiniteLogit`] if no logit is a finite number, as in a diverged model.
    pub fn sample(&mut self, logits: &[f64]) -> Result<usize, ModelError> {
        let mut candidates: Vec<usize> = (0..logits.len()).filter(|i| logits[*i].is_finite()).collect();
        candidates.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
        let Some(&likeliest) = candidates.first() else { return Err(ModelError::NoFiniteLogit) };
        if self.temperature == 0.0 {
            return Ok(likeliest);
        }
        candidates.truncate(self.top_k);
        let weight = |i: usize| ((logits[i] - logits[likeliest]) / self.temperature).exp();
        let total: f64 = candidates.iter().map(|i| weight(*i)).sum();
        let mut left = self.rng.random::<f64>() * total;
        for &candidate in &candidates {
            left -= weight(candidate);
            if left < 0.0 {
                return Ok(candidate);
            }
        }
        // Only rounding of the sum leads here.
        Ok(likeliest)
    }
}
