//! What a plan comes to for residual branches: how many more there are.

use crate::ScalingPlan;
use crate::warnings::depth_ignored;

impl ScalingPlan {
    /// The largest m_L of its residual streams: residual additions in this model over those in the base, 1 without any.
    #[must_use]
    pub fn depth_mult(&self) -> f64 {
        self.streams().iter().map(|stream| stream.depth_mult()).reduce(f64::max).unwrap_or(1.0)
    }

    /// That this model has another number of blocks than the base and nothing is scaled by it, which is among the plan's
    /// warnings too.
    #[must_use]
    pub fn depth_warning(&self) -> Option<String> {
        depth_ignored(self.streams(), self.parametrization())
    }
}
