//! Running a study's program, here or on a cluster.

use super::first_trials::FirstTrials;
use super::{Bars, Interrupt, SlurmArguments, say, whole};
use crate::launch::{LaunchError, ProgramRunner, Tuned, run_locally, run_on_slurm};
use crate::{RecordSource, Retried, Study, StudyRecord, StudyTrial};

/// Where the trials of a study run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum Launcher {
    /// On this machine.
    #[default]
    Local,
    /// As job arrays of Slurm; run it on a login node, and the same command again whenever it ended early.
    Slurm,
}

/// How the trials of a study are run.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TuneArguments {
    /// Where: on this machine (local), or as job arrays of Slurm (slurm)
    #[arg(long, value_enum, default_value_t, value_name = "WHERE", hide_possible_values = true)]
    pub launcher: Launcher,
    /// Trials at a time [default: processors divided by a trial's threads]
    #[arg(long, value_name = "N", value_parser = whole::<u16, 1>)]
    pub jobs: Option<u16>,
    /// Go on although the first trials all fail at once
    #[arg(long)]
    pub keep_going: bool,
    /// What the cluster is asked for.
    #[command(flatten)]
    pub slurm: SlurmArguments,
}

impl TuneArguments {
    /// Whether the launcher takes these options, and answers on this machine: better before a study is created for it.
    ///
    /// # Errors
    ///
    /// [`LaunchError::OtherLauncher`] naming an option and its remedy; [`LaunchError::Slurm`].
    pub fn check(&self) -> Result<(), LaunchError> {
        self.fit()?;
        if self.launcher == Launcher::Slurm { Ok(self.slurm.options().check()?) } else { Ok(()) }
    }

    /// Whether the options are those of the launcher: one that does nothing would be believed.
    fn fit(&self) -> Result<(), LaunchError> {
        if self.launcher == Launcher::Local {
            return self.slurm.refuse();
        }
        let refuse = |option, remedy| Err(LaunchError::OtherLauncher { option, launcher: "slurm", remedy });
        if self.jobs.is_some() {
            return refuse("--jobs", "write --throttle N for trials at a time");
        }
        if self.keep_going {
            return refuse("--keep-going", "leave it out: Slurm is given all trials at once");
        }
        Ok(())
    }

    fn jobs(&self, study: &Study) -> usize {
        let threads = study.config().program.as_ref().map_or(1, |program| program.threads);
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.map_or((processors / threads).max(1), usize::from)
    }
}

/// Runs every trial that has no record.
///
/// # Errors
///
/// [`LaunchError`]; a trial that fails is recorded instead.
pub fn tune(study: &Study, arguments: &TuneArguments, interrupt: &Interrupt) -> Result<Tuned, LaunchError> {
    let runner = ProgramRunner::new(study)?;
    let stop = || interrupt.requested();
    arguments.fit()?;
    if arguments.launcher == Launcher::Slurm {
        return run_on_slurm(study, &arguments.slurm.options(), &stop, &Bars::new());
    }
    let (first_trials, bars) = (FirstTrials::new(study, arguments.keep_going)?, Bars::new());
    let run = |trial: &StudyTrial, on_step: &dyn Fn(usize, f64)| {
        first_trials.begin(&stop)?;
        let ended = runner.run(trial, on_step, &|line| bars.say(line), &stop);
        first_trials.end(trial, ended.as_ref().ok());
        ended
    };
    match run_locally(study, arguments.jobs(study), &stop, &bars, &run) {
        Err(LaunchError::Interrupted) => Ok(Tuned::Stopped),
        tuned => tuned,
    }
}

/// Runs one trial by its index, if it has no record: what a cluster's array task calls.
///
/// # Errors
///
/// [`LaunchError`]; an index that the study does not have.
pub fn run_trial(
    study: &Study,
    index: usize,
    interrupt: &Interrupt,
) -> Result<(StudyRecord, RecordSource), LaunchError> {
    let runner = ProgramRunner::new(study)?;
    let trial = study.trial(index)?;
    let run = study.run(&trial, || runner.run(&trial, &|_, _| (), &|line| say(line), &|| interrupt.requested()))?;
    // Whoever asked for the trial takes the exit code for the record.
    if study.find(&trial)?.is_none() {
        return Err(LaunchError::NoRecord { name: trial.place() });
    }
    Ok(run)
}

/// Sets failed trials aside, so that `tune` runs them again; says how many, and what depends on them.
///
/// # Errors
///
/// Those of the study's files.
pub fn retry(study: &Study) -> Result<Retried, LaunchError> {
    Ok(study.retry()?)
}
