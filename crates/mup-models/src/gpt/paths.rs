//! The names of a GPT's parameters, for whoever treats some apart.

use mup_shapes::PathPattern;

use super::GptConfig;
use crate::ExpertsConfig;

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

    /// What closes each residual branch of such a model and starts smaller in a deep one: GPT-2 divides the weights of the last
    /// layers by √(2·`n_layer`) at initialization (Radford et al. 2019, section 2.3); under rules of depth with the base's
    /// `n_layer`. With norms behind branches their gains, since a norm takes the size of a weight away; of a mixture the
    /// experts' last maps, and that of what every token goes through.
    ///
    /// ```
    /// use mup_init::InitSpec;
    /// use mup_models::{GptConfig, Sizes};
    /// let sizes = Sizes { vocab: 256, context: 64, n_layer: 12, d_model: 64, n_head: 4, n_kv_head: 2, d_head: 16, d_ffn: 224 };
    /// let config = GptConfig::mixtral(sizes, 8, 2);
    /// let factor = 1.0 / (2.0 * config.n_layer as f64).sqrt();
    /// let spec = config.residual_projections().into_iter().fold(InitSpec::new(), |spec, path| spec.scale(path, factor));
    /// # let _ = spec;
    /// ```
    #[must_use]
    pub fn residual_projections(&self) -> Vec<PathPattern> {
        let dense = |branch: &str, map: &str| {
            let closes = if self.sandwich { "output_norm.gamma".to_owned() } else { format!("{map}.weight") };
            format!("blocks.*.{branch}.{closes}")
        };
        let second = match &self.experts {
            None => vec![dense("feed_forward", "down")],
            Some(ExpertsConfig { d_shared: None, .. }) => vec!["blocks.*.experts.down".to_owned()],
            Some(_) => ["blocks.*.experts.down", "blocks.*.experts.shared.down.weight"].map(str::to_owned).into(),
        };
        std::iter::once(dense("attention", "output")).chain(second).map(PathPattern::new).collect()
    }

    /// u and v of the relative attention.
    #[must_use]
    pub fn relative_biases() -> [PathPattern; 2] {
        [PathPattern::new("blocks.*.attention.content_bias"), PathPattern::new("blocks.*.attention.position_bias")]
    }
}
