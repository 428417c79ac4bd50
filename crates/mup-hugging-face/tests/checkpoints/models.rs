//! Models of ours that some class computes, with every multiplier set to something.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use mup_models::{ExpertsConfig, Gpt, GptConfig, NormConfig, Positions, RotaryPositions, RotaryScaling, Sizes};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

struct Drawn {
    rng: ChaCha8Rng,
    name: Vec<String>,
}

impl ModuleMapper for Drawn {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let dims: [usize; D] = param.lazy_shape().dims();
        let name = self.name.last().unwrap().as_str();
        let multiplies = ["multiplier", "logit_scale", "branch_factor", "gamma"].contains(&name);
        let mut values: Vec<f32> = (0..dims.iter().product())
            .map(|_| self.rng.random::<f32>() - 0.5 + f32::from(u8::from(multiplies)))
            .collect();
        if name == "logit_scale" {
            // What turns into each other has one scale.
            let first = values[0];
            values.fill(first);
        }
        let device = param.lazy_device();
        param.map(|_| Tensor::from_data(TensorData::new(values, dims), &device))
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.name.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.name.pop();
    }
}

/// With every α, every weight and every multiplier drawn.
pub(crate) fn model(config: &GptConfig) -> Gpt {
    let config = config.clone().with_alpha_output(1.5).with_alpha_embedding(2.0).with_alpha_attention(0.7);
    let config = config.with_branch_factors(true).with_z_loss(0.1);
    config.init(&Device::flex()).unwrap().map(&mut Drawn { rng: ChaCha8Rng::seed_from_u64(3), name: Vec::new() })
}

/// The class of each, and what it is called here.
pub(crate) fn configs() -> Vec<(&'static str, &'static str, GptConfig)> {
    let sizes =
        Sizes { vocab: 19, context: 16, n_layer: 2, d_model: 16, n_head: 4, n_kv_head: 2, d_head: 6, d_ffn: 24 };
    let rotary = |scaling| Positions::Rotary(RotaryPositions::new().with_theta(100.0).with_scaling(scaling));
    let llama = |scaling| GptConfig::llama(sizes).with_positions(rotary(scaling));
    let llama3 = RotaryScaling::Llama3 { factor: 4.0, low: 1.0, high: 4.0, original_context: 8 };
    let yarn = RotaryScaling::Yarn { factor: 2.0, original_context: 8, beta_fast: 4.0, beta_slow: 0.5 };
    let gpt = GptConfig::gpt_3(Sizes { n_kv_head: 4, d_head: 4, ..sizes }).with_positions(Positions::Absolute);
    let mixtral = GptConfig::mixtral(sizes, 3, 2).with_positions(rotary(RotaryScaling::None));
    vec![
        ("LlamaForCausalLM", "llama", llama(RotaryScaling::None)),
        ("LlamaForCausalLM", "llama3", llama(llama3).with_tied(true)),
        ("LlamaForCausalLM", "yarn", llama(yarn).with_bias(true)),
        ("LlamaForCausalLM", "linear", llama(RotaryScaling::Linear { factor: 2.0 })),
        ("LlamaForCausalLM", "ntk", llama(RotaryScaling::Ntk { factor: 2.0 }).with_window(Some(16))),
        (
            "LlamaForCausalLM",
            "without-gains",
            llama(RotaryScaling::None).with_norm(GptConfig::llama(sizes).norm.with_gain(false)).with_n_kv_head(None),
        ),
        // Llama's class asks for heads that divide the width.
        ("MistralForCausalLM", "uneven-heads", {
            GptConfig { n_head: 6, ..llama(RotaryScaling::None).with_n_kv_head(Some(3)) }
        }),
        ("MistralForCausalLM", "mistral", llama(RotaryScaling::None).with_window(Some(5))),
        ("Qwen3ForCausalLM", "qwen3", GptConfig::qwen3(sizes).with_tied(true)),
        ("Qwen3ForCausalLM", "qwen3-untied", GptConfig::qwen3(sizes).with_dropout(0.1)),
        ("MixtralForCausalLM", "mixtral", mixtral.clone()),
        (
            "MixtralForCausalLM",
            "mixtral-narrow",
            mixtral.with_window(Some(3)).with_experts(Some(ExpertsConfig::new(4, 2).with_d_expert(Some(12)))),
        ),
        ("GPT2LMHeadModel", "gpt2", gpt.clone().with_tied(true)),
        ("GPT2LMHeadModel", "gpt2-without-biases", gpt.with_bias(false).with_norm(NormConfig::new().with_gain(false))),
    ]
}
