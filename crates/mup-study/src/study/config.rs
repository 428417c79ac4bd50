//! `study.toml`: which trials there are, and what a trial is.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Search, Smoothing, Space};

pub(super) const STUDY_VERSION: u32 = 2;

/// What `study.toml` says.
///
/// ```
/// let config = mup_study::StudyConfig::from_toml(
///     r#"
///     version = 2
///     space = "gpt-3"
///     stages = [{ steps = 200, trials = 64 }, { steps = 800, best = 16 }]
///
///     [program]
///     command = ["python3", "trial.py", "--rate", "{learning-rate}"]
///
///     [proxy]
///     width = 64
///     "#,
/// )?;
/// assert_eq!(config.n_trials(), 80);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StudyConfig {
    /// Version of this form: 2, or 1 for studies begun before each stage had samples of its own.
    pub version: u32,
    /// Seed of the search.
    #[serde(default)]
    pub seed: u64,
    /// How samples are chosen.
    #[serde(default)]
    pub search: Search,
    /// Samples that an adaptive search chooses at once, and so the number of trials that can run side by side.
    #[serde(default = "default_round")]
    pub round: usize,
    /// Seeds of the training runs; every sample runs once with each, and its losses are averaged.
    #[serde(default = "default_seeds")]
    pub seeds: Vec<u64>,
    /// Share of the last steps over which a trial's loss is averaged.
    #[serde(default = "default_last_share")]
    pub last_share: f64,
    /// From the shortest horizon to the longest.
    pub stages: Vec<Stage>,
    /// What is searched: a preset's name, or a table of dimensions, which may start from a `preset`.
    pub space: Space,
    /// What a trial runs; none if the trials are closures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Program>,
    /// The proxy's configuration, handed to every trial.
    #[serde(default)]
    pub proxy: toml::Table,
    /// The target's configuration, for whoever trains it. Its change changes no trial.
    #[serde(default)]
    pub target: toml::Table,
    /// Commit, device and the like: kept, never compared.
    #[serde(default)]
    pub made_with: toml::Table,
}

/// Trials of one horizon: new samples, or the best of the stage before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Stage {
    /// Steps of every run; its schedule decays over them.
    pub steps: usize,
    /// Number of new samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<usize>,
    /// Number of the best samples of the stage before, run again from scratch over this horizon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<usize>,
}

/// An executable that runs one trial; what it gets and what it reports: the crate's documentation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Program {
    /// Program and arguments; `{NAME}` stands for a value, `{seed}`, `{steps}`, `{file}` (the trial's) or
    /// `{study}` (the folder), and `{self}` for the program that runs the study.
    pub command: Vec<String>,
    /// A trial that takes longer has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// Threads of a trial.
    #[serde(default = "one")]
    pub threads: usize,
}

fn default_round() -> usize {
    8
}

fn default_seeds() -> Vec<u64> {
    vec![0]
}

fn default_last_share() -> f64 {
    0.1
}

fn one() -> usize {
    1
}

impl StudyConfig {
    /// A random search with one seed, for trials that are closures.
    #[must_use]
    pub fn new(space: Space, stages: Vec<Stage>) -> Self {
        Self {
            version: STUDY_VERSION,
            seed: 0,
            search: Search::Random,
            round: default_round(),
            seeds: default_seeds(),
            last_share: default_last_share(),
            stages,
            space,
            program: None,
            proxy: toml::Table::new(),
            target: toml::Table::new(),
            made_with: toml::Table::new(),
        }
    }

    /// As `study.toml` has it.
    ///
    /// # Panics
    ///
    /// Never: everything in it is plain data.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("bug: a study's configuration is always TOML")
    }

    /// Number of trials of all stages.
    #[must_use]
    pub fn n_trials(&self) -> usize {
        let samples = self.stages.iter().map(Stage::samples).fold(0, usize::saturating_add);
        samples.saturating_mul(self.distinct_seeds().len())
    }

    /// Each seed once, in order. A study of version 1 may have one twice, which is one run, whose loss counts twice where
    /// the study decides how it goes on.
    #[must_use]
    pub fn distinct_seeds(&self) -> Vec<u64> {
        let mut known = HashSet::new();
        self.seeds.iter().copied().filter(|seed| known.insert(*seed)).collect()
    }

    /// Over how many of a run's last losses its final loss is averaged; a program may report fewer than one a step.
    #[must_use]
    pub fn smoothing(&self, n_losses: usize) -> Smoothing {
        Smoothing { last: ((n_losses as f64 * self.last_share).round() as usize).max(1) }
    }

    /// What every trial depends on. The timeout is not among it: it changes which trials fail, not what they return.
    #[must_use]
    pub(crate) fn context(&self) -> Value {
        json!({ "program": self.program.as_ref().map(|program| &program.command), "proxy": self.proxy })
    }

    /// Everything but the circumstances and the form.
    pub(super) fn identity(&self) -> Value {
        let circumstances = toml::Table::new();
        let identity = Self { made_with: circumstances, version: STUDY_VERSION, ..self.clone() };
        serde_json::to_value(identity).expect("bug: plain data with text keys is always JSON")
    }
}

impl Stage {
    /// New samples at a horizon.
    #[must_use]
    pub fn of(steps: usize, trials: usize) -> Self {
        Self { steps, trials: Some(trials), best: None }
    }

    /// The best of the stage before at a horizon.
    #[must_use]
    pub fn of_best(steps: usize, best: usize) -> Self {
        Self { steps, trials: None, best: Some(best) }
    }

    /// Number of samples, each of which runs with every seed.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.trials.or(self.best).unwrap_or(0)
    }
}
