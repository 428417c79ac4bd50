//! `cargo xtask bench peers`: the same model trained by every contestant in turns.

mod agreement;
pub(crate) mod contestant;
pub(crate) mod document;
mod entrant;
mod environment;
mod figure;
pub(crate) mod measured;
pub(crate) mod targets;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use mup_golden::{Wanted, root};

use crate::machine::{Machine, all_cores};
use crate::memory::Memory;
use crate::peer::Peer;
use crate::protocol::{Built, Hello, Losses, Rate, Request};
use crate::shape::{Decoder, GPU_SHAPES, LLAMA_SHAPES, SHAPES, Shape};
use crate::training::{Phases, Training};
use crate::{Outcome, device, document as page, gpu};
use agreement::disagreements;
use entrant::{Entrant, Start, TorchDevice, entrants};
use figure::Bars;
use measured::{AtShape, Contender, Kind, LeftOut, Measured, Product};

/// Optimizer steps before the losses are compared again.
const CHECKED_STEPS: usize = 3;
/// Squares whose product is the peak, on the processor and on a GPU.
const PRODUCT_SIZES: [usize; 2] = [1024, 2048];
const GPU_PRODUCT_SIZES: [usize; 2] = [2048, 8192];
/// Products of which the fastest counts.
const PRODUCTS: usize = 20;
/// Between two contestants: threads that spin while they wait for work have gone to sleep.
const PAUSE: Duration = Duration::from_millis(300);

/// Arguments of `cargo xtask bench peers`.
#[derive(Debug, clap::Args)]
pub(crate) struct Peers {
    /// Which decoder, and beside whose: gpt beside PyTorch with microsoft/mup, llama beside transformers.
    #[arg(long, value_enum, default_value_t)]
    model: Decoder,
    /// Threads of every contestant.
    #[arg(long, default_value_t = all_cores())]
    threads: usize,
    /// Repetitions of each contestant, in turns; targets need five.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    repetitions: u16,
    /// Least seconds of one repetition, for the slowest contestant.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Shape as width×layers×batch×length, such as 256x4x8x128; several for several. Default: the five of the targets (of
    /// llama with a context of 2048), or three up to 2048x8x8x128 with --device cuda.
    #[arg(long, value_delimiter = ',')]
    shape: Vec<Shape>,
    /// Rows and columns of the matrix products that give the peak. Default: 1024,2048, or 2048,8192 with --device cuda.
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..))]
    products: Vec<u32>,
    /// Contestants: our devices, such as libtorch:0, and eager, fused, compile; PyTorch eager is always one. Default: all
    /// that train where PyTorch does.
    #[arg(long, value_delimiter = ',')]
    contestant: Vec<String>,
    /// Where PyTorch trains: cpu, cuda or cuda:1.
    #[arg(long, default_value = "cpu")]
    device: TorchDevice,
    /// Lets PyTorch and LibTorch multiply in TF32 on a GPU, as CubeCL does on CUDA. Without it they compute in f32.
    #[arg(long)]
    tf32: bool,
    /// Goes on without a contestant that fails, measures one that does not compute the same all the same, and says so
    /// in the tables; the exit code is then 1.
    #[arg(long)]
    keep_going: bool,
    /// Seconds without an answer after which a contestant counts as hung; compiling a model takes a minute or two.
    #[arg(long, default_value_t = 900, value_parser = clap::value_parser!(u64).range(1..))]
    patience: u64,
    /// Python that makes the environment with PyTorch.
    #[arg(long, default_value = "python3")]
    python: String,
    /// Folder of the environment. Default: in the user's cache, named after the pinned versions.
    #[arg(long)]
    environment: Option<PathBuf>,
    /// Folder for performance.json and pictures/peers.png (of llama performance-llama.json and pictures/peers-llama.png), and
    /// for performance.md if it is docs.
    #[arg(long, default_value_os_t = root().join("docs"))]
    out: PathBuf,
}

/// A contestant at a shape.
struct Running {
    peer: Peer,
    contender: Contender,
}

impl Peers {
    pub(crate) fn run(self) -> Outcome<ExitCode> {
        let wanted = if self.tf32 { Wanted::Tf32 } else { Wanted::AsItComes };
        let mut entrants = entrants(&self.contestant, &self.device, wanted)?;
        if self.threads == 0 || !(self.seconds >= 0.0 && self.seconds.is_finite()) {
            return Err("--threads is 1 or more, and --seconds a number that is not negative".into());
        }
        let shapes = self.shapes()?;
        let start = self.start(wanted)?;
        let mut machine = Machine::describe(self.threads)?;
        machine.gpu = entrants.iter().find_map(|entrant| gpu::name(entrant.gpu?));
        let mut measured = Measured { machine, products: Vec::new(), shapes: Vec::new(), left_out: Vec::new() };
        self.products(&start, &mut entrants, &mut measured)?;
        for shape in shapes {
            let Some(at) = self.measure(&start, &entrants, shape, &mut measured.left_out)? else {
                return Ok(ExitCode::FAILURE);
            };
            measured.shapes.push(at);
            println!("{}", document::shape_table(&measured, measured.shapes.len() - 1));
        }
        println!("{}{}", document::left_out(&measured), document::targets_table(&measured));
        let (numbers, picture) = document::names(self.model);
        page::publish(&self.out, (numbers, &measured), (picture, &Bars(&measured)))?;
        Ok(if measured.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn start(&self, wanted: Wanted) -> Outcome<Start> {
        let python = environment::python(self.environment.clone(), &self.python)?;
        let folder = root().join("target/peers");
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let (torch, patience) = (self.device.clone(), Duration::from_secs(self.patience));
        Ok(Start { python, torch, wanted, threads: self.threads, folder, patience })
    }

    fn shapes(&self) -> Outcome<Vec<Shape>> {
        let shapes = match (self.shape.as_slice(), self.device.is_gpu(), self.model) {
            ([], true, _) => &GPU_SHAPES[..],
            ([], false, Decoder::Gpt) => &SHAPES,
            ([], false, Decoder::Llama) => &LLAMA_SHAPES,
            (given, ..) => given,
        };
        let of_model = shapes.iter().map(|shape| shape.of(self.model));
        Ok(of_model.map(|shape| shape.check().map(|()| shape)).collect::<Result<_, _>>()?)
    }

    fn product_sizes(&self) -> Vec<usize> {
        match (self.products.as_slice(), self.device.is_gpu()) {
            ([], true) => GPU_PRODUCT_SIZES.to_vec(),
            ([], false) => PRODUCT_SIZES.to_vec(),
            (given, _) => given.iter().map(|size| *size as usize).collect(),
        }
    }

    /// What a contestant answered; with `--keep-going` nothing if it failed, which is then noted.
    fn answered<T>(&self, name: &str, at: &str, result: Outcome<T>, left_out: &mut Vec<LeftOut>) -> Outcome<Option<T>> {
        match result {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if self.keep_going => {
                let failure = LeftOut { name: name.to_owned(), at: at.to_owned(), reason: error.to_string() };
                eprintln!("{}: {}: left out: {}", failure.at, failure.name, failure.reason);
                left_out.push(failure);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The fastest product of each library, in processes of their own; notes versions and devices on the way.
    fn products(&self, start: &Start, entrants: &mut Vec<Entrant>, measured: &mut Measured) -> Outcome<()> {
        let mut failed = Vec::new();
        for entrant in entrants.iter().filter(|it| matches!(it.kind, Kind::Ours | Kind::Eager)) {
            let result = self.products_of(start, entrant, measured);
            if self.answered(&entrant.name, "matrix products", result, &mut measured.left_out)?.is_none() {
                failed.push(entrant.name.clone());
            }
        }
        entrants.retain(|entrant| !failed.contains(&entrant.name));
        Ok(())
    }

    fn products_of(&self, start: &Start, entrant: &Entrant, measured: &mut Measured) -> Outcome<()> {
        let mut peer = start.peer(entrant)?;
        let hello = peer.ask::<Hello>(&Request::Hello)?;
        measured.machine.versions.extend(hello.versions);
        measured.machine.devices.extend(hello.device.map(|device| (entrant.name.clone(), device)));
        for size in self.product_sizes() {
            let gflops = peer.ask::<Rate>(&Request::Matmul { size, repetitions: PRODUCTS })?.gflops;
            println!("{}: matrix product of {size}³: {gflops:.0} GFLOP/s", entrant.name);
            measured.products.push(Product { name: entrant.name.clone(), size, gflops });
        }
        Ok(())
    }

    /// Everything at one shape, or nothing if the contestants do not compute the same.
    fn measure(
        &self,
        start: &Start,
        entrants: &[Entrant],
        shape: Shape,
        left_out: &mut Vec<LeftOut>,
    ) -> Outcome<Option<AtShape>> {
        eprintln!("{shape}: starting {} contestants", entrants.len());
        let weights = start.folder.join(format!("weights-{}.safetensors", std::process::id()));
        let device = device::device("flex")?;
        Training::new(shape, &device, shape.model.parametrization())?.export(&weights)?;
        let mut running = Vec::new();
        for entrant in entrants {
            let checked = checked(start, entrant, shape, &weights);
            running.extend(self.answered(&entrant.name, &shape.to_string(), checked, left_out)?);
        }
        // Whoever wanted it has read it.
        let _ = std::fs::remove_file(&weights);
        let contenders: Vec<Contender> = running.iter().map(|it| it.contender.clone()).collect();
        let disagreements = disagreements(&contenders);
        disagreements.iter().for_each(|problem| eprintln!("{shape}: {problem}"));
        if !disagreements.is_empty() && !self.keep_going {
            return Ok(None);
        }
        let steps = self.repeat(&mut running, shape, left_out)?;
        for it in &mut running {
            let device = it.contender.memory.device;
            it.contender.memory = Memory { device, ..it.peer.ask(&Request::Memory)? };
        }
        let (parameters, flops) = (shape.n_parameters(), shape.flops());
        let contenders = running.into_iter().map(|it| it.contender).collect();
        Ok(Some(AtShape { shape, parameters, flops, steps, contenders, disagreements }))
    }

    /// Warm-up, then the repetitions in turns, each round beginning with another contestant; how many steps each had.
    fn repeat(&self, running: &mut Vec<Running>, shape: Shape, left_out: &mut Vec<LeftOut>) -> Outcome<usize> {
        const WARM_UP: usize = 3;
        const MOST_STEPS: f64 = 50.0;
        let mut slowest = 0.0_f64;
        for phases in self.turns(running, 0, shape, Request::Repetition { first: 1, steps: WARM_UP }, left_out)? {
            slowest = slowest.max(phases.step());
        }
        let steps = (self.seconds * 1e3 / slowest).ceil().clamp(1.0, MOST_STEPS) as usize;
        for round in 0..usize::from(self.repetitions) {
            let first = (1 + WARM_UP + round * steps) as u64;
            let phases = self.turns(running, round, shape, Request::Repetition { first, steps }, left_out)?;
            for (it, phases) in running.iter_mut().zip(phases) {
                it.contender.repetitions.push(phases);
            }
            let last = |it: &Running| it.contender.repetitions[round].step();
            let times = running.iter().map(|it| format!("{} {:.1}", it.contender.name, last(it)));
            eprintln!("  round {}: ms a step: {}", round + 1, times.collect::<Vec<_>>().join(", "));
        }
        Ok(steps)
    }

    /// What each answers, one after the other beginning with contestant `round`; who fails is no longer running.
    fn turns(
        &self,
        running: &mut Vec<Running>,
        round: usize,
        shape: Shape,
        request: Request,
        left_out: &mut Vec<LeftOut>,
    ) -> Outcome<Vec<Phases>> {
        let n = running.len();
        let mut answers: Vec<Option<Phases>> = vec![None; n];
        for turn in 0..n {
            let i = (round + turn) % n;
            std::thread::sleep(PAUSE);
            let answer = running[i].peer.ask::<Phases>(&request).map_err(Into::into);
            answers[i] = self.answered(&running[i].contender.name, &shape.to_string(), answer, left_out)?;
        }
        let mut is_there = answers.iter().map(Option::is_some);
        running.retain(|_| is_there.next().is_some_and(|there| there));
        Ok(answers.into_iter().flatten().collect())
    }
}

/// A contestant with its model, and with the losses of its first steps.
fn checked(start: &Start, entrant: &Entrant, shape: Shape, weights: &Path) -> Outcome<Running> {
    let used = || entrant.gpu.and_then(gpu::memory_used);
    let before = used();
    let mut peer = start.peer(entrant)?;
    let built: Built = peer.ask(&Request::Build { shape: shape.into(), weights: weights.to_owned() })?;
    if built.parameters != shape.n_parameters() {
        let (theirs, ours) = (built.parameters, shape.n_parameters());
        // Without losses it agrees with nobody.
        eprintln!("{}: {theirs} parameters, but the configuration has {ours}", entrant.name);
        return Ok(Running { peer, contender: entrant.contender() });
    }
    let losses = peer.ask::<Losses>(&Request::Check { steps: CHECKED_STEPS })?.losses;
    eprintln!("  {}: losses {losses:.6?}", entrant.name);
    let mut contender = Contender { losses, ..entrant.contender() };
    // Of all that use the GPU: while one starts, the others wait.
    contender.memory.device = before.zip(used()).map(|(before, after)| after.saturating_sub(before));
    Ok(Running { peer, contender })
}
