//! What is measured on a device: shapes are tiny, so that a software adapter answers within minutes.

use std::{collections::BTreeMap, time::Instant};

use burn::tensor::{Device, FloatDType, IntDType};
use mup_devices::describe;
use mup_golden::{Comparison, cases, compare_runs};
use mup_rules::Parametrization;
use mup_verdict::{
    Answer,
    coordinates::{CoordCheck, TrialError},
};
use serde::{Deserialize, Serialize};

use crate::{
    choices::{Model, Optimizer, Scaling},
    setup::{self, Setup},
    subjects::{self, Trained},
};

/// Models that are trained side by side with flex.
pub(super) const TRAINED: [Model; 3] = [Model::Mlp, Model::ConvNet, Model::Gpt];
/// Number of their steps.
pub(super) const STEPS: usize = 20;
/// Base and target: every rule that depends on width is at work.
pub(super) const WIDTHS: [usize; 2] = [16, 32];
/// So large that an entry whose gradient is nothing but rounding does not move by whole steps, as with 1e-8.
pub(super) const EPSILON: f64 = 1e-4;
/// Models of the coordinate check.
pub(super) const CHECKED: [Model; 2] = [Model::Mlp, Model::Gpt];

/// Everything about one device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Measurement {
    /// What the device calls itself.
    pub(super) description: Option<String>,
    /// Against PyTorch and microsoft/mup; empty in float64, where `golden/tests` compare.
    pub(super) golden: Vec<GoldenRun>,
    /// By model: what the coordinate check comes to under µP, and under SP.
    pub(super) coordinates: BTreeMap<String, [Answer; 2]>,
    /// By model.
    pub(super) trained: BTreeMap<String, Trained>,
    /// The same training, through a checkpoint halfway.
    pub(super) resumed: BTreeMap<String, Trained>,
    /// Time of it all.
    pub(super) seconds: f64,
}

/// Largest differences of one golden run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct GoldenRun {
    pub(super) what: String,
    pub(super) logits: f64,
    pub(super) losses: f64,
    pub(super) weights: f64,
}

/// Measures a device on which nothing was computed that is still there, in its default float type or in float64; with
/// `quick` without the coordinate checks.
pub(super) fn measure(mut device: Device, double: bool, quick: bool) -> Result<Measurement, TrialError> {
    let begun = Instant::now();
    if double {
        let configured = device.configure((FloatDType::F64, IntDType::I64));
        configured.map_err(|error| format!("float64 cannot be its float type: {error:?}"))?;
    }
    let golden = if double { Vec::new() } else { golden(&device) };
    let mut coordinates = BTreeMap::new();
    for model in CHECKED.into_iter().filter(|_| !double && !quick) {
        coordinates.insert(model.to_string(), coordinate_check(model, &device)?);
    }
    let (mut trained, mut resumed) = (BTreeMap::new(), BTreeMap::new());
    for model in TRAINED {
        trained.insert(model.to_string(), train(model, &device, None)?);
        resumed.insert(model.to_string(), train(model, &device, Some(STEPS / 2))?);
    }
    let (description, seconds) = (describe(&device), begun.elapsed().as_secs_f64());
    Ok(Measurement { description, golden, coordinates, trained, resumed, seconds })
}

/// The widest model of each case, where every rule is at work, with each of its optimizers.
fn golden(device: &Device) -> Vec<GoldenRun> {
    let device = device.clone().autodiff();
    let runs = cases().into_iter().flat_map(|case| {
        let widest = case.widths.iter().map(|width| width.index).max();
        compare_runs(&case, &device, |width, _| Some(width) == widest)
    });
    let largest = |run: Comparison| {
        let weights = run.largest_parameter();
        GoldenRun { what: run.what, logits: run.logits, losses: run.losses, weights }
    };
    runs.map(largest).collect()
}

/// µP is flat and SP is not. With fewer seeds or widths a GPT's check is undecided, on flex too.
fn coordinate_check(model: Model, device: &Device) -> Result<[Answer; 2], TrialError> {
    let (optimizer, widths, seeds, steps) = match model {
        Model::Mlp => (Optimizer::Adamw, vec![32, 64, 128], 3, 4),
        _ => (Optimizer::Sgd, setup::WIDTHS.to_vec(), setup::SEEDS, 3),
    };
    let mut answers = [Answer::Undecided; 2];
    for (answer, parametrization) in answers.iter_mut().zip([Parametrization::mup(), Parametrization::standard()]) {
        let setup = subjects::setup(model, Scaling::Heads, optimizer)?.with_parametrization(parametrization);
        let setup = Setup { widths: widths.clone(), steps, device: device.clone(), ..setup };
        let (check, family) = (CoordCheck::new(setup.widths.clone(), seeds, setup.steps)?, subjects::family(&setup));
        let run = |width, seed| subjects::run(&setup, &*family, width, seed);
        let records = check.run(|width, seed| family.trial(&run(width, seed)?, device))?;
        *answer = records.judge(family.criteria())?.answer();
    }
    Ok(answers)
}

fn train(model: Model, device: &Device, checkpoint: Option<usize>) -> Result<Trained, TrialError> {
    let setup = subjects::setup(model, Scaling::Heads, Optimizer::Adamw)?;
    let (widths, device) = (WIDTHS.to_vec(), device.clone());
    let setup = Setup { widths, steps: STEPS, epsilon: EPSILON, device, ..setup };
    let family = subjects::family(&setup);
    family.trained(&subjects::run(&setup, &*family, WIDTHS[1], 0)?, &setup.device, checkpoint)
}
