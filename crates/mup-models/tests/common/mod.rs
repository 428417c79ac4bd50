//! What several tests of this crate need: random tensors, parameters by path, comparisons.
#![allow(dead_code, reason = "each test binary uses its part")]

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};
use mup_models::{
    Balance, ExpertsConfig, GptConfig, Hidden, NormConfig, NormKind, Positions, RotaryPositions, RotaryScaling,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rotary positions.
pub(crate) fn rotary() -> Positions {
    Positions::Rotary(RotaryPositions::new().with_theta(100.0))
}

/// A GPT of `n_head` heads of even width, a multiple of two, in every way of being a decoder that its config has a word for; each
/// word is in one of them at least.
pub(crate) fn decoders(gpt: &GptConfig) -> Vec<GptConfig> {
    let of = |change: &dyn Fn(GptConfig) -> GptConfig| change(gpt.clone());
    let rms = || NormConfig::new().with_kind(NormKind::Rms);
    let llama = |config: GptConfig| {
        config
            .with_bias(false)
            .with_norm(rms())
            .with_hidden(Hidden::SwiGlu)
            .with_positions(rotary())
            .with_n_kv_head(Some(1))
    };
    let yarn = RotaryScaling::Yarn { factor: 4.0, original_context: 4, beta_fast: 2.0, beta_slow: 0.5 };
    vec![
        of(&llama),
        of(&|config| llama(config).with_qk_norm(true).with_tied(true)),
        of(&|config| config.with_window(Some(3)).with_n_kv_head(Some(1))),
        of(&|config| llama(config).with_window(Some(2)).with_soft_cap(Some(2.0)).with_z_loss(0.25)),
        of(&|config| llama(config).with_sandwich(true).with_hidden(Hidden::GeGlu).with_bias(true)),
        of(&|config| {
            config.with_parallel(true).with_norm(NormConfig::new().with_gain(false)).with_positions(Positions::None)
        }),
        of(&|config| {
            config.with_norm(rms().with_gain(false)).with_positions(Positions::Absolute).with_hidden(Hidden::SwiGlu)
        }),
        of(&|config| {
            config
                .with_sandwich(true)
                .with_qk_norm(true)
                .with_positions(Positions::Rotary(RotaryPositions::new().with_scaling(yarn)))
        }),
        of(&|config| llama(config).with_experts(Some(ExpertsConfig::new(4, 2)))),
        of(&|config| {
            let experts = ExpertsConfig::new(3, 1).with_normalized(false).with_balance(Balance::Bias);
            config.with_experts(Some(experts.with_d_expert(Some(6)).with_d_shared(Some(4)))).with_parallel(true)
        }),
    ]
}

/// How many float parameters are lazy and how many hold a tensor.
#[derive(Debug, PartialEq, Default)]
pub(crate) struct Lazy {
    pub(crate) lazy: usize,
    pub(crate) initialized: usize,
}

impl ModuleVisitor for Lazy {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let counter = if param.is_initialized() { &mut self.initialized } else { &mut self.lazy };
        *counter += 1;
    }
}

pub(crate) fn lazy<M: Module>(model: &M) -> Lazy {
    let mut count = Lazy::default();
    model.visit(&mut count);
    count
}

#[derive(Default)]
struct Paths {
    stack: Vec<String>,
    paths: Vec<String>,
}

impl ModuleVisitor for Paths {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.paths.push(format!("{} {:?}", self.stack.join("."), param.lazy_shape().to_vec()));
    }
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.stack.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.stack.pop();
    }
}

/// `path [dims]` of every float parameter, in order.
pub(crate) fn paths<M: Module>(model: &M) -> Vec<String> {
    let mut paths = Paths::default();
    model.visit(&mut paths);
    paths.paths
}

struct Redraw {
    rng: ChaCha8Rng,
    stack: Vec<String>,
}

impl ModuleMapper for Redraw {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let untrained = ["multiplier", "logit_scale", "branch_factor"].contains(&self.stack.last().unwrap().as_str());
        let dims: [usize; D] = param.lazy_shape().dims();
        let values = uniform(&mut self.rng, dims.iter().product());
        param.map(|old| {
            let (device, dtype, tracked) = (old.device(), old.dtype(), old.is_require_grad());
            if untrained {
                old
            } else {
                Tensor::from_data(TensorData::new(values, dims), (&device, dtype)).set_require_grad(tracked)
            }
        })
    }
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.stack.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.stack.pop();
    }
}

/// Every trained parameter, biases and gains too, uniform in [-0.5, 0.5), so that no term of a forward pass is zero.
pub(crate) fn redraw<M: Module>(model: M, seed: u64) -> M {
    model.map(&mut Redraw { rng: ChaCha8Rng::seed_from_u64(seed), stack: Vec::new() })
}

fn uniform(rng: &mut ChaCha8Rng, n: usize) -> Vec<f64> {
    (0..n).map(|_| rng.random::<f64>() - 0.5).collect()
}

/// Uniform in [-0.5, 0.5), of the device's default type.
pub(crate) fn random<const D: usize>(dims: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let values = uniform(&mut ChaCha8Rng::seed_from_u64(seed), dims.iter().product());
    Tensor::from_data(TensorData::new(values, dims), device)
}

/// Random tokens below `vocab`.
pub(crate) fn random_tokens(dims: [usize; 2], vocab: i64, seed: u64, device: &Device) -> Tensor<2, Int> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let values: Vec<i64> = (0..dims[0] * dims[1]).map(|_| rng.random_range(0..vocab)).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}

/// All entries, in f64.
pub(crate) fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.to_data().iter::<f64>().collect()
}

/// The largest difference between entries.
pub(crate) fn distance<const D: usize>(a: &Tensor<D>, b: &Tensor<D>) -> f64 {
    assert_eq!(a.dims(), b.dims());
    values(a).iter().zip(values(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
