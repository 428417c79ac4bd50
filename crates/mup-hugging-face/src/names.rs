//! Which tensor of theirs is which of ours: data, read by export and import alike.

use mup_models::GptConfig;

/// Stands for the number of a block in names.
const BLOCK: &str = "{block}";
/// Stands for the number of an expert in names of theirs, which have a matrix for each where ours is one tensor.
const EXPERT: &str = "{expert}";
/// The readout of their classes.
pub(crate) const HEAD: &str = "lm_head.weight";

/// One tensor of theirs, or one for each block or expert.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) theirs: &'static str,
    /// One of ours, or several side by side along the last axis.
    pub(crate) ours: &'static [&'static str],
    /// Whether theirs is `[out, in]`; ours are `[in, out]`.
    pub(crate) transposed: bool,
    /// What stands there for one that ours does not have: a gain of 1, a bias of 0.
    pub(crate) fill: f64,
    /// Whether what ours does not have changes no logit, whatever its values.
    pub(crate) idle: bool,
    /// Whether a model of this config has it.
    when: fn(&GptConfig) -> bool,
}

const fn row(theirs: &'static str, ours: &'static [&'static str]) -> Row {
    Row { theirs, ours, transposed: false, fill: 0.0, idle: false, when: |_| true }
}

impl Row {
    const fn transposed(self) -> Self {
        Self { transposed: true, ..self }
    }

    const fn gain(self) -> Self {
        Self { fill: 1.0, ..self }
    }

    const fn idle(self) -> Self {
        Self { idle: true, ..self }
    }

    const fn when(self, when: fn(&GptConfig) -> bool) -> Self {
        Self { when, ..self }
    }
}

const UNTIED: fn(&GptConfig) -> bool = |config| !config.tied;
const BIASED: fn(&GptConfig) -> bool = |config| config.bias;
const QK_NORM: fn(&GptConfig) -> bool = |config| config.qk_norm;
const DENSE: fn(&GptConfig) -> bool = |config| config.experts.is_none();
const DENSE_BIASED: fn(&GptConfig) -> bool = |config| config.experts.is_none() && config.bias;
const SPARSE: fn(&GptConfig) -> bool = |config| config.experts.is_some();

/// Llama and what came of it: Mistral, Qwen3, Mixtral, Granite, `MiniCPM`. Rotary positions turn a key's bias by position, so that
/// softmax does not ignore it.
pub(crate) const LLAMA: &[Row] = &[
    row("model.embed_tokens.weight", &["token_embedding.weight"]),
    row("model.layers.{block}.input_layernorm.weight", &["blocks.{block}.attention_norm.gamma"]).gain(),
    row("model.layers.{block}.self_attn.q_proj.weight", &["blocks.{block}.attention.query.weight"]).transposed(),
    row("model.layers.{block}.self_attn.k_proj.weight", &["blocks.{block}.attention.key.weight"]).transposed(),
    row("model.layers.{block}.self_attn.v_proj.weight", &["blocks.{block}.attention.value.weight"]).transposed(),
    row("model.layers.{block}.self_attn.o_proj.weight", &["blocks.{block}.attention.output.weight"]).transposed(),
    row("model.layers.{block}.self_attn.q_proj.bias", &["blocks.{block}.attention.query.bias"]).when(BIASED),
    row("model.layers.{block}.self_attn.k_proj.bias", &["blocks.{block}.attention.key.bias"]).when(BIASED),
    row("model.layers.{block}.self_attn.v_proj.bias", &["blocks.{block}.attention.value.bias"]).when(BIASED),
    row("model.layers.{block}.self_attn.o_proj.bias", &["blocks.{block}.attention.output.bias"]).when(BIASED),
    row("model.layers.{block}.self_attn.q_norm.weight", &["blocks.{block}.attention.query_norm.gamma"]).when(QK_NORM),
    row("model.layers.{block}.self_attn.k_norm.weight", &["blocks.{block}.attention.key_norm.gamma"]).when(QK_NORM),
    row("model.layers.{block}.post_attention_layernorm.weight", &["blocks.{block}.feed_forward_norm.gamma"]).gain(),
    row("model.layers.{block}.mlp.gate_proj.weight", &["blocks.{block}.feed_forward.gate.weight"])
        .transposed()
        .when(DENSE),
    row("model.layers.{block}.mlp.up_proj.weight", &["blocks.{block}.feed_forward.up.weight"]).transposed().when(DENSE),
    row("model.layers.{block}.mlp.down_proj.weight", &["blocks.{block}.feed_forward.down.weight"])
        .transposed()
        .when(DENSE),
    row("model.layers.{block}.mlp.gate_proj.bias", &["blocks.{block}.feed_forward.gate.bias"]).when(DENSE_BIASED),
    row("model.layers.{block}.mlp.up_proj.bias", &["blocks.{block}.feed_forward.up.bias"]).when(DENSE_BIASED),
    row("model.layers.{block}.mlp.down_proj.bias", &["blocks.{block}.feed_forward.down.bias"]).when(DENSE_BIASED),
    row("model.layers.{block}.block_sparse_moe.gate.weight", &["blocks.{block}.experts.router.weight"])
        .transposed()
        .when(SPARSE),
    row("model.layers.{block}.block_sparse_moe.experts.{expert}.w1.weight", &["blocks.{block}.experts.gate"])
        .transposed()
        .when(SPARSE),
    row("model.layers.{block}.block_sparse_moe.experts.{expert}.w3.weight", &["blocks.{block}.experts.up"])
        .transposed()
        .when(SPARSE),
    row("model.layers.{block}.block_sparse_moe.experts.{expert}.w2.weight", &["blocks.{block}.experts.down"])
        .transposed()
        .when(SPARSE),
    row("model.norm.weight", &["final_norm.gamma"]).gain(),
    row(HEAD, &["readout.weight"]).transposed().when(UNTIED),
];

/// GPT-2, whose `Conv1D` is `[in, out]` and has queries, keys and values side by side. A key's bias adds one number to all logits
/// of a query, which softmax ignores.
pub(crate) const GPT2: &[Row] = &[
    row("transformer.wte.weight", &["token_embedding.weight"]),
    row("transformer.wpe.weight", &["position_embedding.weight"]),
    row("transformer.h.{block}.ln_1.weight", &["blocks.{block}.attention_norm.gamma"]).gain(),
    row("transformer.h.{block}.ln_1.bias", &["blocks.{block}.attention_norm.beta"]),
    row(
        "transformer.h.{block}.attn.c_attn.weight",
        &[
            "blocks.{block}.attention.query.weight",
            "blocks.{block}.attention.key.weight",
            "blocks.{block}.attention.value.weight",
        ],
    ),
    row(
        "transformer.h.{block}.attn.c_attn.bias",
        &[
            "blocks.{block}.attention.query.bias",
            "blocks.{block}.attention.key.bias",
            "blocks.{block}.attention.value.bias",
        ],
    )
    .idle(),
    row("transformer.h.{block}.attn.c_proj.weight", &["blocks.{block}.attention.output.weight"]),
    row("transformer.h.{block}.attn.c_proj.bias", &["blocks.{block}.attention.output.bias"]),
    row("transformer.h.{block}.ln_2.weight", &["blocks.{block}.feed_forward_norm.gamma"]).gain(),
    row("transformer.h.{block}.ln_2.bias", &["blocks.{block}.feed_forward_norm.beta"]),
    row("transformer.h.{block}.mlp.c_fc.weight", &["blocks.{block}.feed_forward.up.weight"]),
    row("transformer.h.{block}.mlp.c_fc.bias", &["blocks.{block}.feed_forward.up.bias"]),
    row("transformer.h.{block}.mlp.c_proj.weight", &["blocks.{block}.feed_forward.down.weight"]),
    row("transformer.h.{block}.mlp.c_proj.bias", &["blocks.{block}.feed_forward.down.bias"]),
    row("transformer.ln_f.weight", &["final_norm.gamma"]).gain(),
    row("transformer.ln_f.bias", &["final_norm.beta"]),
    row(HEAD, &["readout.weight"]).transposed().when(UNTIED),
];

/// Ends of the names of tensors in files of older versions that are computed and not trained.
pub(crate) const BUFFERS: [&str; 3] = [".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias"];

/// Whether a parameter of ours is a constant of the forward pass, which is no tensor of theirs.
pub(crate) fn is_multiplier(path: &str) -> bool {
    matches!(path.rsplit('.').next(), Some("branch_factor" | "logit_scale" | "multiplier"))
}

/// One tensor of theirs.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) row: &'static Row,
    pub(crate) theirs: String,
    pub(crate) ours: Vec<String>,
    pub(crate) expert: Option<usize>,
}

/// All tensors of theirs of a model of this config, one after the other: its numbers may be anything.
pub(crate) fn entries(rows: &'static [Row], config: &GptConfig) -> impl Iterator<Item = Entry> + use<> {
    let (blocks, experts) = (config.n_layer, config.experts.as_ref().map_or(0, |experts| experts.n_expert));
    let applies: Vec<&'static Row> = rows.iter().filter(|row| (row.when)(config)).collect();
    let times = |name: &str, stands: &str, count: usize| if name.contains(stands) { count } else { 1 };
    applies.into_iter().flat_map(move |row| {
        (0..times(row.theirs, BLOCK, blocks)).flat_map(move |block| {
            (0..times(row.theirs, EXPERT, experts)).map(move |expert| Entry::new(row, block, expert))
        })
    })
}

impl Entry {
    fn new(row: &'static Row, block: usize, expert: usize) -> Self {
        let numbered = |name: &str| name.replace(BLOCK, &block.to_string()).replace(EXPERT, &expert.to_string());
        Self {
            row,
            theirs: numbered(row.theirs),
            ours: row.ours.iter().map(|name| numbered(name)).collect(),
            expert: row.theirs.contains(EXPERT).then_some(expert),
        }
    }
}
