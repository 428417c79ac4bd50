//! What has no word on the other side is refused by name, with what to do.

use burn::tensor::Device;
use mup_hugging_face::{Architecture, Export, HuggingFaceError, import, read_config};
use mup_models::{Balance, ExpertsConfig, GptConfig, Hidden, Positions};
use serde_json::{Value, json};

use crate::models::{configs, model};
use crate::{checkpoint, with_config};

fn config_of(name: &str) -> GptConfig {
    configs().into_iter().find(|(_, found, _)| *found == name).unwrap().2
}

/// The error of an export, which writes nothing, and is the same before there is a model.
fn unsaid(config: &GptConfig) -> String {
    let folder = tempfile::tempdir().unwrap();
    let error = Export::new().write(&model(config), folder.path()).unwrap_err();
    assert_eq!(Export::new().check(config, folder.path()).unwrap_err().to_string(), error.to_string());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{error}");
    error.to_string()
}

#[test]
fn what_no_class_computes_is_refused_by_field() {
    let experts = || ExpertsConfig::new(3, 2);
    let (llama, gpt, mixtral) = (config_of("llama"), config_of("gpt2"), config_of("mixtral"));
    let cases: [(GptConfig, &str, &str); 13] = [
        (gpt.clone().with_positions(Positions::Relative), "GptConfig.positions", "relative attention"),
        (llama.clone().with_positions(Positions::None), "GptConfig.positions", "rotary"),
        (llama.clone().with_soft_cap(Some(30.0)), "GptConfig.soft_cap", "z-loss"),
        (llama.clone().with_sandwich(true), "GptConfig.sandwich", "one norm"),
        (llama.clone().with_parallel(true), "GptConfig.parallel", "one norm"),
        (llama.clone().with_hidden(Hidden::Gelu), "GptConfig.hidden", "llama"),
        (gpt.clone().with_window(Some(3)), "GptConfig.window", "MistralForCausalLM"),
        (gpt.clone().with_n_kv_head(Some(2)), "GptConfig.n_kv_head", "gpt_3"),
        (config_of("qwen3").with_bias(true), "GptConfig.qk_norm", "qwen3"),
        (mixtral.clone().with_experts(Some(experts().with_d_shared(Some(8)))), "GptConfig.experts", "shared experts"),
        (mixtral.clone().with_experts(Some(experts().with_balance(Balance::Bias))), "GptConfig.experts", "bias"),
        (mixtral.clone().with_experts(Some(experts().with_normalized(false))), "GptConfig.experts", "sum to 1"),
        (GptConfig { d_head: 6, ..gpt }, "GptConfig.d_head", "gpt_3"),
    ];
    for (config, field, remedy) in cases {
        let error = unsaid(&config);
        assert!(error.contains(field) && error.contains(remedy), "{error}");
        assert_eq!(error.lines().count(), 2, "{error}");
    }
}

#[test]
fn a_file_in_the_place_of_the_folder_is_named_before_there_is_a_model_and_it_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("llama");
    std::fs::write(&path, "mine").unwrap();
    let config = config_of("llama");
    let error = Export::new().check(&config, &path).unwrap_err().to_string();
    assert!(error.contains("cannot create") && error.contains("llama") && error.contains("give a folder"), "{error}");
    assert_eq!(Export::new().write(&model(&config), &path).unwrap_err().to_string(), error);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(Export::new().check(&config, folder.path().join("new")).unwrap(), Architecture::Llama);
}

#[test]
fn tokens_that_the_model_does_not_have_are_refused() {
    let llama = model(&config_of("llama"));
    let folder = tempfile::tempdir().unwrap();
    let error = |export: Export| export.write(&llama, folder.path()).unwrap_err().to_string();
    assert!(error(Export::new().with_end(19)).contains("token 19"));
    let tokenizer = |json: Value| error(Export::new().with_tokenizer(json.to_string()));
    assert!(
        tokenizer(json!({ "model": { "vocab": { "a": 0, "b": 19 } } })).contains("a token 19, and the model has 19")
    );
    let added = json!({ "model": { "vocab": { "a": 0 } }, "added_tokens": [{ "id": 20 }] });
    assert!(tokenizer(added).contains("a token 20"));
    assert!(tokenizer(json!({})).contains("no model with a `vocab`"));
    let error = error(Export::new().with_tokenizer("{"));
    assert!(error.contains("tokenizer.json") && error.contains("EOF") && error.contains("of this model"), "{error}");
}

/// The error of an import of a changed config.
fn refused(name: &str, field: &str, value: Value) -> String {
    let folder = with_config(name, |config| config[field] = value.clone());
    let error = import(folder.path(), &Device::flex()).unwrap_err();
    assert!(!matches!(error, HuggingFaceError::Model(_)), "{error}");
    error.to_string()
}

#[test]
fn fields_that_change_logits_and_have_no_word_here_are_refused_by_name() {
    for (name, field, value, reason) in [
        ("llama", "hidden_act", json!("relu"), "silu, gelu"),
        ("llama", "hidden_act", json!("gelu_pytorch_tanh"), "approximations of gelu"),
        ("gpt2", "activation_function", json!("gelu_new"), "approximations of gelu"),
        ("llama", "attention_bias", json!(true), "biases in both branches or in none"),
        ("qwen3", "attention_bias", json!(true), "biases in both branches or in none"),
        ("qwen3", "use_sliding_window", json!(true), "one window for all blocks"),
        ("qwen3", "layer_types", json!(["full_attention", "sliding_attention"]), "one window for all blocks"),
        ("llama", "sliding_window", json!(4), "this class has no window"),
        ("gpt2", "scale_attn_by_inverse_layer_idx", json!(true), "one scale"),
        ("gpt2", "scale_attn_weights", json!(false), "root"),
        ("gpt2", "add_cross_attention", json!(true), "no encoder"),
        ("gpt2", "is_encoder_decoder", json!(true), "only decoders"),
        ("llama", "quantization_config", json!({ "bits": 4 }), "without quantization"),
        ("llama", "embedding_multiplier", json!(12.0), "GraniteForCausalLM"),
        ("llama", "scale_emb", json!(12), "MiniCPMForCausalLM"),
        ("gpt2", "mup_width_scale", json!(0.25), "Cerebras"),
        ("gpt2", "scale_qk_dot_by_d", json!(true), "Cerebras"),
        ("llama", "partial_rotary_factor", json!(0.5), "no field of LlamaForCausalLM"),
        ("llama", "attn_logit_softcapping", json!(50.0), "no field of LlamaForCausalLM"),
        ("llama", "rope_parameters", json!({ "rope_type": "longrope" }), "default, linear, yarn and llama3"),
        ("llama", "rope_parameters", json!({ "rope_type": "dynamic", "factor": 2.0 }), "rope_parameters.rope_type"),
        ("llama", "rope_parameters", json!({ "rope_type": "yarn", "factor": 2.0, "mscale": 0.7 }), "mscale"),
        ("llama", "rope_parameters", json!({ "rope_type": "yarn", "factor": 2.0, "attention_factor": 1.0 }), "1.06"),
        ("llama", "rope_parameters", json!({ "rope_type": "yarn", "factor": 2.0, "truncate": false }), "truncate"),
        ("llama", "rope_parameters", json!({ "rope_type": "linear" }), "rope_parameters.factor"),
        (
            "llama",
            "rope_parameters",
            json!({ "rope_type": "default", "partial_rotary_factor": 0.5 }),
            "partial_rotary_factor",
        ),
        ("llama", "rope_parameters", json!([1]), "an object"),
        ("llama", "rope_scaling", json!("dynamic"), "an object"),
        ("llama", "rope_scaling", json!({ "rope_type": "dynamic", "factor": 2.0 }), "rope_scaling.rope_type"),
        ("llama", "vocab_size", json!(null), "needs it"),
        ("llama", "hidden_size", json!("16"), "whole number"),
        ("llama", "hidden_size", json!(-16), "whole number"),
        ("llama", "rms_norm_eps", json!("small"), "a number"),
        ("llama", "tie_word_embeddings", json!(1), "true or false"),
        ("llama", "num_attention_heads", json!(3), "divides the width, 16"),
    ] {
        let error = refused(name, field, value);
        assert!(error.contains("config.json") && error.contains(field) && error.contains(reason), "{field}: {error}");
    }
}

#[test]
fn a_scaling_without_parameters_beside_it_is_refused_under_its_own_name() {
    let folder = with_config("llama", |config| {
        config["rope_scaling"] = json!("linear");
        config.as_object_mut().unwrap().remove("rope_parameters");
    });
    let error = import(folder.path(), &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("`rope_scaling` is \"linear\": an object"), "{error}");
}

#[test]
fn a_config_that_describes_no_model_is_refused_with_its_file_by_both_readers() {
    for (name, field, value, problem) in [
        ("mixtral", "num_experts_per_tok", json!(4), "`GptConfig.experts.n_chosen` is 4, but there are 3 experts"),
        ("llama", "hidden_size", json!(0), "`GptConfig.d_model` is 0"),
        ("llama", "num_key_value_heads", json!(3), "`GptConfig.n_kv_head` is 3, which does not divide the 4 heads"),
        ("llama", "rms_norm_eps", json!(-1), "`GptConfig.norm.epsilon` is -1"),
    ] {
        let folder = with_config(name, |config| config[field] = value.clone());
        for error in [read_config(folder.path()).unwrap_err(), import(folder.path(), &Device::flex()).unwrap_err()] {
            assert!(matches!(error, HuggingFaceError::Config { .. }), "{error}");
            let error = error.to_string();
            assert!(error.contains("config.json: ") && error.contains(problem), "{field}: {error}");
        }
    }
}

#[test]
fn fields_that_change_no_logit_are_passed_over() {
    for (name, is_decoder) in [("llama", false), ("gpt2", true)] {
        let folder = with_config(name, |config| {
            let fields = config.as_object_mut().unwrap();
            let idle = json!({ "attention_dropout": 0.1, "pretraining_tp": 2, "_name_or_path": "x", "use_cache": false,
                               "some_feature": null, "is_decoder": is_decoder, "eos_token_id": [1, 2] });
            fields.extend(idle.as_object().unwrap().clone());
        });
        let tokens = [vec![1, 2, 3]];
        let [ours, theirs] = [folder.path(), &checkpoint(name)]
            .map(|folder| crate::logits(&import(folder, &Device::flex()).unwrap(), &tokens));
        assert_eq!(ours, theirs, "{name}");
    }
}

#[test]
fn classes_that_are_not_known_are_named() {
    for (field, value, name) in [
        ("architectures", json!(["Gemma3ForCausalLM"]), "Gemma3ForCausalLM"),
        ("architectures", json!(["LlamaForSequenceClassification"]), "LlamaForSequenceClassification"),
        ("model_type", json!("minicpm3"), "minicpm3"),
    ] {
        let error = refused("llama", field, value);
        assert!(error.contains(name) && error.contains("MixtralForCausalLM"), "{error}");
    }
    let folder = with_config("llama", |config| *config = json!({}));
    assert!(matches!(import(folder.path(), &Device::flex()), Err(HuggingFaceError::UnknownClass { .. })));
}

#[test]
fn what_is_no_folder_of_a_model_is_named() {
    let empty = tempfile::tempdir().unwrap();
    let error = import(empty.path(), &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("cannot read") && error.contains("config.json"), "{error}");
    std::fs::copy(checkpoint("llama/config.json"), empty.path().join("config.json")).unwrap();
    let error = import(empty.path(), &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("no model.safetensors") && error.contains("safe_serialization=True"), "{error}");
}
