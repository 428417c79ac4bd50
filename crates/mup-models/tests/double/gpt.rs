//! What a GPT computes: causality, loss, tying, probes.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use mup_models::{AttentionFrame, CausalAttentionConfig, Gpt, GptConfig, Positions, cross_entropy};
use mup_probe::{Collector, NoProbe};

use crate::common::{decoders, distance, random, random_tokens, redraw, rotary, values};
use crate::device;

const EVERY_POSITIONS: [Positions; 3] = [Positions::Relative, Positions::Absolute, Positions::None];

fn config() -> GptConfig {
    GptConfig::new(13, 8, 2, 8, 3, 4, 12)
}

fn model(config: &GptConfig, device: &Device) -> Gpt {
    redraw(config.init(device).unwrap(), 5)
}

/// Some hundred operations in f64 on numbers of order 1 to 10.
const ROUNDING: f64 = 1e-12;

#[test]
fn changing_a_token_changes_no_earlier_logit_and_every_later_one() {
    let device = device();
    let tokens = random_tokens([1, 8], 13, 6, &device);
    for positions in EVERY_POSITIONS {
        let model = model(&config().with_positions(positions), &device);
        let logits = model.forward(tokens.clone());
        for changed in 0..8 {
            let token = tokens.clone().narrow(1, changed, 1).add_scalar(1).remainder_scalar(13);
            let other = model.forward(tokens.clone().slice_assign([0..1, changed..changed + 1], token));
            for time in 0..8 {
                let moved = distance(&logits.clone().narrow(1, time, 1), &other.clone().narrow(1, time, 1));
                let expected = time >= changed;
                assert_eq!(moved > 0.0, expected, "{positions:?}: token {changed}, logits at {time} moved by {moved}");
            }
        }
    }
}

#[test]
fn a_window_hides_what_lies_further_back_than_it_reaches_through_the_blocks() {
    let device = device();
    let tokens = random_tokens([1, 8], 13, 6, &device);
    let changed =
        tokens.clone().slice_assign([0..1, 0..1], tokens.clone().narrow(1, 0, 1).add_scalar(1).remainder_scalar(13));
    for window in [1, 2, 3, 8] {
        let model = model(&config().with_window(Some(window)), &device);
        let [before, after] = [&tokens, &changed].map(|tokens| model.forward(tokens.clone()));
        for time in 0..8 {
            let moved = distance(&before.clone().narrow(1, time, 1), &after.clone().narrow(1, time, 1));
            // Two blocks, each of which reaches window − 1 further.
            assert_eq!(moved > 0.0, time <= 2 * (window - 1), "window {window}, logits at {time} moved by {moved}");
        }
    }
}

#[test]
fn rotary_logits_depend_on_distances_alone() {
    let device = device();
    let attention = CausalAttentionConfig::new(8, 2, 4).with_positions(rotary()).init(&device).unwrap();
    let attention = redraw(attention, 3);
    let token = random::<3>([1, 1, 8], 4, &device);
    let mut seen = Collector::new();
    let frame = AttentionFrame::new(6, 6, &device, token.dtype());
    let _ = attention.forward_probed(token.repeat_dim(1, 6), &frame, &mut seen);
    let logits = seen.get::<4>("logits").unwrap();
    let at = |query: usize, key: usize| logits.clone().slice([0..1, 0..2, query..query + 1, key..key + 1]);
    for distance_between in 0..3 {
        let moved = distance(&at(3, 3 - distance_between), &at(5, 5 - distance_between));
        assert!(moved < ROUNDING, "distance {distance_between}: {moved}");
    }
    assert!(distance(&at(3, 3), &at(3, 2)) > 1e-3, "other distances have other logits");
}

#[test]
fn capped_logits_are_below_the_cap_and_the_loss_has_the_z_loss() {
    let device = device();
    let (tokens, targets) = (random_tokens([2, 8], 13, 6, &device), random_tokens([2, 8], 13, 7, &device));
    let plain = model(&config(), &device);
    let capped = model(&config().with_soft_cap(Some(0.5)).with_z_loss(0.1), &device);
    let (logits, expected) = (plain.forward(tokens.clone()), capped.forward(tokens.clone()));
    assert!(distance(&(logits.div_scalar(0.5).tanh() * 0.5), &expected) < ROUNDING);
    let rows = values(&expected);
    let log_sums: Vec<f64> = rows.chunks(13).map(|row| row.iter().map(|z| z.exp()).sum::<f64>().ln()).collect();
    let z = 0.1 * log_sums.iter().map(|log| log * log).sum::<f64>() / 16.0;
    let cross_entropy = cross_entropy(expected.flatten(0, 1), targets.clone().flatten(0, 1)).into_scalar::<f64>();
    assert!((capped.loss(tokens, targets).into_scalar::<f64>() - cross_entropy - z).abs() < ROUNDING);
}

#[test]
fn branches_in_parallel_read_the_same_norm() {
    let device = device();
    let model = model(&GptConfig { n_layer: 1, ..config() }.with_parallel(true), &device);
    let tokens = random_tokens([2, 8], 13, 6, &device);
    let mut seen = Collector::new();
    let _ = model.forward_probed(tokens, &mut seen);
    let [stream, normed] = ["embedding", "blocks.0.attention_norm"].map(|name| seen.get::<3>(name).unwrap());
    let attention = seen.get::<3>("blocks.0.attention.output").unwrap();
    let feed_forward = model.blocks[0].feed_forward.as_ref().unwrap().forward(normed, &mut NoProbe);
    assert!(distance(&(stream + attention + feed_forward), &seen.get::<3>("blocks.0").unwrap()) < ROUNDING);
}

#[test]
fn only_a_model_with_positions_can_tell_the_order_of_earlier_tokens() {
    let device = device();
    let order = |tokens: [i64; 3]| Tensor::from_data([tokens], &device);
    for positions in EVERY_POSITIONS {
        let model = model(&GptConfig { n_layer: 1, ..config() }.with_positions(positions), &device);
        let last = |tokens| model.forward(order(tokens)).narrow(1, 2, 1);
        let moved = distance(&last([1, 2, 3]), &last([2, 1, 3]));
        assert_eq!(moved > ROUNDING, positions != Positions::None, "{positions:?} moved by {moved}");
    }
}

#[test]
fn the_loss_is_the_mean_negative_log_probability_of_the_targets() {
    let device = device();
    let model = model(&config(), &device);
    let (tokens, targets) = (random_tokens([2, 8], 13, 6, &device), random_tokens([2, 8], 13, 7, &device));
    let logits = values(&model.forward(tokens.clone()));
    let targets_at: Vec<usize> = targets.to_data().iter::<i64>().map(|target| target as usize).collect();
    let surprise = |(row, target): (&[f64], &usize)| row.iter().map(|z| z.exp()).sum::<f64>().ln() - row[*target];
    let expected = logits.chunks(13).zip(&targets_at).map(surprise).sum::<f64>() / 16.0;
    let loss = model.loss(tokens, targets).into_scalar::<f64>();
    assert!((loss - expected).abs() < ROUNDING, "{loss} against {expected}");
}

#[test]
fn a_tied_model_sums_the_gradients_of_both_uses_into_one_parameter() {
    let device = device().autodiff();
    let (tokens, targets) = (random_tokens([2, 8], 13, 6, &device), random_tokens([2, 8], 13, 7, &device));
    let tied = model(&config().with_tied(true), &device);
    let mut untied = model(&config(), &device);
    untied.blocks.clone_from(&tied.blocks);
    untied.final_norm = tied.final_norm.clone();
    untied.token_embedding = tied.token_embedding.clone();
    let embedding = tied.token_embedding.weight.val();
    untied.readout.as_mut().unwrap().weight = Param::from_tensor(embedding.clone().transpose().detach());
    assert!(distance(&tied.forward(tokens.clone()), &untied.forward(tokens.clone())) < ROUNDING);

    let gradient = embedding.grad(&tied.loss(tokens.clone(), targets.clone()).backward()).unwrap();
    let gradients = untied.loss(tokens, targets).backward();
    let input = embedding.grad(&gradients).unwrap();
    let output = untied.readout.as_ref().unwrap().weight.val().grad(&gradients).unwrap();
    assert!(distance(&gradient, &(input.clone() + output.transpose())) < ROUNDING);
    assert!(distance(&gradient, &input) > 1e-3, "the readout's gradient is seen");
}

#[test]
fn a_probe_changes_no_bit_of_any_decoder() {
    let device = device();
    let tokens = random_tokens([2, 8], 13, 6, &device);
    for config in decoders(&GptConfig { n_head: 2, ..config() }) {
        let model = model(&config, &device);
        let mut seen = Collector::new();
        let logits = model.forward_probed(tokens.clone(), &mut seen);
        assert_eq!(values(&logits), values(&model.forward(tokens.clone())), "{config}");
        assert_eq!(values(&seen.get::<3>("logits").unwrap()), values(&logits), "{config}");
        // What the probe saw of the branches, computed beside the fused operations, is what they add to the stream.
        let part = |name: &str| seen.get::<3>(&format!("blocks.0.{name}")).unwrap();
        let second = if config.experts.is_some() { "experts.output" } else { "feed_forward.output" };
        let added = seen.get::<3>("embedding").unwrap() + part("attention.output") + part(second);
        assert!(distance(&added, &seen.get::<3>("blocks.0").unwrap()) < ROUNDING, "{config}");
    }
}

#[test]
fn a_probe_sees_the_promised_names_and_changes_no_bit() {
    let device = device();
    let tokens = random_tokens([2, 8], 13, 6, &device);
    for positions in EVERY_POSITIONS {
        let model = model(&config().with_positions(positions), &device);
        let mut seen = Collector::new();
        let logits = model.forward_probed(tokens.clone(), &mut seen);
        assert_eq!(values(&logits), values(&model.forward(tokens.clone())));
        let names: Vec<&str> = seen.iter().map(|(name, _)| name).collect();
        assert_eq!(names, promised_names(positions));
        assert_eq!(values(&seen.get::<3>("logits").unwrap()), values(&logits));
        assert!(seen.get::<2>("logits").is_none(), "rank 2 was asked of a rank 3 activation");
    }
}

fn promised_names(positions: Positions) -> Vec<String> {
    let relative = ["relative_key", "content_content", "content_position", "bias_content", "bias_position"];
    let mut names = vec!["embedding".to_owned()];
    for i in 0..2 {
        let terms = if positions == Positions::Relative { &relative[..] } else { &[] };
        names.push(format!("blocks.{i}.attention_norm"));
        names.extend(terms.iter().chain(&["logits", "output"]).map(|name| format!("blocks.{i}.attention.{name}")));
        names.push(format!("blocks.{i}.feed_forward_norm"));
        names.extend(["up", "output"].map(|name| format!("blocks.{i}.feed_forward.{name}")));
        names.push(format!("blocks.{i}"));
    }
    names.extend(["final_norm", "logits"].map(str::to_owned));
    names
}

#[test]
fn the_four_terms_sum_to_the_attention_logits() {
    let device = device();
    let mut seen = Collector::new();
    let _ = model(&config(), &device).forward_probed(random_tokens([2, 8], 13, 6, &device), &mut seen);
    let term = |name: &str| seen.get::<4>(&format!("blocks.1.attention.{name}")).unwrap();
    // The last query's distances to keys 0, 1, … descend as the probe's do.
    let last = |name: &str| term(name).narrow(2, 7, 1);
    let sum = last("content_content") + last("content_position") + term("bias_content") + term("bias_position");
    assert!(distance(&sum, &last("logits")) < ROUNDING);
}

#[test]
fn with_zero_query_and_zero_relative_biases_all_attention_logits_are_exactly_zero() {
    let device = device();
    let mut model = model(&config().with_bias(false), &device);
    for block in &mut model.blocks {
        let attention = &mut block.attention;
        attention.query.weight = attention.query.weight.clone().map(|weight| weight.zeros_like());
        for bias in [&mut attention.content_bias, &mut attention.position_bias] {
            *bias = bias.clone().map(|bias| bias.map(|bias| bias.zeros_like()));
        }
    }
    let mut seen = Collector::new();
    let _ = model.forward_probed(random_tokens([2, 8], 13, 6, &device), &mut seen);
    for i in 0..2 {
        let logits = seen.values(&format!("blocks.{i}.attention.logits")).unwrap();
        assert!(values(&logits).iter().all(|logit| *logit == 0.0));
    }
}

#[test]
#[should_panic(expected = "9 tokens, but the context is 8")]
fn a_sequence_longer_than_the_context_panics_with_both_lengths() {
    let device = device();
    let _ = model(&config(), &device).forward(random_tokens([1, 9], 13, 6, &device));
}

#[test]
fn evaluation_equals_training_without_dropout() {
    let plain = device();
    let tokens = random_tokens([2, 8], 13, 6, &plain);
    let training = model(&config(), &plain.clone().autodiff());
    let logits = training.forward(tokens.clone().to_device(&plain.clone().autodiff())).inner();
    assert!(distance(&logits, &training.valid().forward(tokens)) < ROUNDING);
}
