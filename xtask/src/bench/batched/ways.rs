//! The ways to train K trials, each as the processes that do it at the same time.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use mup_train::write_safetensors;
use serde::de::IgnoredAny;
use serde_json::json;

use super::process::Process;
use super::worker::{Phases, Request, trial};
use super::{BATCH, BenchBatched, D_HEAD, D_MODEL, N_LAYER, Outcome, VOCAB};

/// One way, and what was measured of it.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) name: &'static str,
    /// Trials at a time, over all processes.
    pub(super) trials: usize,
    /// Seconds until the slowest process has built its models.
    pub(super) start: f64,
    processes: Vec<Process>,
    steps: Option<usize>,
    /// Trial-steps a second, for each repetition.
    pub(super) throughput: Vec<f64>,
    /// Parts of the step of the first process, for each repetition.
    pub(super) phases: Vec<Phases>,
}

impl Way {
    /// All ways that the arguments ask for, their models built.
    pub(super) fn all(arguments: &BenchBatched, folder: &Path) -> Outcome<Vec<Self>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let worker = |kind: String| -> Outcome<Command> {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["bench", "batched", "--length", &arguments.length.to_string(), "--worker", &kind]);
            Ok(command)
        };
        let ours = |name, trials: usize, kind: &str, threads, processes: usize| -> Outcome<Self> {
            let commands: Outcome<Vec<Command>> = (0..processes).map(|_| worker(kind.to_owned())).collect();
            Self::start(name, trials, commands?, threads, None, folder)
        };
        let mut ways = vec![
            ours("one after another, all cores", 1, "alone", cores, 1)?,
            ours("processes, 1 thread each", cores, "alone", 1, cores)?,
        ];
        for &trials in &arguments.trials {
            ways.push(ours("as one, all cores", trials, &trials.to_string(), cores, 1)?);
            if trials >= cores && trials.is_multiple_of(cores) {
                let share = (trials / cores).to_string();
                ways.push(ours("as one in each of several processes, 1 thread each", trials, &share, 1, cores)?);
            }
        }
        if let Some(python) = &arguments.python {
            let weights = folder.join("weights.safetensors");
            write_safetensors(&trial(arguments.length, 0)?, &weights, &[])?;
            let shape = json!({
                "d_model": D_MODEL, "n_layer": N_LAYER, "batch": BATCH, "length": arguments.length, "vocab": VOCAB,
                "d_head": D_HEAD, "base": D_MODEL, "learning_rate": 1e-3,
            });
            let build = json!({ "do": "build", "shape": shape, "weights": weights }).to_string();
            let command = |threads: usize| {
                let mut command = Command::new(python);
                command.arg(&arguments.contestant).args(["--variant", "fused", "--threads", &threads.to_string()]);
                command
            };
            let (one, each) = (vec![command(cores)], (0..cores).map(|_| command(1)).collect());
            ways.push(Self::start("PyTorch, one after another, all cores", 1, one, cores, Some(&build), folder)?);
            ways.push(Self::start("PyTorch processes, 1 thread each", cores, each, 1, Some(&build), folder)?);
        }
        Ok(ways)
    }

    fn start(
        name: &'static str,
        trials: usize,
        commands: Vec<Command>,
        threads: usize,
        build: Option<&str>,
        folder: &Path,
    ) -> Outcome<Self> {
        let started = Instant::now();
        let processes = commands.into_iter().map(|command| Process::start(name, command, threads, folder));
        let mut processes: Vec<Process> = processes.collect::<Outcome<_>>()?;
        if let Some(build) = build {
            processes.iter_mut().try_for_each(|process| process.ask(build))?;
            for process in &mut processes {
                let _parameters: IgnoredAny = process.answer()?;
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
            let step = self.ask(2)?.iter().map(|phases| phases.step()).fold(0.0, f64::max);
            self.steps = Some(((seconds * 1e3 / step) as usize).clamp(2, 10_000));
        }
        let phases = self.ask(self.steps.unwrap_or(2))?;
        let share = self.trials as f64 / phases.len() as f64;
        self.throughput.push(phases.iter().map(|phases| share * 1e3 / phases.step()).sum());
        self.phases.push(phases[0]);
        Ok(())
    }

    fn ask(&mut self, steps: usize) -> Outcome<Vec<Phases>> {
        let request = serde_json::to_string(&Request::Repetition { first: 0, steps })?;
        self.processes.iter_mut().try_for_each(|process| process.ask(&request))?;
        self.processes.iter_mut().map(Process::answer).collect()
    }

    /// The last repetition, in words.
    pub(super) fn latest(&self) -> String {
        let throughput = self.throughput.last().copied().unwrap_or(f64::NAN);
        format!("{}, {} at a time: {throughput:.1} trial-steps/s", self.name, self.trials)
    }

    /// The most memory of all processes together, in bytes.
    pub(super) fn peak_memory(&self) -> Option<u64> {
        self.processes.iter().map(Process::peak_memory).sum()
    }
}
