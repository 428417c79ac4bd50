"""The Llama of Hugging Face's transformers, whose attention is PyTorch's fused one (SDPA).

Parameter names become Burn's paths as in golden/generate/hugging_face/decoders.py.
"""

from layout import Entry
from torch import nn
from torch.nn import functional as F
from torch.optim import AdamW  # noqa: F401, for training.py
from transformers import LlamaConfig, LlamaForCausalLM

NAMES = [
    ("model.embed_tokens.weight", "token_embedding.weight"),
    ("model.norm.weight", "final_norm.gamma"),
    ("lm_head.weight", "readout.weight"),
    ("model.layers.", "blocks."),
    ("input_layernorm.weight", "attention_norm.gamma"),
    ("post_attention_layernorm.weight", "feed_forward_norm.gamma"),
    ("self_attn.q_proj", "attention.query"),
    ("self_attn.k_proj", "attention.key"),
    ("self_attn.v_proj", "attention.value"),
    ("self_attn.o_proj", "attention.output"),
    ("mlp.gate_proj", "feed_forward.gate"),
    ("mlp.up_proj", "feed_forward.up"),
    ("mlp.down_proj", "feed_forward.down"),
]


class Llama(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.causal = LlamaForCausalLM(config)

    def forward(self, tokens, targets):
        """The mean cross-entropy, in nats."""
        logits = self.causal(tokens, use_cache=False).logits
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def entries(model):
    """Every parameter with its path in Burn; of a Linear the transpose."""
    found = []
    for name, parameter in model.causal.named_parameters():
        path = name
        for theirs, ours in NAMES:
            path = path.replace(theirs, ours)
        transposed = parameter.dim() == 2 and "embed_tokens" not in name
        found.append(Entry(path, name, parameter, transposed))
    return found


def build(shape):
    """The model of a shape as the command sends it: benches/src/shape.rs has the same sizes."""
    width, d_head = shape["d_model"], shape["d_head"]
    heads = width // d_head
    config = LlamaConfig(
        vocab_size=shape["vocab"],
        hidden_size=width,
        intermediate_size=7 * width // 2,
        num_hidden_layers=shape["n_layer"],
        num_attention_heads=heads,
        num_key_value_heads=heads // 2,
        head_dim=d_head,
        max_position_embeddings=shape["length"],
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 500_000.0},
        tie_word_embeddings=False,
        attn_implementation="sdpa",
    )
    return Llama(config)
