//! `cargo xtask bench peers`: the same model trained by every contestant in turns.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use mup_files::write_durably;
use mup_rules::Parametrization;

use super::agreement::disagreement;
use super::document;
use super::entrant::{Entrant, Start};
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
        mup_figure::write_png(&Bars(measured), &pictures.join("peers.png"))?;
        println!("written: {}", self.out.join("performance.json").display());
        document::write(&self.out)
    }
}
