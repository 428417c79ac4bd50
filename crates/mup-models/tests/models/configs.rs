//! Configs: what is refused and with which words, and that they survive JSON.

use burn::tensor::Device;
use mup_models::{
    Balance, CausalAttentionConfig, ConvNetConfig, ExpertsConfig, FeedForwardConfig, GptConfig, MlpConfig, ModelError,
    NormConfig, Positions, RotaryPositions, RotaryScaling, Sizes, UntestedChange,
};

use crate::common::decoders;

fn gpt() -> GptConfig {
    GptConfig::new(13, 8, 2, 8, 3, 4, 12)
}

fn refused(config: &GptConfig) -> ModelError {
    config.init(&Device::flex()).err().unwrap_or_else(|| panic!("accepted: {config}"))
}

#[test]
fn a_size_of_zero_is_refused_by_the_name_of_its_field() {
    for (config, field) in [
        (GptConfig { vocab: 0, ..gpt() }, "vocab"),
        (GptConfig { context: 0, ..gpt() }, "context"),
        (GptConfig { n_layer: 0, ..gpt() }, "n_layer"),
        (GptConfig { d_model: 0, ..gpt() }, "d_model"),
        (GptConfig { n_head: 0, ..gpt() }, "n_head"),
        (GptConfig { d_head: 0, ..gpt() }, "d_head"),
        (GptConfig { d_ffn: 0, ..gpt() }, "d_ffn"),
    ] {
        assert_eq!(refused(&config).to_string(), format!("`GptConfig.{field}` is 0: set it to at least 1"));
    }
    let device = Device::flex();
    for config in [MlpConfig::new(0, vec![4], 2), MlpConfig::new(3, vec![4], 0)] {
        assert!(matches!(config.init(&device), Err(ModelError::Zero { .. })));
    }
    let error = MlpConfig::new(3, vec![4, 0], 2).init(&device).unwrap_err();
    assert_eq!(error, ModelError::Zero { field: "MlpConfig.widths[1]".to_owned() });
    let error = ConvNetConfig::new(3, [0, 4], 2).init(&device).unwrap_err();
    assert_eq!(error, ModelError::Zero { field: "ConvNetConfig.channels[0]".to_owned() });
}

#[test]
fn an_mlp_without_hidden_layers_is_refused_with_an_example() {
    let error = MlpConfig::new(3, vec![], 2).init(&Device::flex()).unwrap_err();
    assert!(error.to_string().contains("`MlpConfig.widths` is empty: give at least one hidden width"), "{error}");
}

#[test]
fn an_odd_width_is_refused_only_with_relative_positions() {
    let odd = GptConfig { d_model: 9, ..gpt() };
    let message = refused(&odd).to_string();
    assert!(message.contains("`GptConfig.d_model` is 9") && message.contains("such as 10"), "{message}");
    for positions in [Positions::Absolute, Positions::None] {
        assert!(odd.clone().with_positions(positions).init(&Device::flex()).is_ok());
    }
    assert!(CausalAttentionConfig::new(9, 3, 4).init(&Device::flex()).is_err());
}

#[test]
fn a_dropout_outside_zero_to_one_is_refused() {
    for value in [-0.1, 1.0, 2.0, f64::NAN, f64::INFINITY] {
        let message = refused(&gpt().with_dropout(value)).to_string();
        assert!(message.contains("`GptConfig.dropout` is"), "{message}");
    }
}

#[test]
fn a_multiplier_that_is_not_finite_is_refused_by_its_name() {
    for (config, field) in [
        (gpt().with_alpha_attention(f64::NAN), "alpha_attention"),
        (gpt().with_alpha_output(f64::INFINITY), "alpha_output"),
        (gpt().with_alpha_embedding(f64::NEG_INFINITY), "alpha_embedding"),
        (gpt().with_alpha_relative(f64::NAN), "alpha_relative"),
    ] {
        assert!(matches!(refused(&config), ModelError::NotFinite { field: named, .. } if named.ends_with(field)));
    }
}

#[test]
fn heads_of_keys_that_do_not_divide_those_of_queries_are_refused_with_both_numbers() {
    let message = refused(&gpt().with_n_kv_head(Some(2))).to_string();
    assert!(message.contains("`GptConfig.n_kv_head` is 2") && message.contains("3 heads of queries"), "{message}");
    assert_eq!(refused(&gpt().with_n_kv_head(Some(0))), ModelError::Zero { field: "GptConfig.n_kv_head".to_owned() });
    for divisor in [1, 3] {
        assert!(gpt().with_n_kv_head(Some(divisor)).init(&Device::flex()).is_ok());
    }
}

#[test]
fn a_window_without_a_position_is_refused() {
    assert_eq!(refused(&gpt().with_window(Some(0))), ModelError::Zero { field: "GptConfig.window".to_owned() });
}

#[test]
fn rotary_positions_need_heads_of_even_width_and_numbers_above_zero() {
    let rotary = |rotary| gpt().with_positions(Positions::Rotary(rotary));
    let odd = GptConfig { d_head: 5, ..rotary(RotaryPositions::new()) };
    let message = refused(&odd).to_string();
    assert!(message.contains("`GptConfig.d_head` is 5") && message.contains("such as 6"), "{message}");
    let yarn = RotaryScaling::Yarn { factor: 4.0, original_context: 4096, beta_fast: 1.0, beta_slow: 32.0 };
    let ntk = RotaryScaling::Ntk { factor: 4.0 };
    let llama3 = RotaryScaling::Llama3 { factor: 8.0, low: 4.0, high: 1.0, original_context: 8192 };
    for (config, field) in [
        (rotary(RotaryPositions::new().with_theta(0.0)), "positions.theta"),
        (rotary(RotaryPositions::new().with_theta(f64::NAN)), "positions.theta"),
        (
            rotary(RotaryPositions::new().with_scaling(RotaryScaling::Linear { factor: -2.0 })),
            "positions.scaling.factor",
        ),
        (rotary(RotaryPositions::new().with_scaling(llama3)), "positions.scaling.high less low"),
        (rotary(RotaryPositions::new().with_scaling(yarn)), "positions.scaling.beta_fast less beta_slow"),
        (GptConfig { d_head: 2, ..rotary(RotaryPositions::new().with_scaling(ntk)) }, "positions.d_head less 2"),
    ] {
        let message = refused(&config).to_string();
        assert!(message.contains(&format!("`GptConfig.{field}` is")) && message.contains("above 0"), "{message}");
    }
}

#[test]
fn norms_behind_branches_without_gains_are_refused() {
    let config = gpt().with_norm(NormConfig::new().with_gain(false));
    assert!(config.init(&Device::flex()).is_ok());
    let message = refused(&config.with_sandwich(true)).to_string();
    assert!(message.contains("`GptConfig.sandwich`") && message.contains("give norms a gain"), "{message}");
}

#[test]
fn experts_that_are_no_mixture_are_refused_by_the_name_of_their_field() {
    let with = |experts| gpt().with_experts(Some(experts));
    for (experts, field) in [
        (ExpertsConfig::new(0, 1), "n_expert"),
        (ExpertsConfig::new(4, 0), "n_chosen"),
        (ExpertsConfig::new(4, 2).with_d_expert(Some(0)), "d_expert"),
        (ExpertsConfig::new(4, 2).with_d_shared(Some(0)), "d_shared"),
    ] {
        assert_eq!(refused(&with(experts)), ModelError::Zero { field: format!("GptConfig.experts.{field}") });
    }
    let message = refused(&with(ExpertsConfig::new(4, 5))).to_string();
    assert!(message.contains("`GptConfig.experts.n_chosen` is 5, but there are 4 experts"), "{message}");
    let unbounded = ExpertsConfig::new(4, 2).with_balance(Balance::Loss { coefficient: f64::NAN });
    assert!(matches!(refused(&with(unbounded)), ModelError::Negative { .. }));
    let rewarded = ExpertsConfig::new(4, 2).with_balance(Balance::Loss { coefficient: -0.01 });
    assert!(matches!(refused(&with(rewarded)), ModelError::Negative { .. }));
    let message = refused(&with(ExpertsConfig::new(4, 1))).to_string();
    assert!(
        message.contains("`GptConfig.experts.normalized`") && message.contains("with_normalized(false)"),
        "{message}"
    );
    assert!(with(ExpertsConfig::new(4, 1).with_normalized(false)).init(&Device::flex()).is_ok());
    let message = refused(&with(ExpertsConfig::new(4, 2)).with_sandwich(true)).to_string();
    assert!(message.contains("`GptConfig.sandwich`") && message.contains("leave out one of the two"), "{message}");
}

#[test]
fn what_has_no_rule_between_base_and_target_is_named() {
    let with = |config: GptConfig, experts| config.with_experts(Some(experts));
    let base = || with(GptConfig::new(13, 8, 2, 8, 4, 4, 12).with_n_kv_head(Some(2)), ExpertsConfig::new(4, 2));
    let wide = with(GptConfig::new(13, 8, 2, 16, 8, 4, 24).with_n_kv_head(Some(4)), ExpertsConfig::new(4, 2));
    assert_eq!(wide.untested_changes(&base()), []);
    for (changed, expected) in [
        (base().with_n_kv_head(Some(1)), UntestedChange::QueriesForEachKey { base: 2, target: 4 }),
        (with(base(), ExpertsConfig::new(8, 2)), UntestedChange::Experts { base: 4, target: 8 }),
        (with(base(), ExpertsConfig::new(4, 1)), UntestedChange::ChosenExperts { base: 2, target: 1 }),
        (GptConfig { d_ffn: 24, ..base() }, UntestedChange::Granularity { base: [12, 8], target: [24, 8] }),
        (
            with(base(), ExpertsConfig::new(4, 2).with_d_shared(Some(4))),
            UntestedChange::SharedExperts { base: [0, 8], target: [4, 8] },
        ),
    ] {
        assert_eq!(changed.untested_changes(&base()), [expected]);
    }
    let llama = |d_head| {
        let (n_head, n_kv_head) = (4, 2);
        GptConfig::llama(Sizes { vocab: 13, context: 8, n_layer: 2, d_model: 16, n_head, n_kv_head, d_head, d_ffn: 12 })
    };
    assert_eq!(llama(8).untested_changes(&llama(4)), [UntestedChange::RotaryHeads { base: 4, target: 8 }]);
    assert_eq!(GptConfig { d_head: 8, ..base() }.untested_changes(&base()), [], "the logits' factor follows it");
    let shared = |d_shared, config| with(config, ExpertsConfig::new(4, 2).with_d_shared(Some(d_shared)));
    assert_eq!(shared(8, wide.clone()).untested_changes(&shared(4, base())), []);
    let message = shared(4, wide).untested_changes(&shared(4, base()))[0].to_string();
    assert!(message.contains("4 wide in a model of 8 in the base, 4 in one of 16"), "{message}");
}

#[test]
fn a_feed_forward_branch_that_is_none_is_refused_by_the_name_of_its_field() {
    let device = Device::flex();
    for (config, field) in [(FeedForwardConfig::new(0, 4), "d_model"), (FeedForwardConfig::new(4, 0), "d_ffn")] {
        let zero = ModelError::Zero { field: format!("FeedForwardConfig.{field}") };
        assert_eq!(config.init(&device).unwrap_err(), zero);
        assert_eq!(ExpertsConfig::new(4, 2).init(&config, &device).unwrap_err(), zero);
    }
    let branch = |norm| FeedForwardConfig::new(4, 8).with_norm(norm).with_output_norm(true).init(&device);
    let message = branch(NormConfig::new().with_epsilon(0.0)).unwrap_err().to_string();
    assert!(message.contains("`FeedForwardConfig.norm.epsilon` is 0"), "{message}");
    let message = branch(NormConfig::new().with_gain(false)).unwrap_err().to_string();
    assert!(message.contains("`FeedForwardConfig.output_norm`") && message.contains("give norms a gain"), "{message}");
    assert!(branch(NormConfig::new()).is_ok());
}

#[test]
fn a_z_loss_that_rewards_large_logits_is_refused() {
    let message = refused(&gpt().with_z_loss(-1e-2)).to_string();
    assert!(message.contains("`GptConfig.z_loss` is -0.01") && message.contains("at least 0"), "{message}");
}

#[test]
fn caps_and_epsilons_are_above_zero() {
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(refused(&gpt().with_soft_cap(Some(value))).to_string().contains("`GptConfig.soft_cap` is"));
        let norm = NormConfig::new().with_epsilon(value);
        assert!(refused(&gpt().with_norm(norm)).to_string().contains("`GptConfig.norm.epsilon` is"));
    }
}

#[test]
fn configs_of_every_decoder_survive_json() {
    for config in decoders(&GptConfig::new(13, 8, 2, 8, 2, 4, 12)) {
        assert_eq!(serde_json::from_str::<GptConfig>(&config.to_string()).unwrap(), config);
        assert_eq!(config.init(&Device::flex()).unwrap().config(), config);
    }
}

#[test]
fn configs_survive_json() {
    let config = gpt().with_positions(Positions::Absolute).with_tied(true).with_alpha_output(1.0 / 3.0);
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<GptConfig>(&json).unwrap(), config);
    assert!(json.contains("\"positions\":\"Absolute\""), "{json}");
    let mlp = MlpConfig::new(3, vec![4, 8], 2);
    assert_eq!(serde_json::from_str::<MlpConfig>(&mlp.to_string()).unwrap(), mlp);
}

#[test]
fn the_configs_of_the_python_twins_are_configs_of_these_models() {
    let path = "../../golden/data/gpt_relative_tied.json";
    let golden: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    // The golden files are older than most fields.
    let mut config = serde_json::to_value(gpt()).unwrap();
    config.as_object_mut().unwrap().extend(golden["widths"][1]["config"].as_object().unwrap().clone());
    let config: GptConfig = serde_json::from_value(config).unwrap();
    assert!(config.tied && config.positions == Positions::Relative);
    assert!(config.init(&Device::flex()).is_ok());
}
