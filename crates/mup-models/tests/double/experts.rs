//! Mixtures of experts against plain loops, and what keeps them balanced.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use mup_models::{Balance, Experts, ExpertsConfig, FeedForwardConfig, Gpt, GptConfig, Hidden};
use mup_probe::{Collector, NoProbe};

use crate::common::{distance, random, random_tokens, redraw, values};
use crate::device;

/// Some hundred operations in f64 on numbers of order 1 to 10.
const ROUNDING: f64 = 1e-12;

fn branch() -> FeedForwardConfig {
    FeedForwardConfig::new(6, 10).with_hidden(Hidden::SwiGlu).with_bias(false)
}

fn experts(config: &ExpertsConfig) -> Experts {
    redraw(config.init(&branch(), &device()).unwrap(), 3)
}

/// The row's numbers times a matrix of an expert.
fn times(x: &[f64], matrices: &Param<Tensor<3>>, expert: usize) -> Vec<f64> {
    let [_, rows, columns] = matrices.val().dims();
    let values = values(&matrices.val());
    let at = |i: usize, j: usize| values[(expert * rows + i) * columns + j];
    (0..columns).map(|j| (0..rows).map(|i| x[i] * at(i, j)).sum()).collect()
}

fn expert(layer: &Experts, x: &[f64], which: usize) -> Vec<f64> {
    let (gate, up) = (times(x, layer.gate.as_ref().unwrap(), which), times(x, &layer.up, which));
    let hidden: Vec<f64> = gate.iter().zip(up).map(|(gate, up)| gate / (1.0 + (-gate).exp()) * up).collect();
    times(&hidden, &layer.down, which)
}

/// Probabilities of a token, and its experts from the likeliest on.
fn routed(layer: &Experts, x: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let router = values(&layer.router.weight.val());
    let count = layer.router.weight.val().dims()[1];
    let logits: Vec<f64> = (0..count).map(|e| (0..6).map(|i| x[i] * router[i * count + e]).sum()).collect();
    let total: f64 = logits.iter().map(|z: &f64| z.exp()).sum();
    let probabilities: Vec<f64> = logits.iter().map(|z| z.exp() / total).collect();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]));
    (probabilities, order)
}

#[test]
fn a_mixture_is_the_weighted_sum_of_the_experts_that_each_token_chose() {
    for (chosen, normalized) in [(1, false), (2, true), (2, false), (5, false)] {
        let layer = experts(&ExpertsConfig::new(5, chosen).with_normalized(normalized).with_d_expert(Some(7)));
        let x = random([2, 4, 6], 4, &device());
        let expected: Vec<f64> = values(&x)
            .chunks(6)
            .flat_map(|x| {
                let (probabilities, order) = routed(&layer, x);
                let total: f64 = if normalized { order[..chosen].iter().map(|e| probabilities[*e]).sum() } else { 1.0 };
                order[..chosen].iter().fold(vec![0.0; 6], |sum, e| {
                    let output = expert(&layer, x, *e);
                    sum.iter().zip(output).map(|(sum, y)| sum + probabilities[*e] / total * y).collect()
                })
            })
            .collect();
        let output = values(&layer.forward(x, &mut NoProbe).0);
        let worst = output.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < ROUNDING, "{chosen} of 5, normalized {normalized}: {worst:e}");
    }
}

#[test]
fn no_token_is_dropped_when_all_choose_one_expert() {
    let mut layer = experts(&ExpertsConfig::new(4, 1).with_normalized(false).with_balance(Balance::Bias));
    layer.router.bias = Some(Param::from_tensor(Tensor::from_data([0.0, 0.0, 5.0, 0.0], &device())));
    let x = random([2, 8, 6], 4, &device());
    let output = values(&layer.forward(x.clone(), &mut NoProbe).0);
    for (x, y) in values(&x).chunks(6).zip(output.chunks(6)) {
        let (expected, probability) = (expert(&layer, x, 2), routed(&layer, x).0[2]);
        assert!(y.iter().zip(expected).all(|(y, expected)| (y - probability * expected).abs() < ROUNDING));
    }
}

#[test]
fn what_every_token_goes_through_is_added() {
    let layer = experts(&ExpertsConfig::new(4, 2).with_d_shared(Some(5)));
    let x = random([2, 4, 6], 4, &device());
    let mut alone = layer.clone();
    let shared = alone.shared.take().unwrap();
    let expected = alone.forward(x.clone(), &mut NoProbe).0 + shared.forward(x.clone(), &mut NoProbe);
    let mut seen = Collector::new();
    assert!(distance(&layer.forward(x, &mut seen).0, &expected) < ROUNDING);
    let names: Vec<&str> = seen.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["router", "shared.gate", "shared.up", "shared.output", "output"]);
}

#[test]
fn the_loss_of_balance_is_that_of_the_switch_transformer() {
    let layer = experts(&ExpertsConfig::new(4, 2).with_balance(Balance::Loss { coefficient: 0.5 }));
    let x = random([2, 8, 6], 4, &device());
    let (mut load, mut mean) = ([0.0; 4], [0.0; 4]);
    for x in values(&x).chunks(6) {
        let (probabilities, order) = routed(&layer, x);
        order[..2].iter().for_each(|e| load[*e] += 1.0 / 16.0);
        probabilities.iter().enumerate().for_each(|(e, p)| mean[e] += p / 16.0);
    }
    let expected: f64 = 0.5 * 4.0 / 2.0 * load.iter().zip(mean).map(|(load, mean)| load * mean).sum::<f64>();
    let balance = layer.forward(x, &mut NoProbe).1.unwrap().into_scalar::<f64>();
    assert!((balance - expected).abs() < ROUNDING, "{balance} against {expected}");
}

#[test]
fn a_bias_on_the_choice_learns_from_the_load_and_weighs_nothing() {
    let device = device().autodiff();
    let config = ExpertsConfig::new(4, 2).with_balance(Balance::Bias);
    let layer = redraw(config.init(&branch(), &device).unwrap(), 3);
    let mut unbiased = layer.clone();
    unbiased.router.bias = Some(Param::from_tensor(Tensor::zeros([4], &device)));
    let x = random([2, 8, 6], 4, &device);
    let (output, balance) = unbiased.forward(x.clone(), &mut NoProbe);
    let balance = balance.unwrap();
    assert_eq!(values(&balance), [0.0]);
    let mut plain = unbiased.valid();
    plain.router.bias = None;
    assert!(distance(&output.inner(), &plain.forward(x.clone().inner(), &mut NoProbe).0) < ROUNDING);
    let gradient = unbiased.router.bias.as_ref().unwrap().val().grad(&balance.backward()).unwrap();
    let mut load = [-1.0; 4];
    for x in values(&x).chunks(6) {
        routed(&plain, x).1[..2].iter().for_each(|e| load[*e] += 4.0 / (2.0 * 16.0));
    }
    assert!(
        values(&gradient).iter().zip(load).all(|(g, load)| (g - 1e-4 * load).abs() < ROUNDING),
        "{gradient}: {load:?}"
    );
}

#[test]
fn the_loss_of_a_gpt_has_the_mean_balance_of_its_blocks() {
    let device = device();
    let config = |balance| {
        let experts = ExpertsConfig::new(4, 2).with_balance(balance);
        GptConfig::new(13, 8, 2, 8, 2, 4, 12).with_experts(Some(experts))
    };
    let [with, without] = [Balance::Loss { coefficient: 0.5 }, Balance::None]
        .map(|balance| -> Gpt { redraw(config(balance).init(&device).unwrap(), 5) });
    let (tokens, targets) = (random_tokens([2, 8], 13, 6, &device), random_tokens([2, 8], 13, 7, &device));
    let mut seen = Collector::new();
    let _ = with.forward_probed(tokens.clone(), &mut seen);
    let of_block = |i: usize| {
        let normed = seen.get::<3>(&format!("blocks.{i}.feed_forward_norm")).unwrap();
        with.blocks[i].experts.as_ref().unwrap().forward(normed, &mut NoProbe).1.unwrap().into_scalar::<f64>()
    };
    let expected = (of_block(0) + of_block(1)) / 2.0;
    let [with, without] = [&with, &without].map(|model| values(&model.loss(tokens.clone(), targets.clone()))[0]);
    assert!(expected > 0.1 && (with - without - expected).abs() < ROUNDING, "{with}, {without}, {expected}");
}

#[test]
fn gradients_reach_router_and_experts() {
    let device = device().autodiff();
    let layer = redraw(ExpertsConfig::new(4, 2).init(&branch(), &device).unwrap(), 3);
    let x = random([2, 8, 6], 4, &device);
    let objective = |layer: &Experts, x: Tensor<3>| {
        (layer.forward(x.clone(), &mut NoProbe).0 * random(x.dims(), 9, &x.device())).sum()
    };
    let gradients = objective(&layer, x.clone()).backward();
    let frozen = layer.valid();
    // Central differences of step h err by h² and 2⁻⁵³/h: 1e-8 at h = 1e-4 for numbers of order 1.
    let moved = |change: &dyn Fn(&mut Experts, f64)| {
        let at = |by: f64| {
            let mut moved = frozen.clone();
            change(&mut moved, by);
            objective(&moved, x.clone().inner()).into_scalar::<f64>()
        };
        (at(1e-4) - at(-1e-4)) / 2e-4
    };
    let bump = |param: &mut Param<Tensor<3>>, by: f64| {
        *param = param.clone().map(|w| {
            w.clone().slice_assign([1..2, 0..1, 0..1], w.narrow(0, 1, 1).narrow(1, 0, 1).narrow(2, 0, 1) + by)
        });
    };
    let [up, down] =
        [&layer.up, &layer.down].map(|param| values(&param.val().grad(&gradients).unwrap().narrow(0, 1, 1))[0]);
    assert!((up - moved(&|layer, by| bump(&mut layer.up, by))).abs() < 1e-7);
    assert!((down - moved(&|layer, by| bump(&mut layer.down, by))).abs() < 1e-7);
    let router = values(&layer.router.weight.val().grad(&gradients).unwrap())[0];
    let numeric = moved(&|layer, by| {
        layer.router.weight = layer
            .router
            .weight
            .clone()
            .map(|w| w.clone().slice_assign([0..1, 0..1], w.narrow(0, 0, 1).narrow(1, 0, 1) + by));
    });
    assert!((router - numeric).abs() < 1e-7, "{router} against {numeric}");
}
