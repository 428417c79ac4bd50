//! A study and the family that it is of, after a look that the two still belong together.

use burn::tensor::Device;
use mup_rules::{Parametrization, ScalingPlan};
use mup_study::cli::{self, Interrupt, TuneArguments, say};
use mup_study::launch::Tuned;
use mup_study::{Study, Values};
use mup_train::{FamilyError, FamilyRun, Growth, Size};
use mup_transfer::{Transfer, transfer};

use super::circumstances::check_proxy_batch;
use super::tables::{Proxy, Target, changed, size, table};
use super::tuned_control::STANDARD;
use super::values::{check_space, unsaid, values_of, with_values};
use crate::identity::{training, unchanged, unchanged_table};
use crate::{AnyFamily, TargetRunArguments, grow::short, target_run::from_run};

/// A study, its family, and what it says of proxy and target.
#[derive(Clone)]
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
        let opened = Self { study, family, proxy, target, proxy_size, target_size, device, base };
        opened.check()?;
        let proxy = opened.proxy_run(&Values::default())?;
        check_proxy_batch(study.config(), family.in_tokens(&proxy)?)?;
        Ok(opened)
    }

    /// With a target of another batch or length, or another law, than the study says.
    pub(super) fn with_target_run(mut self, asked: &TargetRunArguments) -> Result<Self, FamilyError> {
        let own = self.own_batches()?;
        let Target { steps, batches, run_law, .. } = &mut self.target;
        *steps = asked.target_steps.unwrap_or(*steps);
        *batches = asked.target_batch.map_or(*batches, |times| times * own);
        *run_law = asked.run_law.clone().unwrap_or_else(|| run_law.clone());
        Ok(self)
    }

    /// The family's own number of batches in a step.
    pub(super) fn own_batches(&self) -> Result<usize, FamilyError> {
        Ok(self.run(&self.proxy.parametrization, &self.proxy_size, &Values::default())?.training.batches)
    }

    /// Whether everything is as it was when the study was made.
    fn check(&self) -> Result<(), FamilyError> {
        let Self { study, family, proxy, .. } = self;
        proxy.identity.unchanged(&family.identity(&self.growth(&proxy.parametrization)?)?)?;
        let own = self.run(&proxy.parametrization, &self.proxy_size, &Values::default())?;
        unchanged_table("a training with", &proxy.training, &training(&own))?;
        let space = &study.config().space;
        check_space(&own, space).map_err(|error| format!("study.toml: [space]: {error}"))?;
        let values = unsaid(&own, space, &proxy.settings);
        unchanged_table("hyperparameters outside of its space of", &table(&proxy.values), &table(&values))?;
        unchanged("the plan", &proxy.plan, &family.plan(&own, &self.device)?.fingerprint())
    }

    pub(super) fn growth(&self, parametrization: &str) -> Result<Growth, FamilyError> {
        Ok(Growth::new(self.base.clone(), self.proxy.grows.clone(), Parametrization::named(parametrization)?))
    }

    /// What is prescribed for the proxy, trained with these values.
    pub(super) fn proxy_plan(&self, values: &Values) -> Result<ScalingPlan, FamilyError> {
        self.family.plan(&self.run(&self.proxy.parametrization, &self.proxy_size, values)?, &self.device)
    }

    /// A run with these values; the others are the family's own.
    pub(super) fn run(&self, parametrization: &str, size: &Size, values: &Values) -> Result<FamilyRun, FamilyError> {
        with_values(self.family.run(self.growth(parametrization)?, size.clone()), values)
    }

    /// The longest run of the proxy, from which values are transferred.
    fn proxy_run(&self, values: &Values) -> Result<FamilyRun, FamilyError> {
        let longest = self.study.config().stages.iter().map(|stage| stage.steps).max().unwrap_or(1);
        Ok(self.run(&self.proxy.parametrization, &self.proxy_size, values)?.with_steps(longest))
    }

    /// A run of the target with these values.
    pub(super) fn target_run(&self, parametrization: &str, values: &Values) -> Result<FamilyRun, FamilyError> {
        let Target { steps, batches, run_law, micro_batches, evaluate_every, .. } = &self.target;
        let run = self.run(parametrization, &self.target_size, values)?;
        let Growth { run: proxy, law, .. } =
            from_run(self.family, &self.proxy_run(values)?, run_law.clone(), &self.device)?;
        let growth = Growth { run: proxy, law, ..run.growth.clone() };
        let mut run = run.with_growth(growth).with_steps(*steps).with_batches(*batches);
        (run.training.micro_batches, run.training.evaluate_every) = (*micro_batches, Some(*evaluate_every));
        Ok(run)
    }

    /// What is prescribed for the target in its run.
    pub(super) fn target_plan(&self, parametrization: &str, values: &Values) -> Result<ScalingPlan, FamilyError> {
        self.family.plan(&self.target_run(parametrization, values)?, &self.device)
    }

    /// Every value of the family, those given included.
    pub(super) fn complete(&self, values: &Values) -> Result<Values, FamilyError> {
        Ok(values_of(&self.run(&self.proxy.parametrization, &self.target_size, values)?))
    }

    /// The family's own.
    pub(super) fn usual(&self) -> Result<Values, FamilyError> {
        self.complete(&Values::default())
    }

    /// What becomes of the proxy's values in the target that this plan is of, and what nothing follows there.
    pub(super) fn transfer(&self, values: &Values, target: &ScalingPlan) -> Result<Transfer, FamilyError> {
        let transferred = transfer(values, &self.study.config().space, &self.proxy_plan(values)?, target)?;
        let run = self.target_run(&self.proxy.parametrization, values)?;
        let warnings = run.warnings(target).into_iter().chain(self.family.untested(&run)).collect();
        Ok(Transfer { warnings, ..transferred })
    }

    /// Plans of proxy, target and target in SP, with their names, under these values.
    pub(super) fn plans(&self, values: &Values) -> Result<Vec<(String, ScalingPlan)>, FamilyError> {
        let name = self.proxy.parametrization.as_str();
        let target = |name: &str| -> Result<_, FamilyError> {
            Ok((format!("Target, {}", short(name)), self.target_plan(name, values)?))
        };
        let mut plans = vec![(format!("Proxy, {}", short(name)), self.proxy_plan(values)?), target(name)?];
        if name != STANDARD {
            // A family may have none.
            plans.extend(target(STANDARD).ok());
        }
        Ok(plans)
    }

    /// What grows, with the target's numbers.
    pub(super) fn named_size(&self) -> String {
        let Self { proxy, target_size, .. } = self;
        proxy.grows.iter().map(|name| format!("{name} {}", target_size[name.as_str()])).collect::<Vec<_>>().join(", ")
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
        let tuned = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        let trials = if n_trials == 1 { "trial" } else { "trials" };
        say(format!("\nTuning {tuned} on the proxy, {n_trials} {trials} in {folder}"));
        Ok(cli::tune(self.study, arguments, &Interrupt::listen()?)?)
    }
}
