//! Trials that cannot be one model, and optimizers that cannot be theirs.

use mup_models::{ExpertsConfig, Gpt, GptConfig, GptStack, Hidden, ModelError, NormConfig, Positions};
use mup_optim::{MupAdamWConfig, MupMuonConfig, MupStack, OptimError, clip_each_by_global_norm};
use mup_rules::{OptimizerId, ShapeFactor};

use crate::trials::{adamw, batches, device, gpt, plan, sgd, shape};

fn model(config: GptConfig) -> Gpt {
    config.init(&device()).unwrap()
}

#[test]
fn trials_of_different_shapes_are_told_apart_by_field_and_trial() {
    let cases: [(&str, GptConfig); 20] = [
        ("vocab", GptConfig { vocab: 14, ..shape(16) }),
        ("context", GptConfig { context: 9, ..shape(16) }),
        ("n_layer", GptConfig { n_layer: 1, ..shape(16) }),
        ("d_model", GptConfig { d_model: 18, ..shape(16) }),
        ("n_head", GptConfig { n_head: 2, d_head: 8, ..shape(16) }),
        ("d_head", GptConfig { d_head: 8, ..shape(16) }),
        ("d_ffn", GptConfig { d_ffn: 49, ..shape(16) }),
        ("bias", shape(16).with_bias(false)),
        ("positions", shape(16).with_positions(Positions::None)),
        ("n_kv_head", shape(16).with_n_kv_head(Some(2))),
        ("window", shape(16).with_window(Some(4))),
        ("norm", shape(16).with_norm(NormConfig::new().with_epsilon(1e-6))),
        ("sandwich", shape(16).with_sandwich(true)),
        ("hidden", shape(16).with_hidden(Hidden::GeGlu)),
        ("experts", shape(16).with_experts(Some(ExpertsConfig::new(4, 2)))),
        ("parallel", shape(16).with_parallel(true)),
        ("soft_cap", shape(16).with_soft_cap(Some(30.0))),
        ("z_loss", shape(16).with_z_loss(1e-4)),
        ("tied", shape(16).with_tied(true)),
        ("dropout", shape(16).with_dropout(0.1)),
    ];
    for (name, other) in cases {
        let trials = [model(shape(16)), model(shape(16)), model(other)];
        let Err(ModelError::Shapes { trial, field, .. }) = GptStack::new(&trials) else { panic!("{name}: accepted") };
        assert_eq!((trial, field), (2, format!("GptConfig.{name}")));
    }
}

#[test]
fn a_difference_names_both_values_and_the_remedy() {
    let error = GptStack::new(&[model(shape(16)), model(GptConfig { d_ffn: 49, ..shape(16) })]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`GptConfig.d_ffn` is 49 in trial 1, but 48 in trial 0: trials of one stack differ in weights, seeds and \
         multipliers only; make one stack for each shape"
    );
}

#[test]
fn a_parameter_that_is_frozen_in_one_trial_is_named() {
    let mut other = model(shape(16));
    other.blocks[1].attention.query.weight = other.blocks[1].attention.query.weight.clone().set_require_grad(false);
    let error = GptStack::new(&[model(shape(16)), other]).unwrap_err();
    assert!(error.to_string().contains("`blocks.1.attention.query.weight`"), "{error}");
    assert!(error.to_string().contains("frozen"), "{error}");
}

#[test]
fn dropout_is_refused_with_what_to_do() {
    let dropped = || model(shape(16).with_dropout(0.1));
    let error = GptStack::new(&[dropped(), dropped()]).unwrap_err();
    assert_eq!(error, ModelError::StackedDropout { dropout: 0.1 });
    assert!(error.to_string().contains("set it to 0"), "{error}");
}

#[test]
fn no_trials_are_no_stack() {
    assert_eq!(GptStack::new(&[]).unwrap_err(), ModelError::NoTrials);
}

#[test]
fn configs_rates_and_thresholds_are_counted() {
    let plan = plan(shape, OptimizerId::ADAMW);
    let stack = GptStack::new(&[0, 1, 2].map(|k| gpt(shape(16), &plan, k))).unwrap();
    let two = MupStack::new(&plan, &stack).with(&[0, 1].map(adamw)).build().unwrap_err();
    assert_eq!(two.to_string(), "there are 2 configs of adamw for 3 trials: give one for each");
    let none: [MupAdamWConfig; 0] = [];
    assert_eq!(MupStack::new(&plan, &stack).with(&none).build().unwrap_err(), OptimError::NoTrials);
    let nothing = MupStack::new(&plan, &stack).build().unwrap_err().to_string();
    assert!(nothing.contains("by adamw, of which no config is given; add it by `with`"), "{nothing}");
    let alone = gpt(shape(16), &plan, 0);
    let unstacked = MupStack::new(&plan, &alone).with(&[0, 1, 2].map(adamw)).build().unwrap_err().to_string();
    assert!(
        unstacked.contains("`blocks.0.attention.query.weight` is [3, 16, 16] in the plan, but [16, 16]"),
        "{unstacked}"
    );

    let mut optimizer = MupStack::new(&plan, &stack).with(&[0, 1, 2].map(adamw)).build().unwrap();
    let gradients = || {
        let [tokens, targets] = batches(0);
        burn::optim::GradientsParams::from_grads(stack.loss(tokens, targets).sum().backward(), &stack)
    };
    let error = optimizer.step(&[1e-3; 2], stack.clone(), gradients()).unwrap_err();
    assert_eq!(error.to_string(), "there are 2 rates for 3 trials: give one for each");
    let error = clip_each_by_global_norm(&stack, gradients(), &[1.0; 4]).unwrap_err();
    assert_eq!(error.to_string(), "there are 4 thresholds for 3 trials: give one for each");
    let error = clip_each_by_global_norm(&stack, gradients(), &[1.0, f64::NAN, 1.0]).unwrap_err();
    assert!(error.to_string().contains("max_norms is NaN"), "{error}");
}

#[test]
fn a_hyperparameter_out_of_range_names_its_trial() {
    let adam = plan(shape, OptimizerId::ADAMW);
    let stack = GptStack::new(&[0, 1, 2].map(|k| gpt(shape(16), &adam, k))).unwrap();
    let bad = [adamw(0), adamw(1), MupAdamWConfig::new().with_beta_2(1.0)];
    let error = MupStack::new(&adam, &stack).with(&bad).build().unwrap_err();
    assert_eq!(error.to_string(), "trial 2: AdamW: beta_2 is 1, but must be at least 0 and less than 1");
    let trials = [0, 1, 2].map(sgd);
    let error = MupStack::new(&adam, &stack).with(&trials).build().unwrap_err().to_string();
    assert!(error.contains("by adamw, of which no config is given"), "{error}");
    let muon = [ShapeFactor::SqrtAspectAboveOne, ShapeFactor::MatchRmsAdam];
    let muon = muon.map(|factor| MupMuonConfig::new().with_shape_factor(factor));
    let error = MupStack::new(&adam, &stack).with(&muon).build().unwrap_err().to_string();
    assert_eq!(
        error,
        "trial 1 is trained by muon, match rms, and trial 0 by muon: trials of a stack have one plan; make two stacks"
    );
}
