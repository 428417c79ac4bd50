//! What every family takes from its [`Setup`](crate::setup::Setup).

/// Size of the readout's start, relative to variance 1/fan_in. What a random readout makes of the features is a
/// sum of n independent terms that is Θ(1/√n) under µP: noise that a wide model does not have, and that
/// at these widths is as large as what training does. TP-V D.2 recommends to start from zero; a quarter leaves
/// the initialization for the check to see.
pub(super) const READOUT: f64 = 0.25;

/// What a family has from its [`Setup`].
macro_rules! as_set_up {
    () => {
        fn name(&self) -> String {
            self.0.name()
        }

        fn size(&self) -> mup_train::Size {
            self.0.size()
        }

        fn start(&self, _base: &mup_train::Size) -> mup_init::InitSpec {
            self.0.start.clone()
        }

        fn optimizer(
            &self,
            plan: &mup_rules::ScalingPlan,
            model: &Self::Model,
            peak: f64,
        ) -> Result<burn::optim::ModuleOptimizer, mup_train::FamilyError> {
            self.0.optimizer(plan, model, peak)
        }

        fn training(&self) -> mup_train::Training {
            self.0.training()
        }

        fn fingerprint(&self) -> String {
            self.0.fingerprint()
        }
    };
}
pub(super) use as_set_up;
