//! `cargo xtask bench peers`: the same model trained by every contestant in turns.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use mup_rules::Parametrization;
use mup_transfer::{figure, write_durably};

use super::document;
use super::machine::Machine;
use super::measured::{AtShape, Contender, Kind, Measured, Phases, Product};
use super::peer::Peer;
use super::peers_figure::Bars;
use super::protocol::{Built, Hello, Losses, Rate, Repetition, Request, Used};
use super::shape::{SHAPES, Shape};
use super::training::Training;
use super::{Outcome, all_cores, device, environment, root};

/// Optimizer steps before the losses are compared again.
const CHECKED_STEPS: usize = 3;
/// Relative difference of losses that rounding explains. A loss in f32 is a mean over a thousand tokens of numbers near
/// 6, each with some 1e-7 of rounding per operation; 1e-6 is what is seen, and leaving out any term costs 1e-3 or more.
const TOLERANCE: f64 = 1e-5;
/// After steps of Adam, which turns the sign of a gradient that is zero but for rounding into a whole update: the
/// weights differ then, and the loss, which does not depend on them to first order, by some 1e-6.
const TOLERANCE_AFTER: f64 = 3e-5;
/// Squares whose product is the peak.
const PRODUCT_SIZES: [usize; 2] = [1024, 2048];
/// Products of which the fastest counts.
const PRODUCTS: usize = 20;
/// Between two contestants: threads that spin while they wait for work have gone to sleep.
const PAUSE: Duration = Duration::from_millis(300);

/// Arguments of `cargo xtask bench peers`.
#[derive(Debug, clap::Args)]
pub(super) struct Peers {
    /// Threads of every contestant.
    #[arg(long, default_value_t = all_cores())]
    threads: usize,
    /// Repetitions of each contestant, in turns; targets need five.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    repetitions: u16,
    /// Least seconds of one repetition, for the slowest contestant.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Shape as width×layers×batch×length, such as 256x4x8x128; several for several. Default: the five of the targets.
    #[arg(long, value_delimiter = ',')]
    shape: Vec<Shape>,
    /// Contestants: our devices and eager, fused, compile; PyTorch eager is always one. Default: all.
    #[arg(long, value_delimiter = ',')]
    contestant: Vec<String>,
    /// Python that makes the environment with PyTorch.
    #[arg(long, default_value = "python3")]
    python: String,
    /// Folder of the environment. Default: in the user's cache, named after the pinned versions.
    #[arg(long)]
    environment: Option<PathBuf>,
    /// Folder for performance.json and pictures/peers.png, and for performance.md if it is docs.
    #[arg(long, default_value_os_t = root().join("docs"))]
    out: PathBuf,
}

/// Who can take part, before it is started.
#[derive(Clone, Debug)]
struct Entrant {
    name: String,
    kind: Kind,
    command: String,
}

impl Peers {
    pub(super) fn run(self) -> Outcome<ExitCode> {
        let entrants = self.entrants()?;
        if self.threads == 0 || !(self.seconds >= 0.0 && self.seconds.is_finite()) {
            return Err("--threads is 1 or more, and --seconds a number that is not negative".into());
        }
        let python = environment::python(self.environment.clone(), &self.python)?;
        let folder = root().join("target/peers");
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let start = Start { python, threads: self.threads, folder };
        let mut machine = Machine::describe(self.threads);
        let products = self.products(&start, &entrants, &mut machine)?;
        let mut measured = Measured { machine, products, shapes: Vec::new() };
        let shapes = if self.shape.is_empty() { SHAPES.to_vec() } else { self.shape.clone() };
        for shape in shapes {
            let Some(at) = self.measure(&start, &entrants, shape)? else { return Ok(ExitCode::FAILURE) };
            measured.shapes.push(at);
            println!("{}", document::shape_table(&measured, measured.shapes.len() - 1));
        }
        println!("{}", document::targets_table(&measured));
        self.write(&measured)?;
        Ok(ExitCode::SUCCESS)
    }

    fn entrants(&self) -> Outcome<Vec<Entrant>> {
        let entrant = |name: &str, kind, command: &str| Entrant { name: name.into(), kind, command: command.into() };
        let ours = device::names().into_iter().map(|name| entrant(name, Kind::Ours, name));
        let theirs = [
            entrant("PyTorch eager", Kind::Eager, "eager"),
            entrant("PyTorch eager, fused AdamW", Kind::Fused, "fused"),
            entrant("PyTorch compiled, fused AdamW", Kind::Compiled, "compile"),
        ];
        let all: Vec<Entrant> = ours.chain(theirs).collect();
        if let Some(unknown) = self.contestant.iter().find(|name| all.iter().all(|it| it.command != **name)) {
            let known: Vec<&str> = all.iter().map(|it| it.command.as_str()).collect();
            return Err(format!("contestant `{unknown}`: this program has {}", known.join(", ")).into());
        }
        let wanted = |it: &Entrant| {
            self.contestant.is_empty() || it.kind == Kind::Eager || self.contestant.contains(&it.command)
        };
        Ok(all.into_iter().filter(wanted).collect())
    }

    /// The fastest product of each library, in processes of their own; notes versions on the way.
    fn products(&self, start: &Start, entrants: &[Entrant], machine: &mut Machine) -> Outcome<Vec<Product>> {
        let mut products = Vec::new();
        for entrant in entrants.iter().filter(|it| matches!(it.kind, Kind::Ours | Kind::Eager)) {
            let mut peer = start.peer(entrant)?;
            machine.versions.extend(peer.ask::<Hello>(&Request::Hello)?.versions);
            for size in PRODUCT_SIZES {
                let gflops = peer.ask::<Rate>(&Request::Matmul { size, repetitions: PRODUCTS })?.gflops;
                println!("{}: matrix product of {size}³: {gflops:.0} GFLOP/s", entrant.name);
                products.push(Product { name: entrant.name.clone(), size, gflops });
            }
        }
        Ok(products)
    }

    /// Everything at one shape, or nothing if the contestants do not compute the same.
    fn measure(&self, start: &Start, entrants: &[Entrant], shape: Shape) -> Outcome<Option<AtShape>> {
        eprintln!("{shape}: starting {} contestants", entrants.len());
        let weights = start.folder.join(format!("weights-{}.safetensors", std::process::id()));
        let device = device::device("flex")?;
        Training::new(shape, &device, Parametrization::mup_package())?.export(&weights)?;
        let mut peers = Vec::new();
        let mut contenders = Vec::new();
        for entrant in entrants {
            let mut peer = start.peer(entrant)?;
            let built: Built = peer.ask(&Request::Build { shape: shape.into(), weights: weights.clone() })?;
            if built.parameters != shape.n_parameters() {
                let (theirs, ours) = (built.parameters, shape.n_parameters());
                eprintln!("{}: {theirs} parameters, but the configuration has {ours}", entrant.name);
                return Ok(None);
            }
            let losses = peer.ask::<Losses>(&Request::Check { steps: CHECKED_STEPS })?.losses;
            eprintln!("  {}: losses {losses:.6?}", entrant.name);
            contenders.push(entrant.contender(losses));
            peers.push(peer);
        }
        // Whoever wanted it has read it.
        let _ = std::fs::remove_file(&weights);
        if let Some(problem) = disagreement(&contenders) {
            eprintln!("{shape}: {problem}");
            return Ok(None);
        }
        let steps = self.repeat(&mut peers, &mut contenders)?;
        for (peer, contender) in peers.iter_mut().zip(&mut contenders) {
            contender.memory = peer.ask::<Used>(&Request::Memory)?;
        }
        let (parameters, flops) = (shape.n_parameters(), shape.flops());
        Ok(Some(AtShape { shape, parameters, flops, steps, contenders }))
    }

    /// Warm-up, then the repetitions in turns, each round beginning with another contestant; how many steps each had.
    fn repeat(&self, peers: &mut [Peer], contenders: &mut [Contender]) -> Outcome<usize> {
        const WARM_UP: usize = 3;
        const MOST_STEPS: f64 = 50.0;
        let mut slowest = 0.0_f64;
        for peer in peers.iter_mut() {
            std::thread::sleep(PAUSE);
            slowest = slowest.max(peer.ask::<Repetition>(&Request::Repetition { first: 1, steps: WARM_UP })?.step());
        }
        let steps = (self.seconds * 1e3 / slowest).ceil().clamp(1.0, MOST_STEPS) as usize;
        let n = peers.len();
        for round in 0..usize::from(self.repetitions) {
            let first = (1 + WARM_UP + round * steps) as u64;
            for turn in 0..n {
                let i = (round + turn) % n;
                std::thread::sleep(PAUSE);
                let phases: Phases = peers[i].ask(&Request::Repetition { first, steps })?;
                contenders[i].repetitions.push(phases);
            }
            let times = contenders.iter().map(|it| format!("{} {:.1}", it.name, it.repetitions[round].step()));
            eprintln!("  round {}: ms a step: {}", round + 1, times.collect::<Vec<_>>().join(", "));
        }
        Ok(steps)
    }

    fn write(&self, measured: &Measured) -> Outcome<()> {
        let pictures = self.out.join("pictures");
        std::fs::create_dir_all(&pictures).map_err(|error| format!("{}: {error}", pictures.display()))?;
        let mut json = serde_json::to_vec_pretty(measured)?;
        json.push(b'\n');
        write_durably(&self.out.join("performance.json"), &json)?;
        figure::write_png(&Bars(measured), &pictures.join("peers.png"))?;
        println!("written: {}", self.out.join("performance.json").display());
        document::write(&self.out)
    }
}

impl Entrant {
    fn contender(&self, losses: Vec<f64>) -> Contender {
        let memory = Used { before: None, peak: None };
        Contender { name: self.name.clone(), kind: self.kind, losses, repetitions: Vec::new(), memory }
    }
}

/// What starting a contestant takes.
struct Start {
    python: PathBuf,
    threads: usize,
    folder: PathBuf,
}

impl Start {
    fn peer(&self, entrant: &Entrant) -> Outcome<Peer> {
        let mut command = if entrant.kind == Kind::Ours {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["bench", "contestant", "--device", &entrant.command]);
            command
        } else {
            let mut command = Command::new(&self.python);
            command.arg(root().join("benches/peers/contestant.py"));
            command.args(["--variant", &entrant.command, "--threads", &self.threads.to_string()]);
            if let Some(path) = std::env::var_os("LD_LIBRARY_PATH") {
                command.env("LD_LIBRARY_PATH", without_libtorch(&path)?);
            }
            command
        };
        for variable in ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(variable, self.threads.to_string());
        }
        let log = self.folder.join(format!("{}.log", entrant.command));
        Ok(Peer::start(&entrant.name, command, log)?)
    }
}

/// The libtorch that this program may run on is not the one that Python's torch must load.
fn without_libtorch(path: &std::ffi::OsStr) -> Outcome<std::ffi::OsString> {
    let has_libtorch = |folder: &Path| folder.join("libtorch_cpu.so").exists() || folder.join("libtorch.so").exists();
    Ok(std::env::join_paths(std::env::split_paths(path).filter(|folder| !has_libtorch(folder)))?)
}

/// How the losses of two contestants differ by more than rounding, if they do.
fn disagreement(contenders: &[Contender]) -> Option<String> {
    let (first, others) = contenders.split_first()?;
    others.iter().find_map(|other| {
        let same_number = first.losses.len() == other.losses.len() && !first.losses.is_empty();
        let pairs = first.losses.iter().zip(&other.losses).enumerate();
        let mut wrong = pairs.filter(|(step, (a, b))| {
            let tolerance = if *step == 0 { TOLERANCE } else { TOLERANCE_AFTER };
            let difference = (*a - *b).abs() / a.abs();
            // Also when either is NaN.
            !(difference <= tolerance)
        });
        let names = format!("{} and {} do not compute the same", first.name, other.name);
        match wrong.next() {
            _ if !same_number => Some(format!("{names}: {} losses against {}", first.losses.len(), other.losses.len())),
            Some((step, (a, b))) => Some(format!(
                "{names}: after {step} steps from the same weights on the same tokens the losses are {a} and {b}; the \
                 tolerance is {TOLERANCE:e} before the first step and {TOLERANCE_AFTER:e} after it"
            )),
            None => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contender(name: &str, losses: &[f64]) -> Contender {
        let entrant = Entrant { name: name.to_owned(), kind: Kind::Ours, command: String::new() };
        entrant.contender(losses.to_vec())
    }

    fn compare(theirs: &[f64]) -> Option<String> {
        disagreement(&[contender("flex", &[5.5, 5.4]), contender("PyTorch", theirs)])
    }

    #[test]
    fn rounding_is_no_disagreement_and_anything_larger_is() {
        assert_eq!(compare(&[5.500_01, 5.400_1 - 0.000_01]), None);
        let message = compare(&[5.500_1, 5.4]).expect("too far");
        assert!(message.starts_with("flex and PyTorch do not compute the same: after 0 steps"), "{message}");
        assert!(compare(&[5.5, 5.41]).expect("too far").contains("after 1 steps"));
    }

    #[test]
    fn a_loss_that_is_no_number_or_missing_is_a_disagreement() {
        assert!(compare(&[f64::NAN, 5.4]).is_some());
        assert!(compare(&[5.5]).is_some_and(|message| message.contains("2 losses against 1")));
    }

    #[test]
    fn folders_with_libtorch_are_not_passed_on_to_python() {
        let [torch, other] = [0, 1].map(|_| tempfile::tempdir().expect("a folder"));
        std::fs::write(torch.path().join("libtorch_cpu.so"), "").expect("written");
        let path = std::env::join_paths([torch.path(), other.path()]).expect("no colon");
        assert_eq!(without_libtorch(&path).expect("joined"), other.path().as_os_str());
    }
}
