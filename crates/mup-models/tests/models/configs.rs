//! Configs: what is refused and with which words, and that they survive JSON.

use burn::tensor::Device;
use mup_models::{CausalAttentionConfig, ConvNetConfig, GptConfig, MlpConfig, ModelError, Positions};

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
    // The golden files are older than the field.
    let mut config = golden["widths"][1]["config"].clone();
    config["branch_factors"] = false.into();
    let config: GptConfig = serde_json::from_value(config).unwrap();
    assert!(config.tied && config.positions == Positions::Relative);
    assert!(config.init(&Device::flex()).is_ok());
}
