//! A trial as an executable: values in by arguments, environment or file; losses out as JSON lines.

use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mup_files::write_durably;
use serde_json::json;

use super::LaunchError;
use super::descendants::{Descendants, MARK, ended, new_mark};
use super::judge::{Circumstances, Stopped, judge};
use super::log::tail;
use super::memory::killed_for_memory;
use super::orphans;
use super::output::{Output, Reports};
use super::pipe::{Heard, Pipe};
use super::substitution::{variables, words};
use crate::{Program, Study, StudyTrial, TrialEnd};

/// How often to look whether the program has ended or the user wants to stop.
const POLL: Duration = Duration::from_millis(50);
/// Between the polite signal and the other.
const GRACE: Duration = Duration::from_secs(3);
/// The same for what a program leaves behind when it has ended.
const LEFTOVERS: Duration = Duration::from_secs(1);
/// A pipe is quiet when nothing comes for so long, whoever else holds it; and how long one is listened to that is not.
const QUIET: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];
/// How long a signal to this worker and its programs alike may reach the program earlier.
const SETTLE: Duration = Duration::from_secs(1);
/// Where libraries read how many threads they may use.
const THREADS: [&str; 4] = ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"];

/// Runs the program of a study.
#[derive(Debug)]
pub struct ProgramRunner<'a> {
    study: &'a Study,
    program: &'a Program,
}

/// A program that runs no more.
struct Watched {
    stopped: Stopped,
    /// From its start to its own end.
    seconds: f64,
    reports: Reports,
}

impl<'a> ProgramRunner<'a> {
    /// For a study that has a program.
    ///
    /// # Errors
    ///
    /// [`LaunchError::NoProgram`]; a study of version 1 whose program would not be told its values.
    pub fn new(study: &'a Study) -> Result<Self, LaunchError> {
        let program = study.config().program.as_ref().ok_or(LaunchError::NoProgram)?;
        study.config().check_run()?;
        Ok(Self { study, program })
    }

    /// Runs one trial in a process group of its own, and sees each loss. The trial has ended when its program has,
    /// whatever that leaves behind; leftovers are ended, but for daemons. What it says, but for its reports, is kept in the
    /// study's `logs`. Where a worker that was killed left the same trial running, that is ended first, and `say` is told.
    ///
    /// # Errors
    ///
    /// A program that does not start, a file that cannot be written, [`LaunchError::Interrupted`]. Everything else
    /// that goes wrong is the trial's [`Failure`](crate::Failure).
    pub fn run(
        &self,
        trial: &StudyTrial,
        on_step: &dyn Fn(usize, f64),
        say: &dyn Fn(&str),
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<TrialEnd, LaunchError> {
        self.end_orphans(trial, say);
        let file = self.write_input(trial)?;
        let log_path = self.study.logs().join(format!("{}.log", trial.name()));
        // Appended to: a worker elsewhere may run the same trial, if a scheduler took it for lost.
        let log = File::options().create(true).append(true).open(&log_path).map_err(io(&log_path, "create"))?;
        let before = log.metadata().map_err(io(&log_path, "read"))?.len();
        let output = Output::new(trial.steps, log.try_clone().map_err(io(&log_path, "open"))?, on_step);
        let (killed, begun) = (killed_for_memory(), Instant::now());
        let mark = new_mark();
        let child = self.start(trial, &file, log, &mark)?;
        let watched = self.watch(child, (&mark, &log_path), (trial.steps, output), begun, stop);
        let Watched { stopped, seconds, reports } = watched.map_err(io(&log_path, "follow the program of"))?;
        let memory_ran_out = killed_for_memory() > killed;
        let said = tail(&log_path, before);
        judge(Circumstances { stopped, asked: trial.steps, seconds, said, memory_ran_out }, reports)
    }

    fn end_orphans(&self, trial: &StudyTrial, say: &dyn Fn(&str)) {
        let file = |kind: &str| self.study.logs().join(format!("{}.{kind}", trial.name()));
        let orphans = orphans::end(&file("json"), &file("log"), GRACE);
        if orphans.found > 0 {
            say(&format!("warning: sample {} still ran for a worker that was killed: {orphans}", trial.sample));
        }
    }

    /// Listens to a program until it has ended, and ends all that it started.
    fn watch(
        &self,
        mut child: Child,
        (mark, log): (&str, &Path),
        (asked, mut output): (usize, Output<'_>),
        begun: Instant,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> std::io::Result<Watched> {
        let mut pipe = Pipe::new(child.stdout.take().expect("bug: standard output is piped"));
        let mut descendants = Descendants::of(&child, mark, pipe.stdout(), log);
        let take = &mut |bytes: &[u8]| output.take(bytes);
        let followed = self.follow(&mut child, &mut pipe, take, begun, stop);
        let seconds = begun.elapsed().as_secs_f64();
        let patience = if matches!(followed, Ok(Stopped::Itself(_))) {
            pipe.drain(QUIET[0], QUIET[1], take)?;
            descendants = descendants.but_daemons();
            LEFTOVERS
        } else {
            GRACE
        };
        // Whatever else fails, nothing that was started goes on.
        descendants.end(&mut child, patience, &mut |time| pipe.listen(time, take))?;
        pipe.drain(Duration::ZERO, QUIET[1], take)?;
        let (mut stopped, reports) = (followed?, output.end());
        if let Stopped::Itself(status) = stopped
            && interrupted(status, reports.complete(asked), stop)
        {
            stopped = Stopped::Interrupted;
        }
        Ok(Watched { stopped, seconds, reports })
    }

    /// Until the program ends, takes too long, or the user wants to stop.
    fn follow(
        &self,
        child: &mut Child,
        pipe: &mut Pipe,
        take: &mut dyn FnMut(&[u8]),
        begun: Instant,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> std::io::Result<Stopped> {
        let limit = self.program.timeout_seconds;
        let mut pause = Duration::from_millis(1);
        loop {
            let closed = pipe.read(POLL, take)? == Heard::End;
            if let Some(status) = ended(child)? {
                return Ok(Stopped::Itself(status));
            }
            // A pipe that is closed does not wait for anything; mostly the program ends right after it.
            if closed {
                std::thread::sleep(pause);
                pause = (pause * 2).min(POLL);
            }
            if let Some(seconds) = limit.filter(|seconds| begun.elapsed() > Duration::from_secs(*seconds)) {
                return Ok(Stopped::TimedOut(seconds));
            }
            if stop() {
                return Ok(Stopped::Interrupted);
            }
        }
    }

    /// What the trial is, for the program and for whoever wants to run it again by hand.
    fn write_input(&self, trial: &StudyTrial) -> Result<PathBuf, LaunchError> {
        let path = self.study.make_logs()?.join(format!("{}.json", trial.name()));
        let input = json!({
            "version": 1,
            "name": trial.name(),
            "seed": trial.seed,
            "steps": trial.steps,
            "values": trial.values,
            "proxy": self.study.config().proxy,
        });
        write_durably(&path, format!("{input:#}\n").as_bytes()).map_err(io(&path, "write"))?;
        std::path::absolute(&path).map_err(io(&path, "find"))
    }

    fn start(&self, trial: &StudyTrial, file: &Path, log: File, mark: &str) -> Result<Child, LaunchError> {
        let words = words(self.study, &self.program.command, trial, file).map_err(io(self.study.folder(), "find"))?;
        let (program, arguments) = words.split_first().expect("bug: a checked study's command is not empty");
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).process_group(0);
        command.envs(variables(self.study, trial, file)).env(MARK, mark);
        // Python keeps back what it prints into a pipe, and so what it printed before it hangs or is killed.
        if std::env::var_os("PYTHONUNBUFFERED").is_none() {
            command.env("PYTHONUNBUFFERED", "1");
        }
        for name in THREADS {
            command.env(name, self.program.threads.to_string());
        }
        command.spawn().map_err(|source| LaunchError::CannotStart { program: program.clone(), source })
    }
}

/// Whether a program was stopped as this worker is: a scheduler, or `docker stop`, signals all processes at once, and
/// then its end says nothing of its trial. One that saves its state and ends well is told by the steps that it lacks.
fn interrupted(status: ExitStatus, complete: bool, stop: &(dyn Fn() -> bool + Sync)) -> bool {
    let signalled = matches!(status.signal(), Some(1 | 2 | 15)) || matches!(status.code(), Some(0 | 129 | 130 | 143));
    if status.success() && complete {
        return false;
    }
    let begun = Instant::now();
    while signalled && !stop() && begun.elapsed() < SETTLE {
        std::thread::sleep(POLL);
    }
    stop()
}

fn io(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> LaunchError + use<> {
    let path = path.to_owned();
    move |source| LaunchError::Io { doing, path, source }
}
