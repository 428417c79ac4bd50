//! Every step of the other optimizers, against PyTorch, optax and pytorch-optimizer, in f64: numbers and generator are in
//! `families/` beside this file.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::nn::{Linear, LinearConfig};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{DType, Tensor, TensorData};
use mup_files::sha256;
use mup_optim::{
    Blocks, MupAdafactorConfig, MupAdagradConfig, MupAdamWConfig, MupAdanConfig, MupLambConfig, MupLionConfig,
    MupMuonConfig, MupOptimizer, MupRmsPropConfig, NewtonSchulz, Planned,
};
use mup_rules::{Parametrization, ScalingPlan, ShapeFactor};
use mup_shapes::{Role, param_paths};
use serde::Deserialize;

use crate::model::device;

type Values = BTreeMap<String, Vec<f64>>;

#[derive(Deserialize)]
struct Golden {
    header: Header,
    hyperparameters: BTreeMap<String, BTreeMap<String, f64>>,
    models: BTreeMap<String, Trained>,
}

#[derive(Deserialize)]
struct Header {
    sha256: String,
}

#[derive(Deserialize)]
struct Trained {
    start: Values,
    gradients: Vec<Values>,
    after: BTreeMap<String, Vec<Values>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("families/families.json")).unwrap()
}

#[derive(Module, Debug)]
struct Pair {
    up: Linear,
    down: Linear,
}

impl Pair {
    fn new(d: usize, f: usize) -> Self {
        let linear = |d_in, d_out| LinearConfig::new(d_in, d_out);
        Self { up: linear(d, f).init(&device()), down: linear(f, d).with_bias(false).init(&device()) }
    }
}

/// Sets values, or makes gradients of them, in f64.
struct Set<'a> {
    paths: BTreeMap<ParamId, String>,
    values: &'a Values,
    gradients: GradientsParams,
}

impl<'a> Set<'a> {
    fn of(pair: &Pair, values: &'a Values) -> Self {
        let paths = param_paths(pair).into_iter().map(|(path, id)| (id, path)).collect();
        Self { paths, values, gradients: GradientsParams::new() }
    }

    fn tensor<const D: usize>(&self, param: &Param<Tensor<D>>) -> TensorData {
        TensorData::new(self.values[&self.paths[&param.id]].clone(), param.lazy_shape())
    }
}

impl ModuleMapper for Set<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let value = Tensor::<D>::from_data(self.tensor(&param), (&device(), DType::F64));
        Param::initialized(param.id, value.require_grad())
    }
}

impl ModuleVisitor for Set<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let device = device().without_autodiff();
        let gradient = Tensor::<D>::from_data(self.tensor(param), (&device, DType::F64));
        self.gradients.register(param.id, gradient);
    }
}

/// Largest distance from the reference in any step, relative to a tensor's norm.
fn worst(model: &Trained, name: &str, (d, f): (usize, usize), rate: f64, mut optimizer: ModuleOptimizer) -> f64 {
    let pair = Pair::new(d, f);
    let mut pair = pair.clone().map(&mut Set::of(&pair, &model.start));
    let mut worst: f64 = 0.0;
    for (gradients, after) in model.gradients.iter().zip(&model.after[name]) {
        let mut set = Set::of(&pair, gradients);
        pair.visit(&mut set);
        pair = optimizer.step(rate, pair, set.gradients);
        let bias = pair.up.bias.clone().unwrap().val().into_data();
        let found = [
            ("up.weight", pair.up.weight.val().into_data()),
            ("down.weight", pair.down.weight.val().into_data()),
            ("up.bias", bias),
        ];
        for (path, data) in found {
            let Some(wanted) = after.get(path) else { continue };
            let found: Vec<f64> = data.iter::<f64>().collect();
            let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
            let distance = norm(&mut found.iter().zip(wanted).map(|(a, b)| a - b));
            worst = worst.max(distance / norm(&mut wanted.iter().copied()));
        }
    }
    worst
}

fn plan(
    sizes: (usize, usize),
    choose: impl Fn(mup_rules::PlanBuilder<'_>) -> mup_rules::PlanBuilder<'_>,
) -> ScalingPlan {
    let target = Pair::new(sizes.0, sizes.1);
    let shapes = mup_shapes::infer(&Pair::new(4, 6), &Pair::new(8, 12), &target).unwrap();
    choose(ScalingPlan::of(&shapes, Parametrization::mup())).build().unwrap()
}

/// f64 keeps 1e-16; a handful of steps of well conditioned arithmetic lose a few digits.
const EXACT: f64 = 1e-12;

fn at_base(name: &str, config: impl Planned + Clone) -> f64 {
    let golden = golden();
    let plan = plan((4, 6), |plan| plan.default_optimizer(config.id()));
    let optimizer = MupOptimizer::new(&plan, &Pair::new(4, 6)).with(config).build().unwrap();
    worst(&golden.models["base"], name, (4, 6), golden.hyperparameters[name]["lr"], optimizer)
}

macro_rules! config {
    ($golden:expr, $config:ident: $($field:ident),* $(; $with:ident = $value:expr)*) => {{
        let numbers = &$golden;
        let mut config = $config::new();
        $(config.$field = numbers[stringify!($field)];)*
        $(config.$with = $value;)*
        config
    }};
}

#[test]
fn lion_and_lamb_equal_optax() {
    let of = golden().hyperparameters;
    let lion = config!(of["lion"], MupLionConfig: beta_1, beta_2, weight_decay);
    let lamb = config!(of["lamb"], MupLambConfig: beta_1, beta_2, epsilon, weight_decay);
    let (lion, lamb) = (at_base("lion", lion), at_base("lamb", lamb));
    assert!(lion < EXACT && lamb < EXACT, "lion {lion:e}, lamb {lamb:e}");
}

#[test]
fn adafactor_with_and_without_parameter_scaling_equals_optax_and_torch() {
    let of = golden().hyperparameters;
    let plain = config!(of["adafactor"], MupAdafactorConfig: decay_rate, clip_threshold; scale_parameter = false);
    let scaled = config!(of["adafactor_scaled"], MupAdafactorConfig: decay_rate, clip_threshold, epsilon_2);
    let torch = config!(of["adafactor_torch"], MupAdafactorConfig: decay_rate, clip_threshold, weight_decay);
    let (plain, scaled) = (at_base("adafactor", plain), at_base("adafactor_scaled", scaled));
    // optax computes t^−r in f32, 6e-8 of a moment.
    assert!(plain < 1e-8 && scaled < 1e-8, "{plain:e} {scaled:e}");
    let torch = at_base("adafactor_torch", torch);
    assert!(torch < EXACT, "{torch:e}");
}

#[test]
fn rmsprop_adagrad_and_adan_equal_torch_and_pytorch_optimizer() {
    let of = golden().hyperparameters;
    let plain = config!(of["rmsprop"], MupRmsPropConfig: alpha, epsilon, momentum, l2);
    let centered = config!(of["rmsprop_centered"], MupRmsPropConfig: alpha, epsilon, momentum, l2; centered = true);
    let adagrad = config!(of["adagrad"], MupAdagradConfig: epsilon, l2);
    let adan = config!(of["adan"], MupAdanConfig: beta_1, beta_2, beta_3, epsilon, weight_decay);
    let found = [
        at_base("rmsprop", plain),
        at_base("rmsprop_centered", centered),
        at_base("adagrad", adagrad),
        at_base("adan", adan),
    ];
    assert!(found.iter().all(|distance| *distance < EXACT), "{found:?}");
}

/// With the rest by AdamW.
fn muon(model: &str, name: &str, sizes: (usize, usize), change: impl Fn(MupMuonConfig) -> MupMuonConfig) -> f64 {
    let golden = golden();
    let muon = change(config!(golden.hyperparameters[name], MupMuonConfig: momentum, weight_decay));
    let plan = plan(sizes, |plan| plan.optimizer(Role::Hidden, muon.id()));
    let pair = Pair::new(sizes.0, sizes.1);
    let optimizer = MupOptimizer::new(&plan, &pair).with(MupAdamWConfig::new()).with(muon).build().unwrap();
    worst(&golden.models[model], name, sizes, golden.hyperparameters[name]["lr"], optimizer)
}

/// PyTorch's layout is the transpose of Burn's, so that this also tells out from in; and at the larger width the plan's
/// rate from one without it.
#[test]
fn muon_of_a_plan_equals_torch_in_both_adjustments_at_base_and_at_another_width() {
    for (model, sizes) in [("base", (4, 6)), ("target", (6, 12))] {
        let found = [
            muon(model, "muon", sizes, |config| config),
            muon(model, "muon_match_rms", sizes, |config| config.with_shape_factor(ShapeFactor::MatchRmsAdam)),
            muon(model, "muon_plain_momentum", sizes, |config| config.with_nesterov(false)),
        ];
        // Five quintics multiply what is left of small singular values by 3.4 each.
        assert!(found.iter().all(|distance| *distance < 1e-11), "{model}: {found:?}");
    }
}

/// Rounding of 2⁻⁹ in each of five iterations, in updates of a few percent of the weights.
#[test]
fn muon_in_bf16_is_close() {
    let found = muon("base", "muon", (4, 6), |config| config.with_newton_schulz(NewtonSchulz::BF16));
    assert!(found > 1e-9 && found < 1e-2, "{found:e}");
}

/// Two matrices side by side in one parameter are trained as if they were two parameters.
#[test]
fn blocks_are_orthogonalized_one_by_one() {
    let (device, rows) = (device(), 4);
    let linear = |columns| LinearConfig::new(rows, columns).with_bias(false).init(&device);
    let step = |linear: Linear, gradient: Tensor<2>, blocks: usize| {
        let base = LinearConfig::new(2, linear.weight.dims()[1] / 2).with_bias(false).init(&device);
        let delta = LinearConfig::new(3, linear.weight.dims()[1] / 2 * 3).with_bias(false).init(&device);
        let shapes = mup_shapes::infer(&base, &delta, &linear).unwrap();
        let plan =
            ScalingPlan::of(&shapes, Parametrization::standard()).optimizer(Role::Hidden, mup_rules::OptimizerId::MUON);
        let plan = plan.build().unwrap();
        let config = MupMuonConfig::new().in_blocks("weight", Blocks::Count(blocks)).with_weight_decay(0.0);
        let mut optimizer = config.init(&plan, &linear).unwrap();
        let (before, mut gradients) = (linear.weight.val().inner(), GradientsParams::new());
        gradients.register(linear.weight.id, gradient);
        optimizer.step(1.0, linear, gradients).weight.val().inner() - before
    };
    let gradient =
        Tensor::<2>::random([rows, 12], burn::tensor::Distribution::Default, &device.clone().without_autodiff());
    let fused = step(linear(12), gradient.clone(), 2);
    for block in 0..2 {
        let alone = step(linear(6), gradient.clone().narrow(1, 6 * block, 6), 1);
        // They differ in their factor of the shape: √(12/4) of the parameter, and √(6/4) of a block.
        let wanted = alone * 2.0_f64.sqrt();
        let distance = (fused.clone().narrow(1, 6 * block, 6) - wanted).abs().max().into_scalar::<f32>();
        assert!(distance < 1e-5, "{distance}");
    }
    let whole = step(linear(12), gradient, 1);
    assert!((fused - whole).abs().max().into_scalar::<f32>() > 1e-2);
}

#[test]
fn the_numbers_were_written_by_the_generator_beside_them() {
    assert_eq!(golden().header.sha256, sha256(include_bytes!("families/generate.py")), "rerun families/generate.py");
}
