//! A study and the family that it is of, after a look that the two still belong together.

use burn::tensor::Device;
use mup_rules::{Parametrization, ScalingPlan};
use mup_study::cli::{self, Interrupt, TuneArguments, say};
use mup_study::launch::Tuned;
use mup_study::{Study, Values};
use mup_train::{FamilyError, FamilyRun, Growth, Size};

use super::tables::{Proxy, Target, changed, size};
use super::values::with_values;
use crate::AnyFamily;

/// A study, its family, and what it says of proxy and target.
pub(super) struct Opened<'a> {
    pub(super) study: &'a Study,
    pub(super) family: &'a dyn AnyFamily,
    pub(super) proxy: Proxy,
    pub(super) target: Target,
    pub(super) proxy_size: Size,
    pub(super) target_size: Size,
    pub(super) device: Device,
    base: Size,
}

/// Says which of a study's circumstances has changed, if it has.
///
/// # Errors
///
/// What it was, what it is, and what to do.
pub fn unchanged(what: &str, there: &str, here: &str) -> Result<(), FamilyError> {
    if there == here {
        return Ok(());
    }
    Err(format!(
        "study.toml was made for {what} {there}, but {what} is {here} now: continue it with the program and data that \
         began it, or begin another study"
    )
    .into())
}

impl<'a> Opened<'a> {
    pub(super) fn new(study: &'a Study, family: &'a dyn AnyFamily) -> Result<Self, FamilyError> {
        let (proxy, target) = (Proxy::of(study.config())?, Target::of(study.config())?);
        let of_family = family.size();
        let [proxy_size, base, target_size] = [
            size(&of_family, "[proxy]", &proxy.size)?,
            changed(&of_family, "[proxy]", &proxy.base)?,
            size(&of_family, "[target]", &target.size)?,
        ];
        let device = mup_devices::open(proxy.device)?;
        unchanged("the family", &proxy.family, &family.name())?;
        unchanged("data and code of fingerprint", &proxy.fingerprint, &family.fingerprint())?;
        let opened = Self { study, family, proxy, target, proxy_size, target_size, device, base };
        let plan = opened.plan(&opened.proxy.parametrization, &opened.proxy_size)?.fingerprint();
        unchanged("the plan", &opened.proxy.plan, &plan)?;
        Ok(opened)
    }

    pub(super) fn growth(&self, parametrization: &str) -> Result<Growth, FamilyError> {
        Ok(Growth::new(self.base.clone(), self.proxy.grows.clone(), Parametrization::named(parametrization)?))
    }

    pub(super) fn plan(&self, parametrization: &str, size: &Size) -> Result<ScalingPlan, FamilyError> {
        self.family.plan(&self.growth(parametrization)?, size, &self.device)
    }

    /// A run with these values; the others are the family's own.
    pub(super) fn run(&self, parametrization: &str, size: &Size, values: &Values) -> Result<FamilyRun, FamilyError> {
        with_values(self.family.run(self.growth(parametrization)?, size.clone()), values)
    }

    /// Number of the first of what grows: what tables and figures call the width.
    pub(super) fn width(&self, size: &Size) -> usize {
        self.proxy.grows.first().map_or(0, |name| size[name.as_str()])
    }

    /// Runs every trial that has no record, each in a process of its own.
    pub(super) fn tune(&self, arguments: &TuneArguments) -> Result<Tuned, FamilyError> {
        let (space, n_trials) = (&self.study.config().space, self.study.config().n_trials());
        let names: Vec<&str> = space.varied().map(|(name, _)| name).collect();
        let folder = self.study.folder().display();
        say(format!("\nTuning {} on the proxy, {n_trials} trials in {folder}", names.join(", ")));
        Ok(cli::tune(self.study, arguments, &Interrupt::listen()?)?)
    }
}
