//! Whether a study makes sense: before anything is written, and whenever its file is read.

use std::collections::BTreeSet;

use super::config::{Program, Stage, StudyConfig};
use super::limits::{SECONDS, SEED, STEPS, THREADS, TRIALS};
use crate::placeholders::{self, Template};
use crate::{SpaceError, StudyError};

/// What makes no sense, and under which entry of `study.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) entry: Vec<String>,
    pub(super) reason: String,
}

fn refuse<T>(entry: &[&str], reason: impl Into<String>) -> Result<T, Problem> {
    Err(Problem { entry: entry.iter().map(|part| (*part).to_owned()).collect(), reason: reason.into() })
}

fn in_space<T>(error: SpaceError) -> Result<T, Problem> {
    match error.name() {
        Some(name) => refuse(&["space", name], error.to_string()),
        None => refuse(&["space"], error.to_string()),
    }
}

impl StudyConfig {
    /// Whether there is such a study.
    pub(super) fn check(&self) -> Result<(), Problem> {
        self.space.check_dimensions().or_else(in_space)?;
        self.check_seeds()?;
        if let Some(problem) = self.problems_since_version_2().into_iter().next().filter(|_| self.version > 1) {
            return Err(problem);
        }
        if self.round == 0 {
            return refuse(&["round"], "`round` is 0: an adaptive search chooses at least one sample at a time");
        }
        if !(self.last_share > 0.0 && self.last_share <= 1.0) {
            let share = self.last_share;
            return refuse(&["last-share"], format!("`last-share` is {share}: it has to lie above 0 and not above 1"));
        }
        self.check_stages()?;
        // Each stage begins a grid or a sequence anew; in the first version it went on where the one before ended.
        let samples = self.stages.iter().filter_map(|stage| stage.trials);
        let samples = if self.version == 1 { samples.sum() } else { samples.max().unwrap_or(0) };
        self.search.check(&self.space, samples).or_else(|error| match error.name() {
            Some(name) => refuse(&["space", name], error.to_string()),
            None => refuse(&["stages"], error.to_string()),
        })?;
        self.program.as_ref().map_or(Ok(()), |program| program.check(&placeholders::names(&self.space), self.version))
    }

    /// What is odd about a study of version 1, which took it.
    pub(super) fn oddities(&self) -> Vec<String> {
        let problems = if self.version == 1 { self.problems_since_version_2() } else { Vec::new() };
        problems.into_iter().map(|problem| problem.reason).collect()
    }

    /// Whether a program of a study of version 1 would be told what its values are: read it may be, whatever it says.
    pub(crate) fn check_run(&self) -> Result<(), StudyError> {
        if self.version > 1 {
            return Ok(());
        }
        self.space.check_names()?;
        let names = placeholders::names(&self.space);
        let mut words = self.program.iter().flat_map(|program| &program.command);
        let checked = words.try_for_each(|word| placeholders::first_version::check_dotted(word, &names));
        checked.map_err(|reason| StudyError::Config { reason: format!("the command's {reason}") })
    }

    /// Names that a program cannot be told or tell apart, seeds that are there twice, no time at all.
    fn problems_since_version_2(&self) -> Vec<Problem> {
        let names = self.space.check_names().or_else(in_space);
        let mut known = BTreeSet::new();
        let seeds = match self.seeds.iter().find(|seed| !known.insert(**seed)) {
            Some(twice) => {
                refuse(&["seeds"], format!("`seeds` has {twice} twice: the second run would be the first again"))
            }
            None => Ok(()),
        };
        let timeout = match self.program.as_ref().and_then(|program| program.timeout_seconds) {
            Some(0) => refuse(
                &["program", "timeout-seconds"],
                "`timeout-seconds` is 0, so every trial would fail: give it the seconds of a trial, or leave it out",
            ),
            _ => Ok(()),
        };
        [names, seeds, timeout].into_iter().filter_map(Result::err).collect()
    }

    fn check_seeds(&self) -> Result<(), Problem> {
        if self.seeds.is_empty() {
            return refuse(&["seeds"], "`seeds` is empty: one seed at least is needed");
        }
        match std::iter::once(&self.seed).chain(&self.seeds).find(|seed| **seed > SEED) {
            Some(seed) => refuse(&["seeds"], format!("the seed {seed} is too large: at most {SEED}")),
            None => Ok(()),
        }
    }

    fn check_stages(&self) -> Result<(), Problem> {
        if self.stages.is_empty() {
            return refuse(&["stages"], "`stages` is empty: write for example stages = [{ steps = 200, trials = 64 }]");
        }
        let before = std::iter::once(None).chain(self.stages.iter().map(Some));
        for (number, (stage, before)) in self.stages.iter().zip(before).enumerate() {
            if let Err((key, reason)) = stage.check(before, self.version) {
                // The only stage needs no number.
                let reason = if self.stages.len() == 1 { reason } else { format!("stage {number}: {reason}") };
                return refuse(&["stages", &number.to_string(), key], reason);
            }
        }
        let mut horizons = BTreeSet::new();
        // The first version took any; where its trials are the same, so is their record.
        let again = self.stages.iter().position(|stage| !horizons.insert(stage.steps));
        if let Some(number) = again.filter(|_| self.version > 1) {
            let steps = self.stages[number].steps;
            let reason = format!(
                "stage {number}: an earlier stage has {steps} steps too: make it longer, or make one stage of the two"
            );
            return refuse(&["stages", &number.to_string(), "steps"], reason);
        }
        let trials = self.stages.iter().fold(0_u64, |sum, stage| sum.saturating_add(stage.samples() as u64));
        let trials = trials.saturating_mul(self.seeds.len() as u64);
        if trials > TRIALS {
            return refuse(
                &["stages"],
                format!("the study has {trials} trials, each with a file of its own: at most {TRIALS}"),
            );
        }
        Ok(())
    }
}

impl Stage {
    /// The entry concerned, and what is wrong with it.
    fn check(&self, before: Option<&Self>, version: u32) -> Result<(), (&'static str, String)> {
        let Self { steps, trials, best } = *self;
        let most = usize::try_from(TRIALS).unwrap_or(usize::MAX);
        let longest = usize::try_from(STEPS).unwrap_or(usize::MAX);
        match (trials, best, before) {
            _ if steps == 0 => Err(("steps", "`steps` is 0, and a trial takes at least one".to_owned())),
            _ if steps > longest => Err(("steps", format!("`steps` is {steps}: at most {longest}"))),
            (Some(0), ..) => Err(("trials", "`trials` is 0, and a stage has at least one".to_owned())),
            (_, Some(0), _) => Err(("best", "`best` is 0, and a stage has at least one".to_owned())),
            (Some(_), Some(_), _) | (None, None, _) => {
                Err(("steps", "write either `trials` (new samples) or `best` (of the stage before)".to_owned()))
            }
            (None, Some(_), None) => Err(("best", "the first stage has none before it: write `trials`".to_owned())),
            (None, Some(best), Some(before)) if best > before.samples() => {
                Err(("best", format!("the stage before has {} samples, fewer than {best}", before.samples())))
            }
            (Some(count), None, _) | (None, Some(count), _) if count > most => {
                let key = if best.is_some() { "best" } else { "trials" };
                Err((key, format!("`{key}` is {count}: at most {most}")))
            }
            (_, Some(_), Some(before)) if version > 1 && steps < before.steps => {
                let reason = format!("it has {steps} steps, fewer than the {} of the stage before", before.steps);
                Err(("steps", format!("{reason}, whose best are run again because it is longer")))
            }
            _ => Ok(()),
        }
    }
}

impl Program {
    fn check(&self, names: &[&str], version: u32) -> Result<(), Problem> {
        let command = ["program", "command"];
        if self.command.first().is_none_or(String::is_empty) {
            return refuse(
                &command,
                "`command` names no program: write for example [\"python3\", \"trial.py\", \"{file}\"]",
            );
        }
        for word in &self.command {
            if word.contains('\0') {
                return refuse(&command, "`command` has a zero byte, which no program can be given");
            }
            let checked = match version {
                1 => placeholders::first_version::check(word, names),
                _ => Template::parse(word, names).map(|_| ()),
            };
            checked.or_else(|reason| refuse(&command, format!("the command's {reason}")))?;
        }
        if self.threads == 0 {
            return refuse(&["program", "threads"], "`threads` is 0: a trial needs at least one");
        }
        if self.threads as u64 > THREADS {
            return refuse(&["program", "threads"], format!("`threads` is {}: at most {THREADS}", self.threads));
        }
        match self.timeout_seconds {
            Some(seconds) if seconds > SECONDS => {
                refuse(&["program", "timeout-seconds"], format!("`timeout-seconds` is {seconds}: at most {SECONDS}"))
            }
            _ => Ok(()),
        }
    }
}
