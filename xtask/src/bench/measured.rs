//! The numbers of one run of `bench peers`, as docs/performance.json has them.

use serde::{Deserialize, Serialize};

use super::machine::Machine;
use super::shape::Shape;
use super::statistics::Spread;
use crate::precision::Precision;

/// Who trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// This workspace, on a device.
    Ours,
    /// PyTorch, as most programs use it: every ratio is to this one.
    Eager,
    /// The same with `AdamW(fused=True)`.
    Fused,
    /// The same through `torch.compile`.
    Compiled,
}

/// Milliseconds of one step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Phases {
    pub(super) forward: f64,
    pub(super) backward: f64,
    pub(super) optimizer: f64,
}

impl Phases {
    pub(super) fn step(&self) -> f64 {
        self.forward + self.backward + self.optimizer
    }
}

/// Resident bytes of a process that trained one model and did nothing else; absent where the system does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    /// Before the model was built.
    pub(super) before: Option<u64>,
    /// The most that it ever had.
    pub(super) peak: Option<u64>,
    /// What the memory in use on its GPU grew by while it started and took its first steps, driver and libraries included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) device: Option<u64>,
}

impl Memory {
    /// What training added.
    pub(super) fn added(&self) -> Option<u64> {
        Some(self.peak?.saturating_sub(self.before?))
    }
}

/// One contestant at one shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Contender {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// On one batch, before each of three steps and after the last one.
    pub(super) losses: Vec<f64>,
    /// Means over the steps of each repetition.
    pub(super) repetitions: Vec<Phases>,
    pub(super) memory: Memory,
    /// Of its matrix products.
    #[serde(default, skip_serializing_if = "is_single")]
    pub(super) precision: Precision,
    /// The GPU that it trained on; nothing for the processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) gpu: Option<usize>,
}

/// What nobody has to say.
fn is_single(precision: &Precision) -> bool {
    *precision == Precision::Single
}

impl Contender {
    /// On the processor, in f32, before anything was measured.
    pub(super) fn unmeasured(name: &str, kind: Kind) -> Self {
        let (name, memory, precision) = (name.to_owned(), Memory::default(), Precision::Single);
        Self { name, kind, losses: Vec::new(), repetitions: Vec::new(), memory, precision, gpu: None }
    }

    pub(super) fn spread(&self, of: impl Fn(&Phases) -> f64) -> Spread {
        Spread::of(&self.repetitions.iter().map(of).collect::<Vec<_>>())
    }

    /// The median step in milliseconds.
    pub(super) fn step(&self) -> f64 {
        self.spread(Phases::step).median
    }
}

/// Every contestant at one shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct AtShape {
    pub(super) shape: Shape,
    pub(super) parameters: usize,
    /// Of one step, in matrix products.
    pub(super) flops: f64,
    /// Timed steps in a repetition.
    pub(super) steps: usize,
    pub(super) contenders: Vec<Contender>,
    /// Who does not compute the same and was measured all the same, with `--keep-going`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) disagreements: Vec<String>,
}

/// A contestant that failed, with `--keep-going`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LeftOut {
    pub(super) name: String,
    /// The shape, or what else was measured.
    pub(super) at: String,
    pub(super) reason: String,
}

impl AtShape {
    /// Whether a contestant is on a GPU.
    pub(super) fn has_gpu(&self) -> bool {
        self.contenders.iter().any(|contender| contender.gpu.is_some())
    }

    pub(super) fn of_kind(&self, kind: Kind) -> Option<&Contender> {
        self.contenders.iter().find(|contender| contender.kind == kind)
    }

    /// How many times as fast as PyTorch eager, step by step: the median of the ratios of the same repetition, so that
    /// what slows both down cancels.
    pub(super) fn speed(&self, contender: &Contender) -> Option<Spread> {
        let eager = self.of_kind(Kind::Eager)?;
        let pairs = eager.repetitions.iter().zip(&contender.repetitions);
        Some(Spread::of(&pairs.map(|(eager, it)| eager.step() / it.step()).collect::<Vec<_>>()))
    }
}

/// The fastest matrix product of one library.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Product {
    pub(super) name: String,
    /// Rows and columns of both matrices.
    pub(super) size: usize,
    pub(super) gflops: f64,
}

/// One run of `bench peers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Measured {
    pub(super) machine: Machine,
    pub(super) products: Vec<Product>,
    pub(super) shapes: Vec<AtShape>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) left_out: Vec<LeftOut>,
}

impl Measured {
    /// Whether every contestant was measured and computes what the others do.
    pub(super) fn is_whole(&self) -> bool {
        self.left_out.is_empty() && self.shapes.iter().all(|at| at.disagreements.is_empty())
    }

    /// The fastest product of any library, in GFLOP/s: the measured peak of the machine.
    pub(super) fn peak(&self) -> Option<&Product> {
        self.products.iter().max_by(|a, b| a.gflops.total_cmp(&b.gflops))
    }

    /// The median step's share of the peak.
    pub(super) fn share(&self, at: &AtShape, contender: &Contender) -> Option<f64> {
        Some(at.flops / (contender.step() * 1e-3) / (self.peak()?.gflops * 1e9))
    }
}
