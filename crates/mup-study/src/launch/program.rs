//! A trial as an executable: values in by arguments, environment or file; losses out as JSON lines.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use mup_files::{create_folders, write_durably};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::json;
use wait_timeout::ChildExt;

use super::LaunchError;
use super::log::tail;
use super::report_line::Reports;
use crate::{Ended, Failure, Program, Study, StudyTrial};

/// How often to look whether the user wants to stop.
const POLL: Duration = Duration::from_millis(100);
/// Between the polite signal and the other.
const GRACE: Duration = Duration::from_secs(3);
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

enum Stopped {
    Itself(ExitStatus),
    TimedOut(u64),
    Interrupted,
}

impl<'a> ProgramRunner<'a> {
    /// For a study that has a program, all of whose placeholders stand for something.
    ///
    /// # Errors
    ///
    /// [`LaunchError::NoProgram`], [`LaunchError::UnknownPlaceholder`].
    pub fn new(study: &'a Study) -> Result<Self, LaunchError> {
        let program = study.config().program.as_ref().ok_or(LaunchError::NoProgram)?;
        let runner = Self { study, program };
        let names: Vec<String> = study.config().space.0.keys().cloned().collect();
        let known: Vec<String> =
            names.into_iter().chain(["seed", "steps", "file", "study", "self"].map(str::to_owned)).collect();
        for word in &program.command {
            for name in placeholders(word) {
                if !known.iter().any(|known| known == name) {
                    return Err(LaunchError::UnknownPlaceholder { name: name.to_owned(), known });
                }
            }
        }
        Ok(runner)
    }

    /// Runs one trial in a process group of its own, and sees each loss. What the program writes to standard error is
    /// kept in the study's `logs`.
    ///
    /// # Errors
    ///
    /// A program that does not start, a file that cannot be written, [`LaunchError::Interrupted`]. Everything else
    /// that goes wrong is the trial's [`Failure`].
    pub fn run(
        &self,
        trial: &StudyTrial,
        on_step: &dyn Fn(usize, f64),
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Ended, LaunchError> {
        let file = self.write_input(trial)?;
        let log_path = self.study.logs().join(format!("{}.log", trial.name()));
        // Appended to: a worker elsewhere may run the same trial, if a scheduler took it for lost.
        let log = File::options().create(true).append(true).open(&log_path).map_err(io(&log_path, "create"))?;
        let before = log.metadata().map_err(io(&log_path, "read"))?.len();
        let mut child = self.start(trial, &file, log)?;
        let reports = Mutex::new(Reports::default());
        let stdout = child.stdout.take().expect("bug: standard output is piped");
        let stopped = std::thread::scope(|scope| {
            let waiter = scope.spawn(|| self.wait(&mut child, stop));
            // In this thread, which is the one that `on_step` knows.
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                let report = reports.lock().expect("bug: nothing panics while it holds the reports").take(&line);
                if let Some((step, loss)) = report {
                    on_step(step, loss);
                }
            }
            waiter.join().expect("bug: waiting does not panic")
        });
        let stopped = stopped.map_err(io(&log_path, "wait for the program of"))?;
        let reports = reports.into_inner().expect("bug: nothing panics while it holds the reports");
        judge(stopped, reports, trial, || tail(&log_path, before))
    }

    /// What the trial is, for the program and for whoever wants to run it again by hand.
    fn write_input(&self, trial: &StudyTrial) -> Result<PathBuf, LaunchError> {
        let logs = self.study.logs();
        create_folders(&logs).map_err(io(&logs, "create"))?;
        let path = logs.join(format!("{}.json", trial.name()));
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

    fn start(&self, trial: &StudyTrial, file: &Path, log: File) -> Result<Child, LaunchError> {
        let folder = std::path::absolute(self.study.folder()).map_err(io(self.study.folder(), "find"))?;
        let words = self.program.command.iter().map(|word| fill(word, trial, file, &folder));
        let words: Vec<String> = words.collect();
        let (program, arguments) = words.split_first().expect("bug: a checked study's command is not empty");
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).process_group(0);
        command.env("MUP_TRIAL", file).env("MUP_SEED", trial.seed.to_string());
        command.env("MUP_STEPS", trial.steps.to_string());
        for (name, value) in trial.values.iter() {
            command.env(format!("MUP_{}", name.to_uppercase().replace('-', "_")), value.to_string());
        }
        for name in THREADS {
            command.env(name, self.program.threads.to_string());
        }
        command.spawn().map_err(|source| LaunchError::CannotStart { program: program.clone(), source })
    }

    fn wait(&self, child: &mut Child, stop: &(dyn Fn() -> bool + Sync)) -> std::io::Result<Stopped> {
        let begun = Instant::now();
        let stopped = loop {
            if let Some(status) = child.wait_timeout(POLL)? {
                break if interrupted(status, stop) { Stopped::Interrupted } else { Stopped::Itself(status) };
            }
            let limit = self.program.timeout_seconds;
            if let Some(seconds) = limit.filter(|seconds| begun.elapsed() > Duration::from_secs(*seconds)) {
                break Stopped::TimedOut(seconds);
            }
            if stop() {
                break Stopped::Interrupted;
            }
        };
        end_group(child)?;
        Ok(stopped)
    }
}

/// Whether a program was stopped as this worker is: a scheduler, or `docker stop`, signals all processes at once, and
/// then its end says nothing of its trial.
fn interrupted(status: ExitStatus, stop: &(dyn Fn() -> bool + Sync)) -> bool {
    let signalled = matches!(status.signal(), Some(1 | 2 | 15)) || matches!(status.code(), Some(129 | 130 | 143));
    let begun = Instant::now();
    while signalled && !stop() && begun.elapsed() < SETTLE {
        std::thread::sleep(POLL);
    }
    !status.success() && stop()
}

/// Ends what is left of a program's process group: what it started may outlive it, and would keep the pipe open.
fn end_group(child: &mut Child) -> std::io::Result<()> {
    let (group, over) = (Pid::from_raw(child.id() as i32), child.try_wait()?.is_some());
    if !over {
        let _ = killpg(group, Signal::SIGTERM);
        if child.wait_timeout(GRACE)?.is_some() {
            let _ = killpg(group, Signal::SIGKILL);
            return Ok(());
        }
    }
    // The group may be gone, which is what is wanted.
    let _ = killpg(group, Signal::SIGKILL);
    if !over {
        child.wait()?;
    }
    Ok(())
}

fn judge(
    stopped: Stopped,
    reports: Reports,
    trial: &StudyTrial,
    said: impl FnOnce() -> String,
) -> Result<Ended, LaunchError> {
    let reported = reports.steps();
    let Reports { curve, malformed, .. } = reports;
    let diverged = curve.losses.iter().any(|loss| !loss.is_finite());
    let failure = match stopped {
        Stopped::Interrupted => return Err(LaunchError::Interrupted),
        // A program that stops when its loss is no number has shown that the values diverge, whatever its exit code.
        _ if diverged => None,
        Stopped::TimedOut(seconds) => Some(Failure::TimedOut { seconds }),
        Stopped::Itself(_) if malformed.is_some() => malformed.map(|reason| Failure::Malformed { reason }),
        Stopped::Itself(status) if !status.success() => Some(failure(status, said())),
        Stopped::Itself(_) if reported < trial.steps => Some(Failure::Short { reported, asked: trial.steps }),
        Stopped::Itself(_) => None,
    };
    Ok(Ended { curve, failure, seconds: None })
}

fn failure(status: ExitStatus, said: String) -> Failure {
    let words = said.to_lowercase();
    let signs = ["out of memory", "memory allocation of", "memoryerror", "cannot allocate memory", "outofmemory"];
    if signs.iter().any(|sign| words.contains(sign)) {
        return Failure::OutOfMemory { said };
    }
    match status.signal() {
        Some(signal) => Failure::Signal { signal, said },
        None => Failure::Exit { code: status.code().unwrap_or(-1), said },
    }
}

/// Names between braces; braces around anything else are the program's own.
fn placeholders(word: &str) -> Vec<&str> {
    let is_name = |name: &&str| {
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
    };
    let parts = word.split('{').skip(1).filter_map(|part| part.split_once('}'));
    parts.map(|(name, _)| name).filter(is_name).collect()
}

fn fill(word: &str, trial: &StudyTrial, file: &Path, study: &Path) -> String {
    let program = || std::env::current_exe().map(|path| path.display().to_string()).unwrap_or_default();
    let fixed = [
        ("seed", trial.seed.to_string()),
        ("steps", trial.steps.to_string()),
        ("file", file.display().to_string()),
        ("study", study.display().to_string()),
        ("self", program()),
    ];
    let values = trial.values.iter().map(|(name, value)| (name, value.to_string()));
    fixed
        .into_iter()
        .chain(values)
        .fold(word.to_owned(), |word, (name, value)| word.replace(&format!("{{{name}}}"), &value))
}

fn io(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> LaunchError + use<> {
    let path = path.to_owned();
    move |source| LaunchError::Io { doing, path, source }
}
