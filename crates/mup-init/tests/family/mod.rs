//! A model with one parameter of every role and kind, whose dimensions grow by different factors.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig, PRelu, PReluConfig};
use burn::tensor::{Device, Tensor};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use mup_shapes::{Axes, Kind, ParamSpec, ShapeReader, param_paths};

/// A readout with a forward multiplier.
#[derive(Module, Debug)]
pub struct Head {
    pub weight: Param<Tensor<2>>,
    pub multiplier: Param<Tensor<1>>,
}

/// Attention's own parameters.
#[derive(Module, Debug)]
pub struct Attend {
    pub query: Linear,
    pub content_bias: Param<Tensor<1>>,
    pub logit_scale: Param<Tensor<1>>,
}

#[derive(Module, Debug)]
pub struct Model {
    pub embedding: Embedding,
    pub norm: LayerNorm,
    pub blocks: Vec<Attend>,
    pub slope: PRelu,
    pub input: Linear,
    pub head: Head,
}

/// Sizes that differ between base, delta and target.
#[derive(Clone, Copy, Debug)]
pub struct Widths {
    pub d_model: usize,
    pub d_query: usize,
    pub n_layer: usize,
}

pub const BASE: Widths = Widths { d_model: 32, d_query: 16, n_layer: 2 };
pub const DELTA: Widths = Widths { d_model: 40, d_query: 24, n_layer: 2 };
/// The fan-in of `query` grows by 16, its fan-out by 4.
pub const TARGET: Widths = Widths { d_model: 512, d_query: 64, n_layer: 2 };
pub const D_VOCAB: usize = 300;
pub const D_OUT: usize = 200;

fn ones<const D: usize>(shape: [usize; D], device: &Device) -> Param<Tensor<D>> {
    let fresh = move |device: &Device, require_grad| Tensor::ones(shape, device).set_require_grad(require_grad);
    Param::uninitialized(ParamId::new(), fresh, device.clone(), true, shape.into())
}

pub fn model(widths: Widths, device: &Device) -> Model {
    let Widths { d_model, d_query, n_layer } = widths;
    let block = |_| Attend {
        query: LinearConfig::new(d_model, d_query).init(device),
        content_bias: ones([d_query], device),
        logit_scale: ones([d_query], device).set_require_grad(false),
    };
    Model {
        embedding: EmbeddingConfig::new(D_VOCAB, d_model).init(device),
        norm: LayerNormConfig::new(d_model).init(device),
        blocks: (0..n_layer).map(block).collect(),
        slope: PReluConfig::new().init(device),
        input: LinearConfig::new(7, d_model).init(device),
        head: Head {
            weight: ones([d_model, D_OUT], device),
            multiplier: ones([d_model], device).set_require_grad(false),
        },
    }
}

pub fn reader() -> ShapeReader {
    ShapeReader::new()
        .with_layer("Head", "weight", ParamSpec::weight().multiplied())
        .with_layer("Head", "multiplier", ParamSpec::new(Axes::multiplier(), Kind::Multiplier))
        .with_layer("Attend", "content_bias", ParamSpec::vector())
        .with_layer("Attend", "logit_scale", ParamSpec::new(Axes::multiplier(), Kind::LogitScale))
}

pub fn plan_of(target: &Model, parametrization: Parametrization) -> ScalingPlan {
    let device = target.input.weight.lazy_device();
    let n_layer = target.blocks.len();
    let [base, delta] = [BASE, DELTA].map(|widths| model(Widths { n_layer, ..widths }, &device));
    let shapes = reader().infer(&base, &delta, target).expect("one family");
    ScalingPlan::new(&shapes, parametrization, OptimizerId::ADAMW).expect("a rule for every role")
}

pub fn mup(target: &Model) -> ScalingPlan {
    plan_of(target, Parametrization::mup())
}

/// The values of every parameter by path.
pub fn values<M: Module>(module: &M) -> BTreeMap<String, Vec<f32>> {
    struct Values(BTreeMap<ParamId, Vec<f32>>);
    impl ModuleVisitor for Values {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.insert(param.id, param.val().into_data().try_to_vec().expect("f32"));
        }
    }
    let mut visitor = Values(BTreeMap::new());
    module.visit(&mut visitor);
    let by_id = param_paths(module).into_iter();
    by_id.filter_map(|(path, id)| Some((path, visitor.0.remove(&id)?))).collect()
}

/// Whether every parameter requires a gradient, by path.
pub fn trained<M: Module>(module: &M) -> BTreeMap<String, bool> {
    struct Flags(BTreeMap<ParamId, bool>);
    impl ModuleVisitor for Flags {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.insert(param.id, param.val().is_require_grad());
        }
    }
    let mut visitor = Flags(BTreeMap::new());
    module.visit(&mut visitor);
    param_paths(module).into_iter().filter_map(|(path, id)| Some((path, *visitor.0.get(&id)?))).collect()
}
