//! The ways to train K trials, each as the processes that do it at the same time.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use burn::tensor::Device;
use mup_rules::Parametrization;

use super::BenchBatched;
use crate::Outcome;
use crate::machine::all_cores;
use crate::peer::Peer;
use crate::protocol::{Built, Request};
use crate::training::{Phases, Training};

/// Longer than any repetition that somebody waits for.
const PATIENCE: Duration = Duration::from_secs(3600);

/// One way, and what was measured of it.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) name: &'static str,
    /// Trials at a time, over all processes.
    pub(super) trials: usize,
    /// Seconds until the slowest process has built its models.
    pub(super) start: f64,
    processes: Vec<Peer>,
    steps: Option<usize>,
    /// Trial-steps a second, for each repetition.
    pub(super) throughput: Vec<f64>,
    /// Parts of the step of the first process, for each repetition.
    pub(super) phases: Vec<Phases>,
}

impl Way {
    /// All ways that the arguments ask for, their models built.
    pub(super) fn all(arguments: &BenchBatched, folder: &Path) -> Outcome<Vec<Self>> {
        let (cores, shape, this) = (all_cores(), arguments.shape(), std::env::current_exe()?);
        let weights = folder.join("weights.safetensors");
        Training::new(shape, &Device::flex().autodiff(), Parametrization::mup())?.export(&weights)?;
        let build = Request::Build { shape: shape.into(), weights };
        let alone = |_threads| {
            let mut command = Command::new(&this);
            command.args(["bench", "contestant", "--device", "flex"]);
            command
        };
        let start = |name, trials, [processes, threads]: [usize; 2], command: &dyn Fn(usize) -> Command, build| {
            let commands = (0..processes).map(|_| command(threads));
            Self::start((name, trials), commands, threads, build, folder)
        };
        let mut ways = vec![
            start("one after another, all cores", 1, [1, cores], &alone, Some(&build))?,
            start("processes, 1 thread each", cores, [cores, 1], &alone, Some(&build))?,
        ];
        let stack = |trials: usize| {
            let mut command = Command::new(&this);
            let [length, trials] = [arguments.length, trials].map(|n| n.to_string());
            command.args(["bench", "batched", "--length", &length, "--stack", &trials]);
            command
        };
        for &trials in &arguments.trials {
            ways.push(start("as one, all cores", trials, [1, cores], &|_threads| stack(trials), None)?);
            if trials >= cores && trials.is_multiple_of(cores) {
                let name = "as one in each of several processes, 1 thread each";
                ways.push(start(name, trials, [cores, 1], &|_threads| stack(trials / cores), None)?);
            }
        }
        if let Some(python) = &arguments.python {
            let theirs = |threads: usize| {
                let mut command = Command::new(python);
                command.arg(&arguments.contestant).args(["--variant", "fused", "--threads", &threads.to_string()]);
                command
            };
            ways.push(start("PyTorch, one after another, all cores", 1, [1, cores], &theirs, Some(&build))?);
            ways.push(start("PyTorch processes, 1 thread each", cores, [cores, 1], &theirs, Some(&build))?);
        }
        Ok(ways)
    }

    fn start(
        (name, trials): (&'static str, usize),
        commands: impl Iterator<Item = Command>,
        threads: usize,
        build: Option<&Request>,
        folder: &Path,
    ) -> Outcome<Self> {
        let started = Instant::now();
        let start = |(idx, command)| {
            let log = folder.join(format!("{name}, {trials} at a time, {idx}.log"));
            Peer::start(name, command, threads, log, PATIENCE)
        };
        let mut processes = commands.enumerate().map(start).collect::<Result<Vec<_>, _>>()?;
        if let Some(build) = build {
            processes.iter_mut().for_each(|process| process.send(build));
            for process in &mut processes {
                let _built: Built = process.answer()?;
            }
        }
        let mut way =
            Self { name, trials, start: 0.0, processes, steps: None, throughput: Vec::new(), phases: Vec::new() };
        // Parameters are drawn, memory is touched, and the number of steps is chosen.
        way.ask(1)?;
        way.start = started.elapsed().as_secs_f64();
        Ok(way)
    }

    /// All processes at once, for about so many seconds.
    pub(super) fn repeat(&mut self, seconds: f64) -> Outcome<()> {
        if self.steps.is_none() {
            let step = self.ask(2)?.iter().map(Phases::step).fold(0.0, f64::max);
            self.steps = Some(((seconds * 1e3 / step) as usize).clamp(2, 10_000));
        }
        let phases = self.ask(self.steps.unwrap_or(2))?;
        let share = self.trials as f64 / phases.len() as f64;
        self.throughput.push(phases.iter().map(|phases| share * 1e3 / phases.step()).sum());
        self.phases.push(phases[0]);
        Ok(())
    }

    fn ask(&mut self, steps: usize) -> Outcome<Vec<Phases>> {
        let request = Request::Repetition { first: 0, steps };
        self.processes.iter_mut().for_each(|process| process.send(&request));
        Ok(self.processes.iter_mut().map(Peer::answer).collect::<Result<_, _>>()?)
    }

    /// The last repetition, in words.
    pub(super) fn latest(&self) -> String {
        let throughput = self.throughput.last().copied().unwrap_or(f64::NAN);
        format!("{}, {} at a time: {throughput:.1} trial-steps/s", self.name, self.trials)
    }

    /// The most memory of all processes together, in bytes.
    pub(super) fn peak_memory(&self) -> Option<u64> {
        self.processes.iter().map(Peer::peak_memory).sum()
    }
}
