//! How a family grows: from which base and which run, by which numbers, under which rules.

use std::fmt;

use burn::tensor::Device;
use mup_rules::{Parametrization, Run, RunLaw, ScalingPlan};

use super::{Family, FamilyError, Size, SizeError};

/// From which base a family grows, by which numbers of its [`Size`], and under which rules; and from which run, under
/// which law.
#[derive(Clone, PartialEq)]
pub struct Growth {
    /// Where every factor is 1.
    pub base: Size,
    /// The numbers that grow.
    pub grows: Vec<String>,
    /// The rules.
    pub parametrization: Parametrization,
    /// Batch and tokens of the run where the hyperparameters were found, in which every factor of the law is 1; none: of each
    /// run its own.
    pub run: Option<Run>,
    /// What follows another batch and other tokens.
    pub law: RunLaw,
}

/// Without a run of its own as it was before there was one: digests are made of it.
impl fmt::Debug for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base, grows, parametrization, run, law } = self;
        let mut printed = f.debug_struct("Growth");
        printed.field("base", base).field("grows", grows).field("parametrization", parametrization);
        if run.is_some() {
            printed.field("run", run).field("law", law);
        }
        printed.finish()
    }
}

impl Growth {
    /// From a base by these numbers.
    #[must_use]
    pub fn new<N: Into<String>>(
        base: Size,
        grows: impl IntoIterator<Item = N>,
        parametrization: Parametrization,
    ) -> Self {
        let grows = grows.into_iter().map(Into::into).collect();
        Self { base, grows, parametrization, run: None, law: RunLaw::none() }
    }

    /// From this run, where the hyperparameters were found, under a law. Under none a run of another batch or length warns.
    #[must_use]
    pub fn from_run(self, run: Run, law: RunLaw) -> Self {
        Self { run: Some(run), law, ..self }
    }

    /// The size at which the first of them has this number.
    ///
    /// # Errors
    ///
    /// Those of [`Size::grown`].
    pub fn at(&self, number: usize) -> Result<Size, SizeError> {
        self.base.grown(&self.grows, number)
    }

    /// The same growth from where the first of them has this number.
    ///
    /// # Errors
    ///
    /// Those of [`Size::grown`].
    pub fn from(&self, number: usize) -> Result<Self, SizeError> {
        Ok(Self { base: self.at(number)?, ..self.clone() })
    }

    /// What is prescribed for a size, in the run of its base. Nothing is allocated.
    ///
    /// # Errors
    ///
    /// Those of the family's model and plan, and of shapes that cannot be compared.
    pub fn plan<F: Family>(&self, family: &F, size: &Size, device: &Device) -> Result<ScalingPlan, FamilyError> {
        let model = |size: &Size| family.model(size, device);
        let base = model(&self.base)?;
        let delta = model(&family.delta(&self.base, &self.grows)?)?;
        let shapes = family.reader().infer(&base, &delta, &model(size)?)?;
        family.plan(&shapes, self.parametrization.clone())
    }
}
