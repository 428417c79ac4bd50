//! What the command asks a contestant, and what it answers: one JSON object a line, each way.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::shape::{BASE, D_HEAD, LEARNING_RATE, Shape, VOCAB};

/// A request; the answer to each is named beside it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Request {
    /// [`Hello`].
    Hello,
    /// [`Built`]: the model of this shape, with weights from a file.
    Build { shape: WholeShape, weights: PathBuf },
    /// [`Losses`]: on batch 0, before each of some steps and after the last one.
    Check { steps: usize },
    /// [`Phases`](crate::training::Phases): means over steps on batches `first`, `first + 1`, ….
    Repetition { first: u64, steps: usize },
    /// [`Memory`](crate::memory::Memory).
    Memory,
    /// [`Rate`]: the fastest of several products of two square matrices.
    Matmul { size: usize, repetitions: usize },
}

impl Request {
    /// As errors call it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Build { .. } => "build",
            Self::Check { .. } => "check",
            Self::Repetition { .. } => "repetition",
            Self::Memory => "memory",
            Self::Matmul { .. } => "matmul",
        }
    }
}

/// Answers the requests on standard input until they end.
pub(crate) fn answer_requests<A: Serialize>(mut answer: impl FnMut(Request) -> Outcome<A>) -> Outcome<()> {
    let mut answers = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        writeln!(answers, "{}", serde_json::to_string(&answer(serde_json::from_str(&line?)?)?)?)?;
        answers.flush()?;
    }
    Ok(())
}

/// A shape with everything that the other side has no constants for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WholeShape {
    #[serde(flatten)]
    pub(crate) shape: Shape,
    d_head: usize,
    base: usize,
    vocab: usize,
    learning_rate: f64,
}

impl From<Shape> for WholeShape {
    fn from(shape: Shape) -> Self {
        Self { shape, d_head: D_HEAD, base: BASE, vocab: VOCAB, learning_rate: LEARNING_RATE }
    }
}

/// What the contestant runs on.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Hello {
    pub(crate) versions: BTreeMap<String, String>,
    /// What its device calls itself, where it says so.
    #[serde(default)]
    pub(crate) device: Option<String>,
}

/// A model that is ready.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Built {
    pub(crate) parameters: usize,
}

/// Losses in nats.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Losses {
    pub(crate) losses: Vec<f64>,
}

/// Speed of matrix products.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Rate {
    pub(crate) gflops: f64,
}
