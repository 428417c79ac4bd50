//! Every multiplier does exactly what its definition says: a knob that does nothing fails here.

use burn::module::Param;
use burn::tensor::{Device, Tensor};
use mup_models::{Gpt, GptConfig, Positions, ReadoutConfig, TiedReadoutConfig};

use crate::common::{distance, random, random_tokens, redraw};
use crate::device;

/// Some hundred operations in f64 on numbers of order 1 to 10.
const ROUNDING: f64 = 1e-12;
/// Far above rounding: the knob was seen to move the logits.
const MOVED: f64 = 1e-3;

fn config(positions: Positions) -> GptConfig {
    GptConfig::new(13, 8, 2, 8, 3, 4, 12).with_positions(positions)
}

fn model(config: &GptConfig, device: &Device) -> Gpt {
    redraw(config.init(device).unwrap(), 5)
}

fn logits(model: &Gpt) -> Tensor<3> {
    model.forward(random_tokens([2, 8], 13, 6, &device()))
}

fn scale<const D: usize>(param: &mut Param<Tensor<D>>, by: f64) {
    *param = param.clone().map(|tensor| tensor.mul_scalar(by));
}

/// The model with the knob equals the model without whose tensors were changed, and differs from the unchanged one.
fn assert_knob(with_knob: &GptConfig, without: &GptConfig, change: impl Fn(&mut Gpt)) {
    let device = device();
    let turned = logits(&model(with_knob, &device));
    let mut changed = model(without, &device);
    assert!(distance(&turned, &logits(&changed)) > MOVED, "the knob does nothing: {with_knob}");
    change(&mut changed);
    assert!(distance(&turned, &logits(&changed)) < ROUNDING, "{with_knob}");
}

#[test]
fn alpha_output_multiplies_the_logits_tied_or_not() {
    for tied in [false, true] {
        let config = config(Positions::Relative).with_tied(tied);
        let (once, thrice) = (logits(&model(&config, &device())), config.with_alpha_output(3.0));
        assert!(distance(&logits(&model(&thrice, &device())), &(once * 3.0)) < ROUNDING);
    }
}

#[test]
fn alpha_embedding_multiplies_token_and_position_embeddings() {
    for positions in [Positions::Relative, Positions::Absolute, Positions::None] {
        let config = config(positions);
        assert_knob(&config.clone().with_alpha_embedding(3.0), &config, |model| {
            scale(&mut model.token_embedding.weight, 3.0);
            model.position_embedding.iter_mut().for_each(|positions| scale(&mut positions.weight, 3.0));
        });
    }
}

#[test]
fn alpha_attention_multiplies_the_logit_scale() {
    for positions in [Positions::Relative, Positions::Absolute, Positions::None] {
        let config = config(positions);
        assert_knob(&config.clone().with_alpha_attention(3.0), &config, |model| {
            model.blocks.iter_mut().for_each(|block| scale(&mut block.attention.logit_scale, 3.0));
        });
    }
}

#[test]
fn alpha_relative_multiplies_the_sinusoids_only() {
    let config = config(Positions::Relative);
    assert_knob(&config.clone().with_alpha_relative(3.0), &config, |model| {
        for block in &mut model.blocks {
            scale(&mut block.attention.relative_key.as_mut().unwrap().weight, 3.0);
        }
    });
}

#[test]
fn the_logit_scale_multiplies_queries_and_relative_biases_alike() {
    let mut scaled = config(Positions::Relative).with_bias(false);
    let mut queries = model(&scaled, &device());
    scaled = scaled.with_alpha_attention(3.0);
    for block in &mut queries.blocks {
        let attention = &mut block.attention;
        scale(&mut attention.query.weight, 3.0);
        scale(attention.content_bias.as_mut().unwrap(), 3.0);
        scale(attention.position_bias.as_mut().unwrap(), 3.0);
    }
    assert!(distance(&logits(&model(&scaled, &device())), &logits(&queries)) < ROUNDING);
}

#[test]
fn the_default_logit_scale_is_one_over_the_square_root_of_the_head_width() {
    let model = config(Positions::None).init(&device()).unwrap();
    // 1/√4.
    assert_eq!(model.blocks[0].attention.logit_scale.val().to_data().iter::<f64>().collect::<Vec<_>>(), [0.5; 4]);
}

#[test]
fn a_readout_multiplies_features_and_alpha_but_not_the_bias() {
    let device = device();
    let readout = ReadoutConfig::new(3, 4).with_alpha_output(2.0);
    let mut readout = redraw(readout.init(&device), 1);
    let x = random([5, 3], 2, &device);
    scale(&mut readout.multiplier, 0.25);
    let expected = x.clone().matmul(readout.weight.val()) * 0.5 + readout.bias.as_ref().unwrap().val().unsqueeze();
    assert!(distance(&readout.forward(x), &expected) < ROUNDING);
}

#[test]
fn each_entry_of_a_multiplier_belongs_to_its_feature() {
    let device = device();
    let (x, embedding) = (random([5, 3], 2, &device), random([4, 3], 3, &device));
    let multiplier = Tensor::<1>::from_data([1.0, 10.0, 100.0], &device);
    let expected = (x.clone() * multiplier.clone().unsqueeze()).matmul(embedding.clone().transpose());
    let mut tied = TiedReadoutConfig::new(3).init(&device);
    tied.multiplier = Param::from_tensor(multiplier.clone());
    assert!(distance(&tied.forward(x.clone(), embedding.clone()), &expected) < ROUNDING);
    let mut readout = ReadoutConfig::new(3, 4).with_bias(false).init(&device);
    readout.multiplier = Param::from_tensor(multiplier);
    readout.weight = Param::from_tensor(embedding.transpose());
    assert!(distance(&readout.forward(x), &expected) < ROUNDING);
}
