//! `study.toml`: which trials there are, and what a trial is.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Search, Smoothing, Space, StudyError};

const STUDY_VERSION: u32 = 2;
/// Trials of a study, at most: they fit into memory, and nobody trains more by one folder.
const MOST_TRIALS: usize = 100_000;

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
    #[serde(deserialize_with = "preset_or_table")]
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

/// In two steps instead of an untagged enum, whose errors say nothing.
fn preset_or_table<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Space, D::Error> {
    use serde::de::Error;
    let (base, dimensions) = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(name) => (Some(name), toml::Table::new()),
        toml::Value::Table(mut table) => {
            let preset = table.get("preset").and_then(toml::Value::as_str).map(str::to_owned);
            if preset.is_some() {
                table.remove("preset");
            }
            (preset, table)
        }
        other => return Err(D::Error::custom(format!("a space is a table or a preset's name, not {other}"))),
    };
    let mut space = base.map_or_else(|| Ok(Space::default()), |name| Space::named(&name)).map_err(D::Error::custom)?;
    for (name, dimension) in dimensions {
        let dimension = dimension.try_into().map_err(|error| D::Error::custom(format!("`{name}`: {error}")))?;
        space = space.with(&name, dimension);
    }
    Ok(space)
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

    /// Reads what [`to_toml`](Self::to_toml) writes, or a person.
    ///
    /// # Errors
    ///
    /// What is wrong, with its line.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if !(1..=STUDY_VERSION).contains(&config.version) {
            return Err(format!("version {} where this program knows 1 to {STUDY_VERSION}", config.version));
        }
        Ok(config)
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
        samples.saturating_mul(self.seeds.len())
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

    /// Whether there is such a study.
    pub(super) fn check(&self) -> Result<(), StudyError> {
        self.space.check()?;
        let refuse = |reason: String| Err(StudyError::Config { reason });
        if self.seeds.is_empty() {
            return refuse("`seeds` is empty: one seed at least is needed".to_owned());
        }
        if self.round == 0 {
            return refuse("`round` is 0: an adaptive search chooses at least one sample at a time".to_owned());
        }
        if !(self.last_share > 0.0 && self.last_share <= 1.0) {
            return refuse(format!("`last-share` is {}: it has to lie above 0 and not above 1", self.last_share));
        }
        if self.stages.is_empty() {
            return refuse("`stages` is empty: write for example stages = [{ steps = 200, trials = 64 }]".to_owned());
        }
        let before = std::iter::once(None).chain(self.stages.iter().map(Some));
        for (number, (stage, before)) in self.stages.iter().zip(before).enumerate() {
            stage.check(before).map_err(|reason| StudyError::Config { reason: format!("stage {number}: {reason}") })?;
        }
        let trials = self.n_trials();
        if trials > MOST_TRIALS {
            return refuse(format!(
                "it has {trials} trials, and a study has at most {MOST_TRIALS}: ask for fewer samples or seeds"
            ));
        }
        let empty = self.program.as_ref().is_some_and(|program| program.command.is_empty() || program.threads == 0);
        if empty { refuse("`program` needs a command and at least one thread".to_owned()) } else { Ok(()) }
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

    fn check(&self, before: Option<&Self>) -> Result<(), String> {
        match (self.steps, self.trials, self.best, before) {
            (0, ..) => Err("`steps` is 0".to_owned()),
            (_, Some(0), ..) | (_, _, Some(0), _) => Err("it has no sample".to_owned()),
            (_, Some(_), Some(_), _) | (_, None, None, _) => {
                Err("write either `trials` (new samples) or `best` (of the stage before)".to_owned())
            }
            (_, None, Some(_), None) => Err("the first stage has none before it: write `trials`".to_owned()),
            (_, None, Some(best), Some(before)) if best > before.samples() => {
                Err(format!("the stage before has {} samples, fewer than {best}", before.samples()))
            }
            _ => Ok(()),
        }
    }
}
