//! A finished plan in another run: batch and horizon for whoever did not make the plan.

use crate::{RuleError, Run, RunLaw, RunScaling, ScalingPlan};

impl ScalingPlan {
    /// The plan in another run than the base's: what [`PlanBuilder::run`](crate::PlanBuilder::run) would have made of it. For
    /// whoever is given a plan and not its builder, as a program for every family is.
    ///
    /// ```
    /// # use mup_rules::{OptimizerId, Parametrization, Run, RunLaw, ScalingPlan};
    /// # use mup_shapes::{BaseShapes, ModuleShapes, ParamShape, ParamSpec};
    /// # let model = |n| {
    /// #     ModuleShapes::new(vec![ParamShape::new("hidden.weight", "Linear", [n, n], ParamSpec::weight())])
    /// # };
    /// # let shapes = BaseShapes::infer(&model(64), &model(128)).unwrap().apply(&model(256)).unwrap();
    /// # let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
    /// let (proxy, target) = (Run::new(1e3, 1e6), Run::new(4e3, 1e6));
    /// let plan = plan.with_run(proxy, target, RunLaw::complete_d())?;
    /// assert_eq!(plan.row("hidden.weight")?.learning_rate.to_string(), "0.5 = 1/m_in · √m_B/√m_D");
    /// assert!((plan.beta(0.9) - 0.9_f64.powi(4)).abs() < 1e-15);
    /// # Ok::<(), mup_rules::RuleError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RuleError::TwoRuns`] of a plan with a run, [`RuleError::BadRun`], [`RuleError::BadExponent`],
    /// [`RuleError::ForeignVariable`].
    pub fn with_run(&self, base: Run, target: Run, law: RunLaw) -> Result<Self, RuleError> {
        if let Some(run) = self.run() {
            return Err(RuleError::TwoRuns { run: run.law.name.clone() });
        }
        RunScaling::new(base, target, law.clone()).check()?;
        let shapes = self.shapes_again();
        let (again, _) = self.builder_again(&shapes).run(base, target, law).contents()?;
        self.told_again(again)
    }

    /// The exponent of β₁, β₂ and their kin in the plan's run; 1 without one.
    #[must_use]
    pub fn beta_exponent(&self) -> f64 {
        self.run().map_or(1.0, RunScaling::beta_exponent)
    }

    /// A decay per step of a moving average in the plan's run, from that at the base: the half-life form
    /// ([`RunLaw::beta`](crate::RunLaw)).
    #[must_use]
    pub fn beta(&self, at_base: f64) -> f64 {
        match self.beta_exponent() {
            // To the bit, where no law changes it.
            1.0 => at_base,
            exponent => at_base.powf(exponent),
        }
    }
}
