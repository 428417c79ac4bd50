"""llama.*, qwen3.*, mixtral.*: what the decoders of Hugging Face's transformers compute, forward and in training.

    pip install transformers==5.24.0 torch==2.11.0 safetensors==0.8.0
    python golden/generate/hugging_face/decoders.py

Names and axes are those of mup-models. Every tensor is drawn by NumPy with a seed of its own, taken from its name; all is
computed in float64 on one thread, attention by the eager implementation.
"""
import hashlib

import numpy
import torch
from transformers import LlamaConfig, LlamaForCausalLM, MixtralConfig, MixtralForCausalLM, Qwen3Config, Qwen3ForCausalLM

from header import write_json, write_tensors

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

SIZES = {
    "vocab_size": 19, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 6, "max_position_embeddings": 12, "tie_word_embeddings": False,
    "attn_implementation": "eager", "experts_implementation": "eager",
}
ROPE = {"rope_type": "default", "rope_theta": 100.0}
STEPS, RATE, DECAY = 10, 3e-3, 0.1
MODELS = {
    "llama": (LlamaForCausalLM, LlamaConfig(**SIZES, rms_norm_eps=1e-5, rope_parameters=ROPE)),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config(**SIZES | {"tie_word_embeddings": True}, rms_norm_eps=1e-6, rope_parameters=ROPE)),
    "mixtral": (
        MixtralForCausalLM,
        MixtralConfig(**SIZES, rms_norm_eps=1e-5, rope_parameters=ROPE, num_local_experts=4, num_experts_per_tok=2, sliding_window=None),
    ),
}
NAMES = [
    ("model.embed_tokens.weight", "token_embedding.weight"), ("model.norm.weight", "final_norm.gamma"),
    ("lm_head.weight", "readout.weight"), ("model.layers.", "blocks."), ("input_layernorm.weight", "attention_norm.gamma"),
    ("post_attention_layernorm.weight", "feed_forward_norm.gamma"), ("self_attn.q_norm.weight", "attention.query_norm.gamma"),
    ("self_attn.k_norm.weight", "attention.key_norm.gamma"), ("self_attn.q_proj", "attention.query"),
    ("self_attn.k_proj", "attention.key"), ("self_attn.v_proj", "attention.value"), ("self_attn.o_proj", "attention.output"),
    ("mlp.gate_proj", "feed_forward.gate"), ("mlp.up_proj", "feed_forward.up"), ("mlp.down_proj", "feed_forward.down"),
    ("mlp.gate.weight", "experts.router.weight"),
]


def draw(name, shape):
    """Around 1 for gains, of a size that makes every term count for the others."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    values = torch.from_numpy(numpy.random.Generator(numpy.random.PCG64(seed)).standard_normal(shape))
    return 1 + 0.2 * values if name.endswith("norm.weight") else 0.4 * values


def in_burn(name, tensor):
    """Paths and tensors of mup-models: matrices are [in, out] there, those of experts [expert, in, out]."""
    path = name
    for theirs, ours in NAMES:
        path = path.replace(theirs, ours)
    if name.endswith("experts.gate_up_proj"):
        gate, up = tensor.transpose(1, 2).chunk(2, dim=2)
        owner = path.removesuffix("mlp.experts.gate_up_proj") + "experts."
        return {owner + "gate": gate, owner + "up": up}
    if name.endswith("experts.down_proj"):
        return {path.removesuffix("mlp.experts.down_proj") + "experts.down": tensor.transpose(1, 2)}
    return {path: tensor.T if tensor.dim() == 2 and "embed_tokens" not in name else tensor}


def loss(model, tokens, targets):
    logits = model(tokens, use_cache=False).logits
    return logits, torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def write(name, kind, config):
    model = kind(config).double().eval()
    for parameter, tensor in model.named_parameters():
        tensor.data = draw(f"{name}/{parameter}", tuple(tensor.shape))
    rng = numpy.random.Generator(numpy.random.PCG64(1))
    tokens, targets = (torch.from_numpy(rng.integers(0, config.vocab_size, (2, 12))) for _ in range(2))
    tensors = {"tokens": tokens, "targets": targets}
    for parameter, tensor in model.named_parameters():
        tensors |= {f"init/{path}": value.detach().clone() for path, value in in_burn(parameter, tensor).items()}
    logits, _ = loss(model, tokens, targets)
    tensors["logits"] = logits.detach()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.95), eps=1e-8, weight_decay=DECAY)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        _, step_loss = loss(model, tokens, targets)
        step_loss.backward()
        optimizer.step()
        losses.append(step_loss.item())
    losses.append(loss(model, tokens, targets)[1].item())
    settings = {"learning_rate": RATE, "beta_1": 0.9, "beta_2": 0.95, "epsilon": 1e-8, "weight_decay": DECAY}
    file = write_tensors(f"{name}.safetensors", tensors)
    write_json(f"{name}.json", {"model": name, "config": config.to_dict(), "adamw": settings, "losses": losses, "tensors": file})


if __name__ == "__main__":
    for name, (kind, config) in MODELS.items():
        write(name, kind, config)
