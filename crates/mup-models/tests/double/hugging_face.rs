//! Decoders of today against Hugging Face's transformers: the same logits, and the same losses in ten steps of AdamW.

use burn::module::{Module, ModuleMapper, Param};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use mup_models::{Balance, ExpertsConfig, Gpt, GptConfig, Positions, RotaryPositions, Sizes};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::common::{distance, values};
use crate::device;
use crate::golden::{file, read, read_int};

/// transformers computes norms, softmax and angles in f32 whatever the model's type is: some ten operations in a row, each with
/// an error of 6e-8, on logits of up to 5.
const SINGLE: f64 = 5e-6;
/// Ten steps of AdamW divide gradients by their size, so that their relative error, not its size, counts; losses are up to 5.
const TRAINED: f64 = 1e-5;

/// Writes theirs by path, and leaves the constants that only we have.
struct Load<'a>(&'a SafeTensors<'a>, Vec<String>);

impl ModuleMapper for Load<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.1.join(".");
        if path.ends_with("logit_scale") || path.ends_with("multiplier") {
            return param;
        }
        let device = param.lazy_device();
        let value = read::<D>(self.0, &format!("init/{path}"), &device);
        assert_eq!(value.shape(), param.lazy_shape(), "{path}");
        Param::initialized(param.id, value.require_grad())
    }
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.1.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.1.pop();
    }
}

fn sizes(config: &Value) -> Sizes {
    let size = |name: &str| config[name].as_u64().unwrap() as usize;
    Sizes {
        vocab: size("vocab_size"),
        context: size("max_position_embeddings"),
        n_layer: size("num_hidden_layers"),
        d_model: size("hidden_size"),
        n_head: size("num_attention_heads"),
        n_kv_head: size("num_key_value_heads"),
        d_head: size("head_dim"),
        d_ffn: size("intermediate_size"),
    }
}

fn with_theta(config: GptConfig, theirs: &Value) -> GptConfig {
    let theta = theirs["rope_parameters"]["rope_theta"].as_f64().unwrap();
    config.with_positions(Positions::Rotary(RotaryPositions::new().with_theta(theta)))
}

fn assert_twin(name: &str, preset: impl Fn(Sizes) -> GptConfig) {
    let json: Value = serde_json::from_slice(&file(&format!("hugging_face/{name}.json"))).unwrap();
    let bytes = file(&format!("hugging_face/{name}.safetensors"));
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let (config, device) = (&json["config"], device().autodiff());
    let config = with_theta(preset(sizes(config)), config);
    let mut model: Gpt = config.init(&device).unwrap().map(&mut Load(&tensors, Vec::new()));
    let (tokens, targets) = (read_int::<2>(&tensors, "tokens", &device), read_int::<2>(&tensors, "targets", &device));
    let logits = read::<3>(&tensors, "logits", &Device::flex());
    let error = distance(&model.valid().forward(tokens.clone().inner()), &logits);
    assert!(error < SINGLE, "{name}: logits differ by {error:e}");

    let number = |name: &str| json["adamw"][name].as_f64().unwrap();
    let adamw = AdamWConfig::new().with_beta_1(number("beta_1") as f32).with_beta_2(number("beta_2") as f32);
    let adamw = adamw.with_epsilon(number("epsilon") as f32).with_weight_decay(number("weight_decay") as f32);
    let mut optimizer = adamw.init();
    for (step, expected) in json["losses"].as_array().unwrap().iter().enumerate() {
        let loss = model.loss(tokens.clone(), targets.clone());
        let error = (values(&loss)[0] - expected.as_f64().unwrap()).abs();
        assert!(error < TRAINED, "{name}: the loss after {step} steps differs by {error:e}");
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(number("learning_rate"), model, gradients);
    }
}

#[test]
fn a_llama_computes_and_trains_as_in_transformers() {
    assert_twin("llama", GptConfig::llama);
}

#[test]
fn a_qwen3_computes_and_trains_as_in_transformers() {
    assert_twin("qwen3", |sizes| GptConfig::qwen3(sizes).with_tied(true));
}

#[test]
fn a_mixtral_computes_and_trains_as_in_transformers() {
    let experts = ExpertsConfig::new(4, 2).with_balance(Balance::None);
    assert_twin("mixtral", |sizes| GptConfig::mixtral(sizes, 4, 2).with_experts(Some(experts.clone())));
}
