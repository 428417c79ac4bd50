//! The numbers of one run of `bench scaling`, as docs/scaling.json has them.

use serde::{Deserialize, Serialize};

use super::overhead::Overhead;
use crate::machine::Machine;
use crate::statistics::Spread;

/// The numbers of one run, as docs/scaling.json has them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scaling {
    pub(crate) machine: Machine,
    pub(crate) curves: Vec<Curve>,
    pub(crate) overheads: Vec<Overhead>,
}

/// Milliseconds against a size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Curve {
    pub(crate) what: What,
    /// Where; nothing for what runs on no device.
    pub(crate) device: Option<String>,
    pub(crate) points: Vec<Point>,
}

/// What grows, and what is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    StepByWidth,
    StepByDepth,
    StepByLength,
    StepByBatch,
    OptimizerByParameters,
    InitByParameters,
    PlanByParameters,
}

/// One size: median and range over repetitions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) size: f64,
    pub(crate) milliseconds: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Point {
    pub(crate) fn of(size: f64, milliseconds: &[f64]) -> Self {
        let Spread { median, low, high } = Spread::of(milliseconds);
        Self { size, milliseconds: median, low, high }
    }
}

impl What {
    /// What is on the horizontal axis.
    pub(crate) fn size(self) -> &'static str {
        match self {
            Self::StepByWidth => "width",
            Self::StepByDepth => "layers",
            Self::StepByLength => "tokens in a sequence",
            Self::StepByBatch => "sequences in a batch",
            Self::OptimizerByParameters | Self::InitByParameters | Self::PlanByParameters => "parameters",
        }
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::StepByWidth => "Step by width",
            Self::StepByDepth => "Step by depth",
            Self::StepByLength => "Step by length",
            Self::StepByBatch => "Step by batch",
            Self::OptimizerByParameters => "Optimizer step by parameters",
            Self::InitByParameters => "Initialization by parameters",
            Self::PlanByParameters => "Plan by parameters",
        })
    }
}
