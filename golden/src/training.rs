//! A golden run: from the recorded weights, ten steps with our optimizers.

use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use mup_init::{InitSpec, initialize};
use mup_optim::{MupAdamConfig, MupAdamWConfig, MupSgdConfig};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};

use crate::{Batch, Case, Family, Run, Tensors, Width, load_parameters};

/// A model at one width with the recorded weights, its plan and its batch.
#[derive(Debug)]
pub struct Prepared<F> {
    /// The model.
    pub model: F,
    /// Its plan.
    pub plan: ScalingPlan,
    /// Its batch.
    pub batch: Batch,
    /// What was recorded.
    pub golden: Tensors,
}

/// Base, delta and target of a case into a plan, and the recorded weights into the model.
///
/// # Panics
///
/// When anything of it fails: that is the test's failure.
#[must_use]
pub fn prepare<F: Family>(
    case: &Case,
    width: &Width,
    parametrization: Parametrization,
    kind: OptimizerId,
    device: &Device,
) -> Prepared<F> {
    let (base, delta) = (F::build(&case.base_config, device), F::build(&case.delta_config, device));
    let model = F::build(&width.config, device);
    let shapes = mup_models::shape_reader().infer(&base, &delta, &model).expect("shapes fit together");
    let plan = ScalingPlan::new(&shapes, parametrization, kind).expect("every parameter has a rule");
    let model = initialize(model, &plan, &InitSpec::new(), 0).expect("the plan fits the model");
    let golden = Tensors::read(&case.model, width.index);
    let model = load_parameters(model, &golden, "init/");
    Prepared { model, plan, batch: F::batch(&golden, device), golden }
}

/// The optimizer of a run, by the name that it has in `golden/data`.
#[must_use]
pub fn optimizer_id(run: &str) -> OptimizerId {
    match run.split('_').next() {
        Some("sgd") => OptimizerId::SGD,
        Some("adam") => OptimizerId::ADAM,
        _ => OptimizerId::ADAMW,
    }
}

/// The optimizer of a run, named as in `golden/data`.
///
/// # Panics
///
/// When the run's name or settings are not ours.
fn optimizer<F: Family>(name: &str, run: &Run, plan: &ScalingPlan, model: &F) -> ModuleOptimizer {
    let optimizer = match name.split('_').next() {
        Some("sgd") => {
            MupSgdConfig::new().with_momentum(run.momentum).with_weight_decay(run.weight_decay).init(plan, model)
        }
        Some("adam") => MupAdamConfig::new().with_epsilon(run.eps).with_l2(run.weight_decay).init(plan, model),
        Some("adamw") => {
            MupAdamWConfig::new().with_epsilon(run.eps).with_weight_decay(run.weight_decay).init(plan, model)
        }
        _ => panic!("unknown run {name}"),
    };
    optimizer.unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Trains for `steps` on the one batch; returns the model and the loss before each step and after the last.
#[must_use]
pub fn train<F: Family>(prepared: Prepared<F>, name: &str, run: &Run, steps: usize) -> (F, Vec<f64>) {
    let Prepared { mut model, plan, batch, .. } = prepared;
    let mut optimizer = optimizer(name, run, &plan, &model);
    let mut losses = Vec::with_capacity(steps + 1);
    for _ in 0..steps {
        let loss = model.loss(&batch);
        losses.push(loss.clone().into_data().iter::<f64>().sum());
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(run.lr, model, gradients);
    }
    losses.push(model.loss(&batch).into_data().iter::<f64>().sum());
    (model, losses)
}

/// Largest difference relative to the largest entry of `expected`.
#[must_use]
pub fn relative_difference(actual: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(actual.len(), expected.len());
    let largest = expected.iter().fold(f64::MIN_POSITIVE, |max, value| max.max(value.abs()));
    let differences = actual.iter().zip(expected).map(|(a, e)| (a - e).abs());
    differences.fold(0.0, |max: f64, d| if d.is_nan() { f64::INFINITY } else { max.max(d) }) / largest
}
