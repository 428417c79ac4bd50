//! Which field of a `config.json` is which choice of a [`GptConfig`]: data, read by export and import alike.

use mup_models::{ExpertsConfig, GptConfig, Hidden};
use serde_json::{Value, json};

/// A config, and what of a model's multipliers it has no field for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) config: GptConfig,
    /// Times each branch.
    pub(crate) branch: f64,
}

/// A field of theirs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    /// What their class takes where the field is not there; nothing where it must be.
    pub(crate) absent: Option<fn(&Said) -> Value>,
}

/// What it says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Size(fn(&mut Said) -> &mut usize),
    /// Or `null`.
    MaybeSize(fn(&mut Said) -> &mut Option<usize>),
    Number(fn(&mut Said) -> &mut f64),
    Flag(fn(&mut Said) -> &mut bool),
    /// By its name among those that we have.
    Hidden(&'static [(&'static str, Hidden)]),
    /// `rope_parameters`, and `rope_theta` and `rope_scaling` of before.
    Rotary,
    /// A multiplier of another's µP, which is only read: what is written is folded.
    Multiplier(fn(&mut Said, f64)),
    /// One value alone, and why.
    Only(fn(&Said) -> Value, &'static str),
    /// A list of this word alone, which is only read, and why.
    Each(&'static str, &'static str),
    /// What training alone sees, which is only written.
    Training(fn(&Said) -> Value),
}

/// Whether the readout is the embedding, of which classes differ where it is not said.
const fn tied(absent: fn(&Said) -> Value) -> Field {
    field("tie_word_embeddings", Place::Flag(|said| &mut said.config.tied)).or(absent)
}

/// Heads of keys and values: as many as of queries where it is `null`, and of classes' own number where it is not said.
const fn kv_heads(absent: fn(&Said) -> Value) -> Field {
    field("num_key_value_heads", Place::MaybeSize(|said| &mut said.config.n_kv_head)).or(absent)
}

const fn field(name: &'static str, place: Place) -> Field {
    Field { name, place, absent: None }
}

impl Field {
    const fn or(self, absent: fn(&Said) -> Value) -> Self {
        Self { absent: Some(absent), ..self }
    }
}

const FALSE: fn(&Said) -> Value = |_| json!(false);
const TRUE: fn(&Said) -> Value = |_| json!(true);
const NULL: fn(&Said) -> Value = |_| Value::Null;

fn experts(said: &mut Said) -> &mut ExpertsConfig {
    said.config.experts.get_or_insert_with(|| ExpertsConfig::new(0, 0))
}

/// Of Llama and what came of it.
pub(crate) const DECODER: &[Field] = &[
    field("vocab_size", Place::Size(|said| &mut said.config.vocab)),
    field("hidden_size", Place::Size(|said| &mut said.config.d_model)),
    field("num_hidden_layers", Place::Size(|said| &mut said.config.n_layer)),
    field("num_attention_heads", Place::Size(|said| &mut said.config.n_head)),
    field("intermediate_size", Place::Size(|said| &mut said.config.d_ffn)),
    field("max_position_embeddings", Place::Size(|said| &mut said.config.context)),
    field("rms_norm_eps", Place::Number(|said| &mut said.config.norm.epsilon)),
    field("hidden_act", Place::Hidden(&[("silu", Hidden::SwiGlu), ("gelu", Hidden::GeGlu)])),
    field("rope_parameters", Place::Rotary),
    field("attention_dropout", Place::Training(|_| json!(0.0))),
];

/// A readout of its own where nothing is said.
pub(crate) const UNTIED: &[Field] = &[tied(FALSE)];

/// As many heads of keys as of queries where nothing is said.
pub(crate) const EQUAL_HEADS: &[Field] = &[kv_heads(NULL)];

/// A width of heads that follows from the others where it is not said.
pub(crate) const HEAD_DIM: &[Field] = &[field("head_dim", Place::Size(|said| &mut said.config.d_head))
    .or(|said| json!(said.config.d_model.checked_div(said.config.n_head)))];

/// Of Qwen3, whose class has a width and a number of heads of its own.
pub(crate) const QWEN3: &[Field] = &[
    kv_heads(|_| json!(32)),
    field("head_dim", Place::Size(|said| &mut said.config.d_head)).or(|_| json!(128)),
    field("attention_bias", Place::Only(FALSE, "a GptConfig has biases in both branches or in none")).or(FALSE),
    field("use_sliding_window", Place::Only(FALSE, "a GptConfig has one window for all blocks")).or(FALSE),
    field("layer_types", Place::Each("full_attention", "a GptConfig has one window for all blocks")).or(NULL),
];

/// Biases of all linear layers, which a [`GptConfig`] has in both branches or in none.
pub(crate) const BIASES: &[Field] = &[
    field("attention_bias", Place::Flag(|said| &mut said.config.bias)).or(FALSE),
    field(
        "mlp_bias",
        Place::Only(
            |said| json!(said.config.bias),
            "a GptConfig has biases in both branches or in none, as `attention_bias` says",
        ),
    )
    .or(FALSE),
];

/// Of Mistral, whose class has eight heads of keys, and a window of all blocks, where nothing is said.
pub(crate) const MISTRAL: &[Field] = &[
    kv_heads(|_| json!(8)),
    field("sliding_window", Place::MaybeSize(|said| &mut said.config.window)).or(|_| json!(4096)),
];

pub(crate) const MIXTRAL: &[Field] = &[
    kv_heads(|_| json!(8)),
    field("sliding_window", Place::MaybeSize(|said| &mut said.config.window)).or(NULL),
    field("num_local_experts", Place::Size(|said| &mut experts(said).n_expert)),
    field("num_experts_per_tok", Place::Size(|said| &mut experts(said).n_chosen)),
];

pub(crate) const GPT2: &[Field] = &[
    field("vocab_size", Place::Size(|said| &mut said.config.vocab)),
    field("n_positions", Place::Size(|said| &mut said.config.context)),
    field("n_embd", Place::Size(|said| &mut said.config.d_model)),
    field("n_layer", Place::Size(|said| &mut said.config.n_layer)),
    field("n_head", Place::Size(|said| &mut said.config.n_head)),
    field("n_inner", Place::Size(|said| &mut said.config.d_ffn)).or(|said| json!(said.config.d_model.checked_mul(4))),
    field("activation_function", Place::Hidden(&[("gelu", Hidden::Gelu)])),
    field("layer_norm_epsilon", Place::Number(|said| &mut said.config.norm.epsilon)),
    tied(TRUE),
    field("scale_attn_weights", Place::Only(TRUE, "attention divides by the root of a head's width")).or(TRUE),
    field("scale_attn_by_inverse_layer_idx", Place::Only(FALSE, "all blocks have one scale of attention")).or(FALSE),
    field("add_cross_attention", Place::Only(FALSE, "there is no encoder")).or(FALSE),
    field("resid_pdrop", Place::Training(|_| json!(0.0))),
    field("embd_pdrop", Place::Training(|_| json!(0.0))),
    field("attn_pdrop", Place::Training(|_| json!(0.0))),
];

/// Granite's µP: what its class multiplies by is said by our α; 1 where it is not there.
///
/// # Reference
///
/// `GraniteForCausalLM` of transformers 5.24.
pub(crate) const GRANITE: &[Field] = &[
    field("embedding_multiplier", Place::Multiplier(|said, factor| said.config.alpha_embedding = factor)).or(ONE),
    field("logits_scaling", Place::Multiplier(|said, factor| said.config.alpha_output = factor.recip())).or(ONE),
    field("residual_multiplier", Place::Multiplier(|said, factor| said.branch = factor)).or(ONE),
    field(
        "attention_multiplier",
        // Without α we divide by the root.
        Place::Multiplier(|said, factor| said.config.alpha_attention = factor * (said.config.d_head as f64).sqrt()),
    )
    .or(ONE),
];
const ONE: fn(&Said) -> Value = |_| json!(1.0);

/// `MiniCPM`'s µP, each of which must be said, since its class came with each checkpoint; its embedding is the readout too where
/// nothing is said.
///
/// # Reference
///
/// Hu et al., arXiv:2404.06395, Appendix A.1: embeddings times `scale_emb`, branches times `scale_depth` / √layers, logits over
/// width / `dim_model_base`; as in `modeling_minicpm.py` and `configuration_minicpm.py` of openbmb/MiniCPM-2B.
pub(crate) const MINI_CPM: &[Field] = &[
    tied(TRUE),
    field("attention_bias", Place::Only(FALSE, "a GptConfig has biases in both branches or in none")).or(FALSE),
    field("scale_emb", Place::Multiplier(|said, factor| said.config.alpha_embedding = factor)),
    field("scale_depth", Place::Multiplier(|said, factor| said.branch = factor / (said.config.n_layer as f64).sqrt())),
    field(
        "dim_model_base",
        Place::Multiplier(|said, base| said.config.alpha_output = base / said.config.d_model as f64),
    ),
];

/// Fields of any class that change no logit in evaluation.
pub(crate) const UNSEEN: &[&str] = &[
    "_attn_implementation",
    "_attn_implementation_autoset",
    "_from_model_config",
    "_name_or_path",
    "architectures",
    "attention_dropout",
    "attn_implementation",
    "attn_pdrop",
    "auto_map",
    "bos_token_id",
    "chunk_size_feed_forward",
    "do_sample",
    "dtype",
    "embd_pdrop",
    "eos_token_id",
    "gradient_checkpointing",
    "hidden_dropout",
    "id2label",
    "initializer_range",
    // All classes here are decoders, whatever it says; cross attention has a field of its own.
    "is_decoder",
    "label2id",
    "max_length",
    "max_window_layers",
    "model_type",
    "n_ctx",
    "output_attentions",
    "output_hidden_states",
    "output_router_logits",
    "pad_token_id",
    "pretraining_tp",
    "problem_type",
    "reorder_and_upcast_attn",
    "resid_pdrop",
    "return_dict",
    "router_aux_loss_coef",
    "router_jitter_noise",
    "summary_activation",
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
    "task_specific_params",
    "torch_dtype",
    "transformers_version",
    "unk_token_id",
    "use_cache",
];

/// Fields that have a reason of their own for being refused where no field of the class has their name.
pub(crate) const REFUSED: &[(&str, &str)] = &[
    ("quantization_config", "weights are read as they are: save the model again without quantization"),
    ("is_encoder_decoder", "only decoders are read"),
    ("cross_attention_hidden_size", "only decoders are read"),
    ("sliding_window", "this class has no window"),
    ("embedding_multiplier", GRANITES),
    ("logits_scaling", GRANITES),
    ("residual_multiplier", GRANITES),
    ("attention_multiplier", GRANITES),
    ("scale_emb", MINI_CPMS),
    ("scale_depth", MINI_CPMS),
    ("dim_model_base", MINI_CPMS),
    ("mup_width_scale", CEREBRAS),
    ("mup_embeddings_scale", CEREBRAS),
    ("mup_output_alpha", CEREBRAS),
    ("mup_scale_qk_dot_by_d", CEREBRAS),
    ("width_scale", CEREBRAS),
    ("embeddings_scale", CEREBRAS),
    ("output_logits_scale", CEREBRAS),
    ("scale_qk_dot_by_d", CEREBRAS),
];
const GRANITES: &str = "it is a multiplier of GraniteForCausalLM, and this class would not apply it";
const MINI_CPMS: &str = "it is a multiplier of MiniCPMForCausalLM, and this class would not apply it";
const CEREBRAS: &str =
    "it is a multiplier of Cerebras' classes (BTLM, Jais), and this class would not apply it: fold it into the weights";

/// Fields that are refused unless they are false.
pub(crate) const NEUTRAL: [&str; 1] = ["is_encoder_decoder"];
