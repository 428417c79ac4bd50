//! Ten steps, and clipping, against PyTorch: numbers and generator are in `torch/` beside this file.

use std::collections::BTreeMap;

use burn::optim::ModuleOptimizer;
use mup_files::sha256;
use mup_optim::{MupAdamConfig, MupAdamWConfig, MupSgdConfig, clip_by_global_norm};
use mup_rules::OptimizerId;
use serde::Deserialize;

use crate::model::{Net, Values, floats, gradients_of, mup, values, with_values};

type Reference = BTreeMap<String, Vec<f64>>;

#[derive(Deserialize)]
struct Golden {
    header: Header,
    hyperparameters: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    start: Values,
    gradients: Vec<Values>,
    after: BTreeMap<String, Reference>,
    clip: Vec<Clip>,
}

#[derive(Deserialize)]
struct Header {
    sha256: String,
}

#[derive(Deserialize)]
struct Clip {
    max_norm: f64,
    norm: f64,
    clipped: Reference,
}

impl Golden {
    fn read() -> Self {
        serde_json::from_str(include_str!("torch/optimizers.json")).unwrap()
    }

    fn number(&self, optimizer: &str, name: &str) -> f64 {
        self.hyperparameters[optimizer][name].as_f64().unwrap()
    }
}

/// Largest distance of a tensor from its reference, relative to the reference, both as Euclidean norms.
fn worst(found: &Values, reference: &Reference) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    let distances = reference.iter().map(|(path, reference)| {
        let mut difference = found[path].iter().zip(reference).map(|(found, wanted)| f64::from(*found) - wanted);
        norm(&mut difference) / norm(&mut reference.iter().copied())
    });
    assert_eq!(found.len(), reference.len());
    distances.fold(0.0, f64::max)
}

/// PyTorch computed in f64. Ten f32 updates of size up to 1e-1 |w|, each rounded to 6e-8 relative to |w|,
/// stay below 10 · 6e-8.
const TOLERANCE: f64 = 1e-6;

/// Burn computes 1 − β₂ᵗ in f32. At β₂ = 0.999 that is about t/1000, known to 3e-8 per multiplication, so √v̂ is
/// off by up to 1.5e-5 relative, and ten updates of 0.02 at |w| ≈ 0.3 by 10 · 0.02/0.3 · 1.5e-5.
const TOLERANCE_AT_DEFAULT_BETA_2: f64 = 1e-5;

fn ten_steps_equal_torch(name: &str, mut optimizer: ModuleOptimizer, tolerance: f64, golden: &Golden) {
    let mut net = with_values(Net::target(), &golden.start);
    for gradients in &golden.gradients {
        let gradients = gradients_of(&net, gradients);
        net = optimizer.step(golden.number(name, "lr"), net, gradients);
    }
    let worst = worst(&values(&net), &golden.after[name]);
    assert!(worst < tolerance, "{name}: {worst:e}");
}

#[test]
fn adamw_with_decay_and_epsilon_equals_torch() {
    let golden = Golden::read();
    let number = |name| golden.number("adamw", name);
    let config = MupAdamWConfig::new()
        .with_beta_1(number("beta_1"))
        .with_beta_2(number("beta_2"))
        .with_epsilon(number("epsilon"))
        .with_weight_decay(number("weight_decay"));
    let optimizer = config.init(&mup(OptimizerId::ADAMW), &Net::target()).unwrap();
    ten_steps_equal_torch("adamw", optimizer, TOLERANCE, &golden);
}

#[test]
fn adam_with_l2_and_epsilon_equals_torch() {
    let golden = Golden::read();
    let number = |name| golden.number("adam", name);
    let config = MupAdamConfig::new()
        .with_beta_1(number("beta_1"))
        .with_beta_2(number("beta_2"))
        .with_epsilon(number("epsilon"))
        .with_l2(number("l2"));
    let optimizer = config.init(&mup(OptimizerId::ADAM), &Net::target()).unwrap();
    ten_steps_equal_torch("adam", optimizer, TOLERANCE_AT_DEFAULT_BETA_2, &golden);
}

#[test]
fn sgd_with_nesterov_momentum_and_l2_equals_torch() {
    let golden = Golden::read();
    let config = MupSgdConfig::new()
        .with_momentum(golden.number("sgd", "momentum"))
        .with_nesterov(true)
        .with_weight_decay(golden.number("sgd", "weight_decay"));
    let optimizer = config.init(&mup(OptimizerId::SGD), &Net::target()).unwrap();
    ten_steps_equal_torch("sgd", optimizer, TOLERANCE, &golden);
}

#[test]
fn clipping_by_the_global_norm_equals_torch() {
    let golden = Golden::read();
    let net = Net::target();
    for Clip { max_norm, norm, clipped } in &golden.clip {
        let gradients = gradients_of(&net, &golden.gradients[0]);
        let (gradients, found) = clip_by_global_norm(&net, gradients, *max_norm).unwrap();
        let relative = f64::from(floats(found)[0]) / norm - 1.0;
        // A sum of about 400 squares in f32, then one multiplication: well below 400 · 6e-8.
        assert!(relative.abs() < TOLERANCE, "norm: {relative:e}");
        let worst = worst(&crate::global_clip::read(&net, &gradients), clipped);
        assert!(worst < TOLERANCE, "max_norm {max_norm}: {worst:e}");
    }
}

#[test]
fn the_numbers_were_written_by_the_generator_beside_them() {
    let hash = sha256(include_bytes!("torch/generate.py"));
    assert_eq!(Golden::read().header.sha256, hash, "rerun torch/generate.py");
}
