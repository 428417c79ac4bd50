//! What is exported and imported is the same function.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Device, FloatDType, Tensor};
use mup_hugging_face::{Export, import};
use mup_models::GptConfig;
use serde_json::Value;

use crate::models::{configs, model};
use crate::{distance, greedy, largest, logits, with_config};

const TOKENS: [usize; 12] = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 18, 0];

/// A hundred roundings in f32 of either side.
const ROUNDING: f64 = 1e-5;

#[test]
fn a_model_with_every_multiplier_comes_back_with_its_logits_and_without_one() {
    for (class, name, config) in configs() {
        let (model, folder) = (model(&config), tempfile::tempdir().unwrap());
        let written = Export::new().write(&model, folder.path()).unwrap();
        assert_eq!(written.to_string(), class, "{name}");
        let back = import(folder.path(), &Device::flex()).unwrap();
        let [ours, theirs] = [&model, &back].map(|model| logits(model, &[TOKENS.to_vec()]));
        let (error, size) = (distance(&ours, &theirs), largest(&ours));
        assert!(size > 0.5 && error < ROUNDING * size.max(1.0), "{name}: logits up to {size} differ by {error:e}");
        assert_eq!(greedy(&model, &TOKENS[..3], 8), greedy(&back, &TOKENS[..3], 8), "{name}");
        let GptConfig { alpha_output, alpha_embedding, alpha_attention, branch_factors, .. } = back.config();
        assert_eq!((alpha_output, alpha_embedding, alpha_attention, branch_factors), (1.0, 1.0, 1.0, false), "{name}");
        // Written again, it is the same files.
        let again = tempfile::tempdir().unwrap();
        Export::new().write(&back, again.path()).unwrap();
        let config = |folder: &tempfile::TempDir| -> Value {
            serde_json::from_slice(&std::fs::read(folder.path().join("config.json")).unwrap()).unwrap()
        };
        assert_eq!(config(&folder), config(&again), "{name}");
        assert_eq!(config(&folder)["transformers_version"], "5.24.0", "{name}");
    }
}

/// A checkpoint of another model with shards, and a tokenizer.
fn earlier() -> tempfile::TempDir {
    let folder = with_config("llama", |_| ());
    for name in ["tokenizer.json", "tokenizer_config.json"] {
        std::fs::write(folder.path().join(name), "{}").unwrap();
    }
    assert!(folder.path().join("model.safetensors.index.json").exists());
    folder
}

#[test]
fn an_export_over_another_checkpoint_leaves_nothing_that_says_something_else_of_its_weights() {
    let (_, _, config) = configs().pop().unwrap();
    let (model, folder) = (model(&config), earlier());
    Export::new().write(&model, folder.path()).unwrap();
    for name in ["tokenizer.json", "tokenizer_config.json", "model.safetensors.index.json"] {
        assert!(!folder.path().join(name).exists(), "{name}");
    }
    assert_eq!(import(folder.path(), &Device::flex()).unwrap().config().n_layer, config.n_layer);
}

#[test]
fn an_export_that_ends_before_its_weights_are_there_leaves_no_config_of_before() {
    let (_, _, config) = configs().pop().unwrap();
    let folder = earlier();
    // Nothing can be written in their place.
    let weights = folder.path().join("model.safetensors");
    std::fs::create_dir(&weights).unwrap();
    std::fs::write(weights.join("x"), "").unwrap();
    let error = Export::new().write(&model(&config), folder.path()).unwrap_err().to_string();
    assert!(error.contains("model.safetensors"), "{error}");
    assert!(!folder.path().join("config.json").exists());
}

struct Narrow;

impl ModuleMapper for Narrow {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|value| value.cast(FloatDType::BF16))
    }
}

#[test]
fn a_model_of_sixteen_bits_is_written_in_them_and_read_in_the_type_of_the_device() {
    let (_, _, config) = configs().swap_remove(0);
    let plain = model(&config).folded().unwrap();
    let folder = tempfile::tempdir().unwrap();
    Export::new().write(&plain.clone().map(&mut Narrow), folder.path()).unwrap();
    let json: Value = serde_json::from_slice(&std::fs::read(folder.path().join("config.json")).unwrap()).unwrap();
    assert_eq!(json["dtype"], "bfloat16");
    let back = import(folder.path(), &Device::flex()).unwrap();
    let weight = |model: &mup_models::Gpt| model.blocks[0].attention.value.weight.val();
    assert_eq!(weight(&back).dtype(), DType::F32);
    let expected = weight(&plain).cast(FloatDType::BF16).cast(FloatDType::F32);
    assert_eq!(weight(&back).into_data(), expected.into_data());
}

#[test]
fn an_imported_model_is_trained_where_its_device_has_gradients() {
    let model = import(crate::checkpoint("mixtral"), &Device::flex().autodiff()).unwrap();
    let tokens = Tensor::<2, burn::tensor::Int>::zeros([1, 4], &Device::flex().autodiff());
    let gradients = model.loss(tokens.clone(), tokens).backward();
    assert!(model.blocks[1].experts.as_ref().unwrap().up.val().grad(&gradients).is_some());
    assert!(model.blocks[1].attention.logit_scale.val().grad(&gradients).is_none());
}
