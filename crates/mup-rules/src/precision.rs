//! Steps that a 16-bit weight cannot hold.

use crate::named::named;
use crate::{PlanRow, ScalingPlan, Update};

/// How many bits of a number count, the leading one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Significand {
    /// bf16: 8 bits.
    Bf16,
    /// f16: 11 bits.
    F16,
}

impl Significand {
    /// Half the distance to the next number, over the number, where that is smallest: 2⁻⁹ for bf16, 2⁻¹² for f16.
    fn half_ulp(self) -> f64 {
        match self {
            Self::Bf16 => 2_f64.powi(-9),
            Self::F16 => 2_f64.powi(-12),
        }
    }
}

impl ScalingPlan {
    /// Warns of weights stored in 16 bits whose step at the peak rate is rounded away, by path.
    ///
    /// A step of entries η·C changes a typical weight of size σ·B by less than half a unit in the last place, so the
    /// weight stays where it is. The relative step shrinks like 1/√m_in in every form: what trains at base width may
    /// stand still in a wide model. `rate` is η, `base_std` is σ of a row in the base model. Updates whose size the plan
    /// does not know (SGD's, LAMB's, Muon's) are left out.
    ///
    /// ```
    /// # use mup_rules::{OptimizerId, Parametrization, ScalingPlan, Significand};
    /// # use mup_shapes::{BaseShapes, ModuleShapes, ParamShape, ParamSpec};
    /// # let model = |n| ModuleShapes::new(vec![ParamShape::new("w", "Linear", [n, n], ParamSpec::weight())]);
    /// # let shapes = BaseShapes::infer(&model(64), &model(128))?.apply(&model(4096))?;
    /// let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW)?;
    /// let warning = plan.rounded_away(Significand::Bf16, 1e-3, |row| 1.0 / (row.base_fan_in as f64).sqrt());
    /// assert!(warning.unwrap().contains("MasterWeights"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rounded_away(&self, stored: Significand, rate: f64, base_std: impl Fn(&PlanRow) -> f64) -> Option<String> {
        let lost = |row: &&PlanRow| {
            let entrywise = self.optimizer_of(row).is_some_and(|optimizer| optimizer.update == Update::ENTRYWISE);
            let (step, weight) = (rate * row.learning_rate.value, base_std(row) * row.init_std.value);
            entrywise && step < stored.half_ulp() * weight
        };
        let paths = named(self.rows().iter().filter(lost))?;
        Some(format!(
            "a step of these weights is below half a unit in their last place, so most are rounded away: keep f32 masters \
             (mup_optim's MasterWeights), or train them in f32: {paths}"
        ))
    }
}
