//! The names of a GPT's parameters, for whoever treats some apart.

use mup_shapes::PathPattern;

use super::GptConfig;

impl GptConfig {
    /// The weights of the query projections; zero at initialization removes the finite-width part of the logits.
    #[must_use]
    pub fn queries() -> PathPattern {
        PathPattern::new("blocks.*.attention.query.weight")
    }

    /// The weight of the untied readout; zero at initialization removes the finite-width part of the function.
    #[must_use]
    pub fn readout() -> PathPattern {
        PathPattern::new("readout.weight")
    }

    /// The weights of the last layer of each residual branch, which GPT-2 divides by √(2·`n_layer`) at initialization
    /// (Radford et al. 2019, section 2.3); under rules of depth with the base's `n_layer`.
    #[must_use]
    pub fn residual_projections() -> [PathPattern; 2] {
        [PathPattern::new("blocks.*.attention.output.weight"), PathPattern::new("blocks.*.feed_forward.down.weight")]
    }

    /// u and v of the relative attention.
    #[must_use]
    pub fn relative_biases() -> [PathPattern; 2] {
        [PathPattern::new("blocks.*.attention.content_bias"), PathPattern::new("blocks.*.attention.position_bias")]
    }
}
