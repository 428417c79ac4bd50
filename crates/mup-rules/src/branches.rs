//! What a plan comes to for residual branches: how many more there are.

use crate::ScalingPlan;

impl ScalingPlan {
    /// The largest m_L of its residual streams: residual additions in this model over those in the base, 1 without any.
    #[must_use]
    pub fn depth_mult(&self) -> f64 {
        self.streams().iter().map(|stream| stream.depth_mult()).reduce(f64::max).unwrap_or(1.0)
    }
}
