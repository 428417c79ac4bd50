//! A finished plan with another rate for some tensors: for whoever did not make the plan.

use crate::{Change, RuleError, ScalingPlan, Selector};

impl ScalingPlan {
    /// The plan with the learning rate of some tensors times a number, beside what it was made with: what
    /// [`PlanBuilder::rate`](crate::PlanBuilder::rate) would have made of it, and where a wish for their rate is there, times
    /// that. For whoever is given a plan and not its builder, as a program for every family is.
    ///
    /// ```
    /// # use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
    /// # use mup_shapes::{BaseShapes, ModuleShapes, ParamShape, ParamSpec, Role};
    /// # let model = |n| {
    /// #     ModuleShapes::new(vec![
    /// #         ParamShape::new("embedding.weight", "Embedding", [256, n], ParamSpec::weight()),
    /// #         ParamShape::new("hidden.weight", "Linear", [n, n], ParamSpec::weight()),
    /// #     ])
    /// # };
    /// # let shapes = BaseShapes::infer(&model(64), &model(128)).unwrap().apply(&model(256)).unwrap();
    /// # let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
    /// let plan = plan.with_rate(Role::Input, 0.5)?;
    /// assert_eq!(plan.row("embedding.weight")?.learning_rate.to_string(), "0.5 = yours 0.5");
    /// # Ok::<(), mup_rules::RuleError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RuleError::BadWish`] of a number that is not positive, [`RuleError::NothingMatches`], [`RuleError::NoEffect`].
    pub fn with_rate(&self, tensors: impl Into<Selector>, times: f64) -> Result<Self, RuleError> {
        let (tensors, shapes) = (tensors.into(), self.shapes_again());
        let mut builder = self.builder_again(&shapes).rate(tensors.clone(), times);
        for wish in self.overrides().iter() {
            let Change::Rate(known) = wish.change else { continue };
            let both = Selector::Every(vec![wish.tensors.clone(), tensors.clone()]);
            // The later wins, so of tensors that had a wish this is the last.
            if self.rows().iter().zip(&shapes).any(|(row, shape)| both.selects(shape, row.role)) {
                builder = builder.rate(both, known * times);
            }
        }
        let (again, uses) = builder.contents()?;
        uses.check_effective(&again.overrides)?;
        self.told_again(again)
    }
}
