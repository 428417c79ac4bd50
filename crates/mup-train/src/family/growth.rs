//! How a family grows: from which base, by which numbers, under which rules.

use burn::optim::ModuleOptimizer;
use burn::tensor::Device;
use mup_init::initialize;
use mup_rules::{Parametrization, ScalingPlan};

use super::{Family, FamilyError, Size, SizeError};

/// From which base a family grows, by which numbers of its [`Size`], and under which rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// Where every factor is 1.
    pub base: Size,
    /// The numbers that grow.
    pub grows: Vec<String>,
    /// The rules.
    pub parametrization: Parametrization,
}

impl Growth {
    /// From a base by these numbers.
    #[must_use]
    pub fn new<N: Into<String>>(
        base: Size,
        grows: impl IntoIterator<Item = N>,
        parametrization: Parametrization,
    ) -> Self {
        Self { base, grows: grows.into_iter().map(Into::into).collect(), parametrization }
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

    /// What is prescribed for a size. Nothing is allocated.
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

    /// A model of a size with its weights, and its optimizer, on the autodiff device of `device`.
    ///
    /// # Errors
    ///
    /// Those of [`plan`](Self::plan), of the family's start and of its optimizer.
    pub fn start<F: Family>(
        &self,
        family: &F,
        size: &Size,
        init_scale: f64,
        seed: u64,
        device: &Device,
    ) -> Result<(F::Model, ModuleOptimizer), FamilyError> {
        let plan = self.plan(family, size, device)?;
        let model = family.model(size, &device.clone().autodiff())?;
        let model = initialize(model, &plan, &family.start(&self.base).scale_all(init_scale), seed)?;
        let optimizer = family.optimizer(&plan, &model)?;
        Ok((model, optimizer))
    }
}
