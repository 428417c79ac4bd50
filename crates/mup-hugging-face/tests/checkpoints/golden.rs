//! What transformers saved computes here what it computes there.

use burn::tensor::Device;
use mup_hugging_face::{Export, import, read_config, residual_multiplier};
use mup_init::{InitSpec, initialize};
use mup_models::{Gpt, GptConfig, Hidden, Positions, RotaryPositions, RotaryScaling, shape_reader};
use mup_rules::{OptimizerId, Parametrization, ScalingPlan};
use serde_json::{Value, json};

use crate::{checkpoint, distance, greedy, largest, logits, with_config};

const NAMES: [&str; 7] = ["llama", "llama_biased", "mistral", "qwen3", "mixtral", "gpt2", "granite"];

/// Both sides compute in f32, a hundred roundings of 6e-8 on the way to logits of up to ten.
const SINGLE: f64 = 1e-5;

fn golden(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(checkpoint(&format!("{name}.json"))).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|token| token.as_u64().unwrap() as usize).collect()
}

fn assert_equal(name: &str, model: &Gpt) {
    let golden = golden(name);
    let tokens: Vec<Vec<usize>> = golden["tokens"].as_array().unwrap().iter().map(numbers).collect();
    let expected: Vec<f64> = golden["logits"].as_array().unwrap().iter().map(|logit| logit.as_f64().unwrap()).collect();
    let (error, size) = (distance(&logits(model, &tokens), &expected), largest(&expected));
    assert!(size > 1.0 && error < SINGLE * size.max(1.0), "{name}: logits up to {size} differ by {error:e}");
    let (prompt, text) = (golden["prompt"].as_u64().unwrap() as usize, numbers(&golden["greedy"]));
    assert_eq!(greedy(model, &tokens[0][..prompt], text.len()), text, "{name}");
}

#[test]
fn what_transformers_saved_has_its_logits_and_its_greedy_text() {
    for name in NAMES {
        assert_equal(name, &import(checkpoint(name), &Device::flex()).unwrap());
    }
}

#[test]
fn what_was_imported_is_exported_again_with_others_multipliers_in_its_weights() {
    for name in NAMES {
        let folder = tempfile::tempdir().unwrap();
        let class = Export::new().write(&import(checkpoint(name), &Device::flex()).unwrap(), folder.path()).unwrap();
        let saved = golden(name)["class"].as_str().unwrap().replace("Granite", "Llama");
        assert_eq!(class.to_string(), saved, "{name}");
        assert_equal(name, &import(folder.path(), &Device::flex()).unwrap());
    }
}

#[test]
fn an_imported_model_says_what_it_is() {
    let config = |name: &str| {
        let config = read_config(checkpoint(name)).unwrap();
        assert_eq!(import(checkpoint(name), &Device::flex()).unwrap().config(), config);
        config
    };
    let llama = config("llama");
    let llama3 = RotaryScaling::Llama3 { factor: 4.0, low: 1.0, high: 4.0, original_context: 8 };
    let rotary = RotaryPositions::new().with_theta(100.0).with_scaling(llama3);
    assert_eq!(llama.positions, Positions::Rotary(rotary));
    assert_eq!((llama.n_head, llama.kv_heads(), llama.d_head, llama.tied, llama.bias), (4, 2, 4, false, false));
    let biased = config("llama_biased");
    assert!(biased.bias && biased.hidden == Hidden::GeGlu);
    assert_eq!(config("mistral").window, Some(5));
    assert!(config("qwen3").qk_norm && config("qwen3").tied);
    assert_eq!(config("mixtral").experts.map(|experts| (experts.n_expert, experts.n_chosen)), Some((3, 2)));
    assert!(config("gpt2").positions == Positions::Absolute && config("gpt2").tied);
    let granite = config("granite");
    // Attention times 0.9, where we divide by the root of 4.
    assert_eq!((granite.alpha_embedding, granite.alpha_output, granite.alpha_attention), (3.0, 2.0, 1.8));
    assert!(granite.branch_factors);
}

fn wider(base: &GptConfig, factor: usize) -> Gpt {
    let (d_model, d_ffn, n_head) = (factor * base.d_model, factor * base.d_ffn, factor * base.n_head);
    let config = base.clone().with_n_kv_head(Some(factor * base.kv_heads()));
    GptConfig { d_model, d_ffn, n_head, ..config }.init(&Device::flex()).unwrap()
}

#[test]
fn an_imported_model_is_the_base_of_the_plan_of_a_wider_one() {
    let device = Device::flex();
    for name in NAMES {
        let tuned = import(checkpoint(name), &device).unwrap();
        let base = tuned.config();
        let wider = |factor: usize| wider(&base, factor);
        let shapes = shape_reader().infer(&tuned, &wider(2), &wider(4)).unwrap();
        let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
        let rate = |path: &str| plan.row(path).unwrap().learning_rate.value;
        let of_base = (rate("token_embedding.weight"), rate("blocks.0.attention.query.weight"));
        assert_eq!(of_base, (1.0, 0.25), "{name}");
        // Of its own size nothing changes.
        let shapes = shape_reader().infer(&tuned, &wider(2), &tuned).unwrap();
        let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
        let rate = |path: &str| plan.row(path).unwrap().learning_rate.value;
        assert_eq!(rate("blocks.0.attention.query.weight").to_bits(), 1.0_f64.to_bits(), "{name}");
    }
}

#[test]
fn a_residual_multiplier_is_not_in_the_targets_of_a_plan_and_is_said() {
    let tuned = import(checkpoint("granite"), &Device::flex()).unwrap();
    let base = tuned.config();
    let shapes = shape_reader().infer(&tuned, &wider(&base, 2), &wider(&base, 4)).unwrap();
    let plan = ScalingPlan::new(&shapes, Parametrization::mup(), OptimizerId::ADAMW).unwrap();
    let target = initialize(wider(&base, 4), &plan, &InitSpec::new(), 1).unwrap();
    let factor = |model: &Gpt| {
        let factor = model.blocks[1].attention.branch_factor.as_ref().unwrap();
        factor.val().into_data().iter::<f32>().collect::<Vec<_>>()
    };
    assert_eq!((factor(&tuned), factor(&target)), (vec![0.6], vec![1.0]));
    let said = |name: &str| residual_multiplier(checkpoint(name)).unwrap().to_bits();
    assert_eq!((said("granite"), said("llama")), (0.6_f64.to_bits(), 1.0_f64.to_bits()));
}

#[test]
fn a_file_of_the_class_without_a_readout_is_read_too() {
    let folder = with_config("gpt2", |_| ());
    let path = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let bare = file.tensors().into_iter().map(|(name, view)| (name.replace("transformer.", ""), view));
    // And with a buffer, as files of older versions have it.
    let mask = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1], &[0; 4]).unwrap();
    let bytes = safetensors::serialize(bare.chain([("h.0.attn.bias".to_owned(), mask)]), None).unwrap();
    std::fs::write(&path, bytes).unwrap();
    assert_equal("gpt2", &import(folder.path(), &Device::flex()).unwrap());
}

#[test]
fn a_tied_file_that_has_its_readout_too_is_read_if_it_is_the_embedding() {
    let folder = with_config("qwen3", |_| ());
    let path = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let with_head = |of: &str| {
        let tensors: Vec<_> = file.tensors().into_iter().collect();
        let head = ("lm_head.weight".to_owned(), file.tensor(of).unwrap());
        std::fs::write(&path, safetensors::serialize(tensors.into_iter().chain([head]), None).unwrap()).unwrap();
        import(folder.path(), &Device::flex())
    };
    assert_equal("qwen3", &with_head("model.embed_tokens.weight").unwrap());
    let error = with_head("model.norm.weight").unwrap_err().to_string();
    assert!(error.contains("`lm_head.weight`") && error.contains("tie_word_embeddings"), "{error}");
}

#[test]
fn configs_of_versions_before_five_say_the_same() {
    let old = with_config("llama", |config| {
        let fields = config.as_object_mut().unwrap();
        let mut scaling = fields.remove("rope_parameters").unwrap();
        let theta = scaling.as_object_mut().unwrap().remove("rope_theta").unwrap();
        fields.extend([("rope_theta".to_owned(), theta), ("rope_scaling".to_owned(), scaling)]);
        fields.retain(|name, _| {
            !["head_dim", "attention_bias", "mlp_bias", "dtype", "tie_word_embeddings"].contains(&name.as_str())
        });
        fields.insert("torch_dtype".to_owned(), json!("bfloat16"));
    });
    assert_equal("llama", &import(old.path(), &Device::flex()).unwrap());
}

#[test]
fn heads_of_keys_that_are_not_said_are_those_of_the_class() {
    let heads = |name: &str, said: Option<Value>| {
        let folder = with_config(name, |config| {
            // Enough for every class.
            config["num_attention_heads"] = json!(64);
            config["hidden_size"] = json!(128);
            let fields = config.as_object_mut().unwrap();
            fields.remove("num_key_value_heads");
            fields.extend(said.iter().map(|heads| ("num_key_value_heads".to_owned(), heads.clone())));
        });
        read_config(folder.path()).unwrap().kv_heads()
    };
    // `num_key_value_heads` of the configurations of transformers 5.24.
    for (name, of_class) in [("llama", 64), ("granite", 64), ("mistral", 8), ("mixtral", 8), ("qwen3", 32)] {
        assert_eq!(heads(name, None), of_class, "{name}");
        assert_eq!(heads(name, Some(json!(null))), 64, "{name}");
    }
}

#[test]
fn an_older_scaling_that_is_empty_or_null_leaves_the_parameters_in_force() {
    for older in [json!({}), json!(null)] {
        let folder = with_config("llama", |config| config["rope_scaling"] = older.clone());
        assert_equal("llama", &import(folder.path(), &Device::flex()).unwrap());
    }
}

#[test]
fn mini_cpms_multipliers_are_granites_in_another_form() {
    // scale_emb; logits over width / base; branches times scale / √layers; attention over the root of a head's width, 4, where
    // Granite's of this file is 0.9.
    let folder = with_config("granite", |config| {
        let fields = config.as_object_mut().unwrap();
        fields.retain(|name, _| !name.ends_with("_multiplier") && name != "logits_scaling");
        // Not said, the embedding is the readout.
        fields.retain(|name, _| !["tie_word_embeddings", "mlp_bias"].contains(&name.as_str()));
        fields.extend([
            ("architectures".to_owned(), json!(["MiniCPMForCausalLM"])),
            ("model_type".to_owned(), json!("minicpm")),
            ("auto_map".to_owned(), json!({ "AutoConfig": "configuration_minicpm.MiniCPMConfig" })),
            ("scale_emb".to_owned(), json!(3)),
            ("dim_model_base".to_owned(), json!(32)),
            ("scale_depth".to_owned(), json!(0.6 * 2.0_f64.sqrt())),
        ]);
    });
    let granite = with_config("granite", |config| config["attention_multiplier"] = json!(0.5));
    let tokens = [vec![1, 5, 3, 18, 0, 7]];
    let [ours, theirs] =
        [folder, granite].map(|folder| logits(&import(folder.path(), &Device::flex()).unwrap(), &tokens));
    // scale / √layers rounds.
    assert!(distance(&ours, &theirs) < SINGLE * largest(&theirs), "{}", distance(&ours, &theirs));
}
