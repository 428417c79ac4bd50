//! `golden/data/<model>.json`: configurations, and what mup prescribes for every parameter.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::root::{root, unreadable};

/// The models of `golden/README.md`.
const MODELS: [&str; 7] =
    ["mlp", "mlp_uneven", "conv_net", "gpt_relative", "gpt_relative_tied", "gpt_growing_d_head", "gpt_absolute"];

/// One model at three widths, the first of which is the base.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// Name of the files.
    pub model: String,
    /// `Mlp`, `ConvNet` or `Gpt`.
    pub kind: String,
    /// Configuration of the base.
    pub base_config: Value,
    /// Configuration of the delta.
    pub delta_config: Value,
    /// What the recorded optimizer groups were built with.
    pub optimizer_settings: OptimizerRow,
    /// Arguments of the samplers.
    pub samplers: BTreeMap<String, Value>,
    /// Trajectories.
    pub trajectory: Trajectory,
    /// The targets.
    pub widths: Vec<Width>,
}

/// The runs of a model.
#[derive(Clone, Debug, Deserialize)]
pub struct Trajectory {
    /// Number of steps.
    pub steps: usize,
    /// Optimizer settings by run.
    pub runs: BTreeMap<String, Run>,
}

/// Settings of one run.
#[derive(Clone, Debug, Deserialize)]
pub struct Run {
    /// Base learning rate.
    pub lr: f64,
    /// Weight decay, decoupled for AdamW.
    pub weight_decay: f64,
    /// SGD's momentum.
    #[serde(default)]
    pub momentum: f64,
    /// Adam's ε.
    #[serde(default)]
    pub eps: f64,
}

/// One target.
#[derive(Clone, Debug, Deserialize)]
pub struct Width {
    /// Index in the file name of its tensors.
    pub index: usize,
    /// Configuration of the target.
    pub config: Value,
    /// The constant tensors, by path.
    pub constants: BTreeMap<String, Constant>,
    /// Per run, tensors whose trajectory float32 cannot hold, in PyTorch either.
    pub ill_conditioned: BTreeMap<String, BTreeMap<String, f64>>,
    /// What mup prescribes.
    pub parameters: Vec<Row>,
}

/// A constant of the forward pass.
#[derive(Clone, Debug, Deserialize)]
pub struct Constant {
    /// Value of all its entries.
    pub value: f64,
}

/// What mup prescribes for one parameter.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    /// Burn path.
    pub path: String,
    /// `matrix`, `vector` or `scalar`.
    pub role: String,
    /// Std or bound that each sampler uses, `None` where mup's sampler is undefined.
    pub init: BTreeMap<String, Option<InitBounds>>,
    /// Group of each optimizer.
    pub optimizers: BTreeMap<String, OptimizerRow>,
}

/// What a sampler uses at the base shape and at this shape.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct InitBounds {
    /// At the base shape, by `torch.nn.init`.
    pub base: f64,
    /// At this shape, by `mup.init`.
    pub target: f64,
}

/// Learning rate and weight decay of a parameter group.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct OptimizerRow {
    /// Learning rate.
    pub lr: f64,
    /// Weight decay.
    pub weight_decay: f64,
}

/// Every model of `golden/data`.
///
/// # Panics
///
/// When a file is missing or cannot be parsed: golden data belongs to the checkout.
#[must_use]
pub fn cases() -> Vec<Case> {
    MODELS.iter().map(|model| read(model)).collect()
}

fn read(model: &str) -> Case {
    let path = data().join(format!("{model}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}", unreadable(&path, &error)));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folder of the golden data.
pub(crate) fn data() -> PathBuf {
    root().join("golden/data")
}

/// `golden/data/deviations.json`: what mup does where this workspace follows the paper.
///
/// # Panics
///
/// When the file is missing or cannot be parsed.
#[must_use]
pub fn deviations() -> Value {
    let path = data().join("deviations.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}", unreadable(&path, &error)));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
