//! A folded GPT is the same function without any multiplier.

use burn::module::Module;
use mup_models::{Gpt, GptConfig, ModelError, NormConfig, Positions};

use burn::tensor::Tensor;

use crate::common::{decoders, distance, random, random_tokens, redraw, rotary, values};
use crate::device;

/// Some hundred operations in f64 on numbers of order 1 to 10.
const ROUNDING: f64 = 1e-12;

/// Every α, every multiplier and every entry of the logit scales differs from 1 and from the others.
fn model(config: &GptConfig) -> Gpt {
    let alphas = config.clone().with_alpha_attention(3.0).with_alpha_output(0.7).with_alpha_embedding(1.7);
    let mut model = redraw(alphas.with_alpha_relative(0.6).init(&device()).unwrap(), 5);
    let around_one = |n, seed| random::<1>([n], seed, &device()) + 1.0;
    for (i, block) in model.blocks.iter_mut().enumerate() {
        // What turns into each other has one scale, as a plan gives it to all.
        let half = around_one(config.d_head / 2, 20 + i as u64);
        let scale = Tensor::cat(vec![half.clone(), half], 0);
        block.attention.logit_scale = block.attention.logit_scale.clone().map(|_| scale);
    }
    for (i, block) in model.blocks.iter_mut().enumerate() {
        let of_branches = [
            Some(&mut block.attention.branch_factor),
            block.feed_forward.as_mut().map(|branch| &mut branch.branch_factor),
            block.experts.as_mut().map(|branch| &mut branch.branch_factor),
        ];
        for (branch, factor) in of_branches.into_iter().flatten().flatten().enumerate() {
            let by = around_one(1, 40 + (2 * i + branch) as u64);
            *factor = factor.clone().map(|_| by);
        }
    }
    for multiplier in model.readout.iter_mut().map(|readout| &mut readout.multiplier) {
        *multiplier = multiplier.clone().map(|_| around_one(config.d_model, 30));
    }
    for multiplier in model.tied_readout.iter_mut().map(|readout| &mut readout.multiplier) {
        *multiplier = multiplier.clone().map(|_| around_one(config.d_model, 31));
    }
    model
}

fn configs() -> impl Iterator<Item = GptConfig> {
    let positions = [Positions::Relative, Positions::Absolute, Positions::None].into_iter();
    let base = GptConfig::new(13, 8, 2, 8, 3, 4, 12);
    let today = decoders(&GptConfig::new(13, 8, 2, 8, 2, 4, 12)).into_iter();
    let today = today.flat_map(|config| [false, true].map(|factors| config.clone().with_branch_factors(factors)));
    let gpts = positions.flat_map(move |positions| {
        let config = base.clone().with_positions(positions);
        [(false, false), (false, true), (true, false), (true, true)]
            .map(|(tied, factors)| config.clone().with_tied(tied).with_branch_factors(factors))
    });
    gpts.chain(today)
}

/// The record of a model goes into a plain one, every α of which is 1; its multipliers are asserted to be those of a
/// fresh plain model, so that nothing hides in them.
fn as_plain(folded: &Gpt, config: &GptConfig) -> Gpt {
    let fresh = config.clone().with_branch_factors(false).init(&device()).unwrap();
    let multiplier = |model: &Gpt| {
        let untied = model.readout.as_ref().map(|readout| readout.multiplier.val());
        let tied = model.tied_readout.as_ref().map(|readout| readout.multiplier.val());
        untied.or(tied).as_ref().map(values::<1>)
    };
    assert_eq!(multiplier(folded), multiplier(&fresh));
    for (a, b) in folded.blocks.iter().zip(&fresh.blocks) {
        assert_eq!(values(&a.attention.logit_scale.val()), values(&b.attention.logit_scale.val()));
    }
    fresh.load_record(folded.clone().into_record())
}

#[test]
fn a_folded_gpt_has_the_logits_of_the_one_with_multipliers() {
    for config in configs() {
        let model = model(&config);
        let logits = |model: &Gpt| model.forward(random_tokens([2, 8], 13, 6, &device()));
        let folded = model.folded().unwrap();
        assert!(distance(&logits(&model), &logits(&folded)) < ROUNDING, "{config}");
        assert!(distance(&logits(&model), &logits(&as_plain(&folded, &config))) < ROUNDING, "{config}");
    }
}

#[test]
fn folding_twice_changes_nothing_and_a_plain_gpt_is_its_own_fold() {
    for config in configs() {
        let plain = redraw(config.init(&device()).unwrap(), 5);
        for model in [model(&config).folded().unwrap(), plain] {
            let again = model.folded().unwrap();
            let key = |model: &Gpt| values(&model.blocks[1].attention.key.weight.val());
            // √d · (1/√d) rounds; everything else is exact.
            assert!(key(&model).iter().zip(key(&again)).all(|(a, b)| (a - b).abs() < ROUNDING), "{config}");
            assert_eq!(values(&model.token_embedding.weight.val()), values(&again.token_embedding.weight.val()));
        }
    }
}

#[test]
fn a_tied_gpt_without_embedding_cannot_be_folded() {
    let config = GptConfig::new(13, 8, 2, 8, 3, 4, 12).with_alpha_embedding(0.0);
    config.init(&device()).unwrap().folded().unwrap();
    let tied = config.with_tied(true).init(&device()).unwrap();
    assert_eq!(tied.folded().unwrap_err(), ModelError::CannotFold);
}

#[test]
fn a_tied_gpt_without_gains_and_scales_that_no_plan_gives_cannot_be_folded() {
    let config = GptConfig::new(13, 8, 2, 8, 3, 4, 12);
    let gainless = config.clone().with_norm(NormConfig::new().with_gain(false));
    gainless.init(&device()).unwrap().folded().unwrap();
    let tied = gainless.with_tied(true).init(&device()).unwrap();
    assert_eq!(tied.folded().unwrap_err(), ModelError::CannotFoldWithoutGain);
    let mut turned = config.with_positions(rotary()).init(&device()).unwrap();
    let scale = &mut turned.blocks[1].attention.logit_scale;
    *scale = scale.clone().map(|_| random([4], 1, &device()));
    assert_eq!(turned.folded().unwrap_err(), ModelError::CannotFoldRotary { coordinates: [0, 2] });
}

#[test]
fn the_multipliers_of_every_gpt_are_named() {
    for config in configs() {
        let paths = crate::common::paths(&config.init(&device()).unwrap());
        let named = |path: &&String| {
            let path = path.split(' ').next().unwrap();
            GptConfig::multipliers().iter().any(|pattern| pattern.matches(path))
        };
        let multipliers: Vec<&String> = paths.iter().filter(named).collect();
        assert_eq!(multipliers.len(), 1 + config.n_layer, "{multipliers:?}");
        let scales = |path: &&String| path.contains("logit_scale") || path.contains("multiplier");
        assert_eq!(paths.iter().filter(scales).count(), multipliers.len());
    }
}
