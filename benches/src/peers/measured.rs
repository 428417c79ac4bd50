//! The numbers of one run of `bench peers`, as docs/performance.json has them.

use mup_golden::Precision;
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::memory::Memory;
use crate::shape::{Decoder, Shape};
use crate::statistics::Spread;
use crate::training::Phases;

/// Who trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// This workspace, on a device.
    Ours,
    /// PyTorch, as most programs use it: every ratio is to this one.
    Eager,
    /// The same with `AdamW(fused=True)`.
    Fused,
    /// The same through `torch.compile`.
    Compiled,
}

/// One contestant at one shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// On one batch, before each of three steps and after the last one.
    pub(crate) losses: Vec<f64>,
    /// Means over the steps of each repetition.
    pub(crate) repetitions: Vec<Phases>,
    pub(crate) memory: Memory,
    /// Of its matrix products.
    #[serde(default, skip_serializing_if = "is_single")]
    pub(crate) precision: Precision,
    /// The GPU that it trained on; nothing for the processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gpu: Option<usize>,
}

/// What nobody has to say.
fn is_single(precision: &Precision) -> bool {
    *precision == Precision::Single
}

impl Contender {
    /// On the processor, in f32, before anything was measured.
    pub(crate) fn unmeasured(name: &str, kind: Kind) -> Self {
        let (name, memory, precision) = (name.to_owned(), Memory::default(), Precision::Single);
        Self { name, kind, losses: Vec::new(), repetitions: Vec::new(), memory, precision, gpu: None }
    }

    pub(crate) fn spread(&self, of: impl Fn(&Phases) -> f64) -> Spread {
        Spread::of(&self.repetitions.iter().map(of).collect::<Vec<_>>())
    }

    /// The median step in milliseconds.
    pub(crate) fn step(&self) -> f64 {
        self.spread(Phases::step).median
    }
}

/// Every contestant at one shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AtShape {
    pub(crate) shape: Shape,
    pub(crate) parameters: usize,
    /// Of one step, in matrix products.
    pub(crate) flops: f64,
    /// Timed steps in a repetition.
    pub(crate) steps: usize,
    pub(crate) contenders: Vec<Contender>,
    /// Who does not compute the same and was measured all the same, with `--keep-going`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) disagreements: Vec<String>,
}

/// A contestant that failed, with `--keep-going`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftOut {
    pub(crate) name: String,
    /// The shape, or what else was measured.
    pub(crate) at: String,
    pub(crate) reason: String,
}

impl AtShape {
    /// Whether a contestant is on a GPU.
    pub(crate) fn has_gpu(&self) -> bool {
        self.contenders.iter().any(|contender| contender.gpu.is_some())
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> Option<&Contender> {
        self.contenders.iter().find(|contender| contender.kind == kind)
    }

    /// How many times as fast as PyTorch eager.
    pub(crate) fn speed(&self, contender: &Contender) -> Option<Spread> {
        self.speed_beside(Kind::Eager, contender)
    }

    /// How many times as fast as the contestant of a kind, step by step: the median of the ratios of the same repetition, so that
    /// what slows both down cancels.
    pub(crate) fn speed_beside(&self, kind: Kind, contender: &Contender) -> Option<Spread> {
        let other = self.of_kind(kind)?;
        let pairs = other.repetitions.iter().zip(&contender.repetitions);
        Some(Spread::of(&pairs.map(|(other, it)| other.step() / it.step()).collect::<Vec<_>>()))
    }
}

/// The fastest matrix product of one library.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) name: String,
    /// Rows and columns of both matrices.
    pub(crate) size: usize,
    pub(crate) gflops: f64,
}

/// One run of `bench peers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) machine: Machine,
    pub(crate) products: Vec<Product>,
    pub(crate) shapes: Vec<AtShape>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) left_out: Vec<LeftOut>,
}

impl Measured {
    /// The model of every shape.
    pub(crate) fn model(&self) -> Decoder {
        self.shapes.first().map_or_else(Decoder::default, |at| at.shape.model)
    }

    /// Whether every contestant was measured and computes what the others do.
    pub(crate) fn is_whole(&self) -> bool {
        self.left_out.is_empty() && self.shapes.iter().all(|at| at.disagreements.is_empty())
    }

    /// The fastest product of any library, in GFLOP/s: the measured peak of the machine.
    pub(crate) fn peak(&self) -> Option<&Product> {
        self.products.iter().max_by(|a, b| a.gflops.total_cmp(&b.gflops))
    }

    /// The median step's share of the peak.
    pub(crate) fn share(&self, at: &AtShape, contender: &Contender) -> Option<f64> {
        Some(at.flops / (contender.step() * 1e-3) / (self.peak()?.gflops * 1e9))
    }
}
