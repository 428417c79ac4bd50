//! What one update does to a layer's output, by width: the plan's rates make it constant, and without them it grows as the
//! theory has it.

use burn::nn::LinearConfig;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use mup_optim::{
    Blocks, MupAdafactorConfig, MupAdagradConfig, MupAdamWConfig, MupAdanConfig, MupLambConfig, MupLionConfig,
    MupMuonConfig, MupOptimizer, MupRmsPropConfig, MupSgdConfig, Planned,
};
use mup_rules::{Parametrization, ScalingPlan, ShapeFactor};

use crate::model::device;

const WIDTHS: [usize; 4] = [64, 128, 256, 512];
const BATCH: usize = 4;

/// rms of ΔW·x after one step on a square hidden layer, and the plan's rate. Coordinates of x are Θ(1); those of the
/// gradient of the layer's output are Θ(1/width), as under a readout in µP.
fn response(config: &(impl Planned + Clone), width: usize, draw: u64) -> (f64, f64) {
    let linear = |n| LinearConfig::new(n, n).with_bias(false).init(&device());
    let (mut layer, base) = (linear(width), linear(WIDTHS[0]));
    let shapes = mup_shapes::infer(&base, &linear(2 * WIDTHS[0]), &layer).unwrap();
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), config.id()).unwrap();
    let mut state = draw;
    let (x, delta) = (drawn(BATCH, width, &mut state), drawn(BATCH, width, &mut state) / width as f64);
    let weight = drawn(width, width, &mut state) / (width as f64).sqrt();
    layer.weight = layer.weight.map(|_| Tensor::from_inner(weight.clone()).require_grad());
    let mut gradients = GradientsParams::new();
    gradients.register(layer.weight.id, x.clone().transpose().matmul(delta));
    let mut optimizer = MupOptimizer::new(&plan, &layer).with(config.clone()).build().unwrap();
    let change = optimizer.step(1.0, layer, gradients).weight.val().inner() - weight;
    let moved = x.matmul(change).square().mean().sqrt().into_scalar::<f32>();
    (f64::from(moved), plan.row("weight").unwrap().learning_rate.value)
}

/// Uniform numbers of variance 1, a function of the state alone.
fn drawn(rows: usize, columns: usize, state: &mut u64) -> Tensor<2> {
    let mut next = || {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        3.0_f32.sqrt() * (2.0 * (*state >> 40) as f32 / (1 << 24) as f32 - 1.0)
    };
    let values: Vec<f32> = (0..rows * columns).map(|_| next()).collect();
    Tensor::from_data(TensorData::new(values, [rows, columns]), &Device::flex())
}

/// Slope of log y against log width, by least squares over some draws of each width.
fn slope(of: impl Fn(usize, u64) -> f64) -> f64 {
    const DRAWS: u64 = 4;
    let points = WIDTHS.map(|width| {
        let log = (0..DRAWS).map(|draw| of(width, draw).ln()).sum::<f64>() / DRAWS as f64;
        ((width as f64).ln(), log)
    });
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let product: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    product / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}

/// Width 64 is not infinite; a wrong exponent is off by ½.
const NEAR: f64 = 0.1;

/// `raw`: the slope at one rate for all widths.
fn is_flat_by_its_plan(config: &(impl Planned + Clone), raw: f64) {
    let planned = slope(|width, draw| response(config, width, draw).0);
    let unplanned = slope(|width, draw| {
        let (moved, rate) = response(config, width, draw);
        moved / rate
    });
    let name = config.id();
    assert!(planned.abs() < NEAR, "{name}: {planned} with the plan");
    assert!((unplanned - raw).abs() < NEAR, "{name}: {unplanned} without");
}

/// rules-beyond-width.md, T11. SGD's update is proportional to a gradient of size 1/width, of which as many add up; its
/// rate is therefore 1 here, where Adam's is 1/width.
#[test]
fn one_update_moves_a_hidden_layer_alike_at_every_width_under_every_optimizer() {
    let no_decay = MupAdamWConfig::new().with_weight_decay(0.0).with_epsilon(0.0);
    is_flat_by_its_plan(&no_decay, 1.0);
    is_flat_by_its_plan(&MupLionConfig::new(), 1.0);
    is_flat_by_its_plan(&MupRmsPropConfig::new().with_epsilon(0.0), 1.0);
    is_flat_by_its_plan(&MupAdagradConfig::new().with_epsilon(0.0), 1.0);
    is_flat_by_its_plan(&MupAdanConfig::new().with_epsilon(0.0), 1.0);
    is_flat_by_its_plan(&MupAdafactorConfig::new().with_scale_parameter(false), 1.0);
    is_flat_by_its_plan(&MupAdafactorConfig::new().with_epsilon_2(1e-9), 0.5);
    is_flat_by_its_plan(&MupLambConfig::new().with_epsilon(0.0), 0.5);
    is_flat_by_its_plan(&MupMuonConfig::new().with_weight_decay(0.0), 0.0);
    is_flat_by_its_plan(&MupMuonConfig::new().with_weight_decay(0.0).with_shape_factor(ShapeFactor::MatchRmsAdam), 0.5);
    is_flat_by_its_plan(&MupSgdConfig::new(), 0.0);
}

/// Condition 1 (arXiv:2310.17813) of each block: √(its outputs/in) falls with the width where the blocks are heads that grow
/// in number, and is constant where they grow in size.
#[test]
fn one_update_in_blocks_moves_a_hidden_layer_alike_whether_their_number_or_their_size_grows() {
    let muon = || MupMuonConfig::new().with_weight_decay(0.0);
    is_flat_by_its_plan(&muon().in_blocks("weight", Blocks::Size(16)), 0.0);
    is_flat_by_its_plan(&muon().in_blocks("weight", Blocks::Count(4)), 0.0);
}
