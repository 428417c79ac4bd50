//! What defines a study on the command line, and the `study.toml` that it comes to.

use std::num::ParseFloatError;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use mup_devices::{Backend, DeviceName};
use mup_rules::{Parametrization, ScalingPlan};
use mup_study::cli::{say, whole};
use mup_study::{Difference, Dimension, Program, Search, Space, Stage, Study, StudyConfig, StudyError};
use mup_sweep::Log2Grid;
use mup_train::{FamilyError, FamilyRun, Growth, LEARNING_RATE, RunFolder, Size};
use mup_transfer::transfer;

use super::circumstances;
use super::space;
use super::tables::{Proxy, Target, as_written, of_size, table};
use super::values::{unsaid, values_of};
use crate::grow::{changed, grows};
use crate::identity::training;
use crate::sweep::grid_around;
use crate::{AnyFamily, TargetRunArguments};

/// Where a study is unless said otherwise.
pub const DEFAULT_STUDY: &str = "runs/study";

/// What defines a study. Given none of these, an existing study is continued as its study.toml says.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct StudyArguments {
    /// Folder of the study. An interrupted one continues there; nothing finished is repeated. [default: runs/study]
    #[arg(long, visible_alias = "out", value_name = "DIR")]
    pub study: Option<PathBuf>,
    /// Where to train, such as cuda:1; `devices` shows what is compiled in and answers [default: flex]
    #[arg(long, value_name = "NAME[:INDEX]")]
    pub device: Option<DeviceName>,
    /// Seeds of weights and batches; a trial runs with each, and their losses are averaged [default: 0]
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = whole::<u64, 0>)]
    pub seeds: Vec<u64>,
    /// Log2 learning rates to try, everything else as usual [default: -3:3 around the family's own]
    #[arg(
        long,
        value_name = "LOW:HIGH[:STEP]",
        allow_hyphen_values = true,
        conflicts_with = "space",
        help_heading = "Tuning"
    )]
    pub rates: Option<Log2Grid>,
    /// What is searched: rate, gpt-3 (six hyperparameters in the ranges of the paper), or FILE.toml with a line for each, such
    /// as `learning-rate = { log-uniform = [1e-4, 1e-1] }`. Every family has learning-rate, init-scale, and factors on the rates of
    /// embeddings, hidden matrices, readout and vectors: rate-input, rate-hidden, rate-output, rate-vector
    #[arg(long, value_name = "NAME_OR_FILE", help_heading = "Tuning")]
    pub space: Option<String>,
    /// How [default: random; grid with --rates]
    #[arg(long, value_name = "random|sobol|grid|tpe", help_heading = "Tuning")]
    pub search: Option<Search>,
    /// Seed of the search [default: 0]
    #[arg(long, value_name = "N", help_heading = "Tuning", value_parser = whole::<u64, 0>)]
    pub search_seed: Option<u64>,
    /// Number of samples [default: 32; all with a grid]
    #[arg(long, value_name = "N", help_heading = "Tuning", value_parser = whole::<usize, 1>)]
    pub trials: Option<usize>,
    /// Steps of a trial [default: the family's own]
    #[arg(long, value_name = "N", help_heading = "Tuning", value_parser = whole::<usize, 1>)]
    pub steps: Option<usize>,
    /// Run this many of the best samples again over --long-steps, and choose among those.
    #[arg(long, value_name = "N", requires = "long_steps", help_heading = "Tuning", value_parser = whole::<usize, 1>)]
    pub best: Option<usize>,
    /// The longer horizon.
    #[arg(long, value_name = "N", requires = "best", help_heading = "Tuning", value_parser = whole::<usize, 1>)]
    pub long_steps: Option<usize>,
    /// Seconds after which a trial has failed.
    #[arg(long, value_name = "SECONDS", value_parser = whole::<u64, 1>, help_heading = "Tuning")]
    pub timeout: Option<u64>,
    /// How the proxy is parametrized: mup, complete-p, depth-mup, tensor-programs-v, mup-package, nanogpt-completep, complete-d-p, u-mup
    /// or standard [default: mup]
    #[arg(long, value_name = "NAME", help_heading = "Tuning")]
    pub parametrization: Option<String>,
    /// Size of the proxy, as far as it differs from the family's own; a NAME that it has not is answered with those that it has.
    #[arg(long, value_name = "NAME=N,…", help_heading = "Sizes")]
    pub proxy: Option<String>,
    /// Size at which µP equals SP, as far as it differs from the proxy's.
    #[arg(long, value_name = "NAME=N,…", help_heading = "Sizes")]
    pub base: Option<String>,
    /// Size of the target, as far as it differs from the proxy's [default: 4 times the first number]
    #[arg(long, value_name = "NAME=N,…", help_heading = "Sizes")]
    pub target: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub target_run: TargetRunArguments,
    /// Parts of a batch of the target whose gradients are averaged, to save memory [default: the family's own]
    #[arg(long, value_name = "N", help_heading = "Target", value_parser = whole::<usize, 1>)]
    pub micro_batches: Option<usize>,
    /// Steps between evaluations of the target [default: the family's own, or a tenth of its steps]
    #[arg(long, value_name = "N", help_heading = "Target", value_parser = whole::<usize, 1>)]
    pub evaluate_every: Option<usize>,
}

/// How often a run of the target is saved; any of these may change when it continues.
#[derive(Clone, Debug, Args)]
pub struct CheckpointArguments {
    /// Steps between checkpoints of the target, besides those by time.
    #[arg(long, value_name = "N", value_parser = whole::<usize, 1>, help_heading = "Target")]
    pub checkpoint_every: Option<usize>,
    /// Minutes between checkpoints of the target.
    #[arg(long, value_name = "MINUTES", value_parser = parse_minutes, default_value = "5", help_heading = "Target")]
    pub checkpoint_minutes: Duration,
    /// Checkpoints to keep.
    #[arg(long, value_name = "N", value_parser = whole::<usize, 1>, default_value_t = 2, help_heading = "Target")]
    pub keep_last: usize,
}

impl CheckpointArguments {
    pub(super) fn apply(&self, folder: RunFolder) -> RunFolder {
        let folder = folder.with_every(self.checkpoint_minutes).with_keep_last(self.keep_last);
        match self.checkpoint_every {
            Some(steps) => folder.with_every_steps(steps),
            None => folder,
        }
    }
}

fn parse_minutes(text: &str) -> Result<Duration, String> {
    let minutes: f64 = text.parse().map_err(|error: ParseFloatError| error.to_string())?;
    Duration::try_from_secs_f64(60.0 * minutes).map_err(|_| "a number of minutes is needed, such as 0.5".to_owned())
}

impl StudyArguments {
    /// The folder that is meant.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.study.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_STUDY))
    }

    /// Whether there is a study, and nothing but its folder is asked for: then it is continued as it is.
    #[must_use]
    pub fn continues(&self) -> bool {
        let as_it_is = Self { study: self.study.clone(), ..Self::default() };
        *self == as_it_is && self.folder().join("study.toml").exists()
    }

    pub(super) fn open(&self, family: &dyn AnyFamily) -> Result<Study, FamilyError> {
        if self.continues() {
            return Ok(Study::open(&self.folder())?);
        }
        let config = self.config(family, toml::Table::new())?;
        let micro_batches = Target::of(&config)?.micro_batches;
        family.check_micro_batches(micro_batches, &mup_devices::open(self.device())?)?;
        self.create(config)
    }

    /// The study in the folder: created, continued, or extended by trials or by another target that grows along the same
    /// numbers, which is said, and so is what of its records may no longer belong.
    ///
    /// # Errors
    ///
    /// Those of [`Study::create_or_extend`].
    pub fn create(&self, config: StudyConfig) -> Result<Study, FamilyError> {
        let (study, changed) = Study::create_or_extend(&self.folder(), config).map_err(|error| match &error {
            StudyError::OtherConfiguration { differences, .. } if differences.iter().any(is_of_growth) => format!(
                "{error}\nWhat grows decides how every weight of the proxy is trained, so a study has it once and for all: give \
                 --study another folder"
            )
            .into(),
            _ => FamilyError::from(error),
        })?;
        if !changed.is_empty() {
            changed.iter().for_each(|difference| say(format!("study.toml is changed: {difference}")));
            study.records()?.others.iter().for_each(|others| say(others.to_string()));
        }
        Ok(study)
    }

    /// The study of a family: as its arguments say, and where they do not, as the study has it that is in the folder, if
    /// there is one. `settings` are what the program makes the family from, if it has arguments for that: they
    /// stand in `[proxy]`, and decide the numbers.
    ///
    /// # Errors
    ///
    /// Sizes without a model, a space or a search that does not fit, a device that does not answer.
    pub fn config(&self, family: &dyn AnyFamily, settings: toml::Table) -> Result<StudyConfig, FamilyError> {
        let known = Some(self.folder()).filter(|folder| folder.join("study.toml").exists());
        let known = known.and_then(|folder| Study::open(&folder).ok());
        match known.and_then(|study| self.beside(study.config()).ok()) {
            Some((asked, searched)) => asked.config_of(family, settings, searched),
            None => self.config_of(family, settings, None),
        }
    }

    /// What is asked for beside a study that is there: what is not said is as the study has it, and so are space and search.
    fn beside(&self, study: &StudyConfig) -> Result<(Self, Option<(Space, Search)>), FamilyError> {
        let (proxy, target) = (Proxy::of(study)?, Target::of(study)?);
        let (first, second) = (study.stages.first(), study.stages.get(1));
        let batches = proxy.training.get("batches").and_then(toml::Value::as_integer).map_or(1, |n| n.max(1) as usize);
        let TargetRunArguments { target_steps, target_batch, run_law } = &self.target_run;
        let target_run = TargetRunArguments {
            target_steps: target_steps.or(Some(target.steps)),
            target_batch: target_batch.or(Some(target.batches / batches)),
            run_law: run_law.clone().or(Some(target.run_law)),
        };
        let sampled = first.filter(|_| self.rates.is_none() && study.search != Search::Grid);
        // A grid of fewer trials than it has points keeps them, as long as it is this grid.
        let same = first.filter(|_| self.rates.is_none() && self.space.is_none());
        let asked = Self {
            study: self.study.clone(),
            device: self.device.or(Some(proxy.device)),
            seeds: if self.seeds.is_empty() { study.seeds.clone() } else { self.seeds.clone() },
            rates: self.rates,
            space: self.space.clone(),
            search: self.search.or_else(|| sampled.map(|_| study.search)),
            search_seed: self.search_seed.or(Some(study.seed)),
            trials: self.trials.or_else(|| sampled.or(same)?.trials),
            steps: self.steps.or_else(|| Some(first?.steps)),
            best: self.best.or_else(|| second?.best),
            long_steps: self.long_steps.or_else(|| Some(second?.steps)),
            timeout: self.timeout.or_else(|| study.program.as_ref()?.timeout_seconds),
            parametrization: self.parametrization.clone().or(Some(proxy.parametrization)),
            proxy: self.proxy.clone().or_else(|| Some(as_written(&proxy.size))),
            base: self.base.clone().or(Some(proxy.base)),
            target: self.target.clone().or_else(|| Some(as_written(&target.size))),
            target_run,
            micro_batches: self.micro_batches.or(Some(target.micro_batches)),
            evaluate_every: self.evaluate_every.or(Some(target.evaluate_every)),
        };
        let searched = (self.space.is_none() && self.rates.is_none())
            .then(|| (study.space.clone(), self.search.unwrap_or(study.search)));
        Ok((asked, searched))
    }

    /// `searched` is the space with its search, where a study has one and nothing else is asked for.
    fn config_of(
        &self,
        family: &dyn AnyFamily,
        settings: toml::Table,
        searched: Option<(Space, Search)>,
    ) -> Result<StudyConfig, FamilyError> {
        let proxy_size = changed(family.size(), self.proxy.as_deref())?;
        let target_size = self.target_size(&proxy_size)?;
        let growth = self.growth(&proxy_size, &target_size)?;
        let own = family.run(growth, proxy_size);
        let (space, search) = searched.map_or_else(|| self.space(&own), Ok)?;
        let trials = match (self.trials, search) {
            (Some(trials), _) => trials,
            (None, Search::Grid) => space.n_combinations().map_err(|error| format!("--search grid: {error}"))?,
            (None, _) => 32,
        };
        let steps = self.steps.unwrap_or(own.training.steps);
        let mut stages = vec![Stage::of(steps, trials)];
        stages.extend(self.best.zip(self.long_steps).map(|(best, steps)| Stage::of_best(steps, best)));
        let longest = stages.iter().map(|stage| stage.steps).max().unwrap_or(steps);
        let device = mup_devices::open(self.device())?;
        let plan = family.plan(&own, &device)?;
        let longest = own.clone().with_steps(longest);
        let target_run = self.target_run.after(family, &longest, &device)?.with_size(target_size);
        // Better now than after the trials.
        let of_target = family.check_run(&target_run, &device)?;
        let target = self.target(&own, &target_run, &of_target)?;
        transfer(&values_of(&own), &space, &plan, &of_target)
            .map_err(|error| format!("nothing would transfer from this proxy to this target: {error}"))?;
        let warnings = target_run.warnings(&of_target).into_iter().chain(family.untested(&target_run));
        warnings.for_each(|warning| say(format!("warning: {warning}")));
        let proxy = Proxy {
            identity: family.identity(&own.growth)?,
            parametrization: own.growth.parametrization.name.clone(),
            size: of_size(&own.size),
            base: own.growth.base.to_string(),
            grows: own.growth.grows.clone(),
            plan: plan.fingerprint(),
            device: self.device(),
            values: unsaid(&own, &space, &settings),
            training: training(&own),
            settings,
        };
        let command = ["{self}", "trial", "--study", "{study}", "--file", "{file}"].map(str::to_owned).to_vec();
        let program = Program { command, timeout_seconds: self.timeout, threads: 1 };
        let seeds = if self.seeds.is_empty() { vec![0] } else { self.seeds.clone() };
        Ok(StudyConfig {
            seed: self.search_seed.unwrap_or(0),
            search,
            seeds,
            program: Some(program),
            proxy: table(&proxy),
            target: table(&target),
            made_with: circumstances::made_with(family.in_tokens(&longest)?),
            ..StudyConfig::new(space, stages)
        })
    }

    fn device(&self) -> DeviceName {
        self.device.unwrap_or_else(|| Backend::Flex.into())
    }

    fn growth(&self, proxy: &Size, target: &Size) -> Result<Growth, FamilyError> {
        let base = changed(proxy.clone(), self.base.as_deref())?;
        let parametrization = Parametrization::named(self.parametrization.as_deref().unwrap_or("mup"))?;
        let grows = grows(&base, target)?;
        Ok(Growth::new(base, grows, parametrization))
    }

    fn target_size(&self, proxy: &Size) -> Result<Size, FamilyError> {
        Ok(match &self.target {
            Some(target) => proxy.changed(target)?,
            None => proxy.times(&[proxy.first()?], 4)?,
        })
    }

    /// The target of a proxy's run.
    fn target(&self, own: &FamilyRun, target: &FamilyRun, plan: &ScalingPlan) -> Result<Target, FamilyError> {
        let FamilyRun { size: proxy, growth, training, .. } = own;
        let (size, steps) = (&target.size, target.training.steps);
        if let Some(name) = growth.grows.iter().find(|name| size[name.as_str()] < proxy[name.as_str()]) {
            return Err(format!(
                "the target has to be as large as the proxy at least, but has {name} {} where the proxy has {}",
                size[name.as_str()],
                proxy[name.as_str()]
            )
            .into());
        }
        let evaluate_every = self.evaluate_every.or(training.evaluate_every).unwrap_or((steps / 10).max(1));
        let micro_batches = self.micro_batches.unwrap_or(training.micro_batches);
        let (batches, run_law) = (target.training.batches, target.growth.law.clone());
        let (size, plan) = (of_size(size), plan.fingerprint());
        Ok(Target { size, steps, batches, run_law, micro_batches, evaluate_every, plan })
    }

    fn space(&self, own: &FamilyRun) -> Result<(Space, Search), FamilyError> {
        let Some(name) = &self.space else {
            let grid = self.rates.map_or_else(|| grid_around(own.learning_rate(), 3.0, 3.0, 1.0), Ok)?;
            let rates = grid.exponents().into_iter().map(f64::exp2).collect();
            let space = Space::default().with(LEARNING_RATE, Dimension::Grid(rates));
            return Ok((space, self.search.unwrap_or(Search::Grid)));
        };
        Ok((space::space(name, own)?, self.search.unwrap_or_default()))
    }
}

fn is_of_growth(difference: &Difference) -> bool {
    difference.setting.starts_with("proxy.grows")
}
