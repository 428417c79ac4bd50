//! What a plan comes to for residual branches: how many more there are, and what each is multiplied by.

use mup_shapes::{Kind, Place};

use crate::{PlanRow, ScalingPlan};

impl ScalingPlan {
    /// The largest m_L of its residual streams: residual additions in this model over those in the base, 1 without any.
    #[must_use]
    pub fn depth_mult(&self) -> f64 {
        self.streams().iter().map(|stream| stream.depth_mult()).reduce(f64::max).unwrap_or(1.0)
    }

    /// What the plan multiplies a residual branch by at the start, relative to the base: multiplier times init std of the first
    /// closing map, m_L^−α where width stays; that of the first layer that multiplies its branch, if nothing else closes one; 1
    /// if no branch is known.
    #[must_use]
    pub fn branch_factor(&self) -> f64 {
        let first = |of: fn(&&PlanRow) -> bool| self.rows().iter().find(of);
        let closing = first(|row| row.place == Some(Place::Closing) && row.kind != Kind::Bias);
        let row = closing.or_else(|| first(|row| row.kind == Kind::BranchFactor));
        row.map_or(1.0, |row| row.multiplier.value * row.init_std.value)
    }
}
