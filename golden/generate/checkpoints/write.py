"""checkpoints/*: small models as Hugging Face's transformers saves them, with the logits and the greedy text of each.

    pip install transformers==5.24.0 torch==2.11.0 safetensors==0.8.0
    python golden/generate/checkpoints/write.py

Every tensor is drawn by NumPy with a seed of its own, taken from its name; logits are transformers' own, computed in f32 on one
thread from what it loads from the saved folder. The JSON file beside a folder has a header; that in the folder is transformers'.
"""
import hashlib
import importlib.metadata
import json
import shutil
from pathlib import Path

import numpy
import torch
import transformers

GENERATE = Path(__file__).resolve().parent
DATA = GENERATE.parent.parent / "data" / "checkpoints"
PACKAGES = ("transformers", "torch", "safetensors", "numpy")

torch.set_num_threads(1)

# What a config of transformers is made of; the first of each is the class.
SIZES = {
    "vocab_size": 19, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 16, "tie_word_embeddings": False, "bos_token_id": None, "eos_token_id": None,
}
THETA = {"rope_type": "default", "rope_theta": 100.0}
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 100.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8,
}
YARN = {"rope_type": "yarn", "rope_theta": 100.0, "factor": 2.0, "original_max_position_embeddings": 8, "beta_fast": 4.0, "beta_slow": 0.5}
GPT2 = {
    "vocab_size": 19, "n_positions": 16, "n_embd": 16, "n_layer": 2, "n_head": 4, "n_inner": 24, "activation_function": "gelu",
    "bos_token_id": None, "eos_token_id": None,
}
MULTIPLIERS = {"embedding_multiplier": 3.0, "logits_scaling": 0.5, "residual_multiplier": 0.6, "attention_multiplier": 0.9}
# Name: class, config, element type, largest shard.
MODELS = {
    "llama": ("Llama", SIZES | {"rope_parameters": LLAMA3}, torch.float32, "10KB"),
    "llama_biased": (
        "Llama", SIZES | {"rope_parameters": YARN, "attention_bias": True, "mlp_bias": True, "hidden_act": "gelu"}, torch.float16, "1GB",
    ),
    "mistral": ("Mistral", SIZES | {"rope_parameters": THETA, "sliding_window": 5, "head_dim": 6}, torch.bfloat16, "1GB"),
    "qwen3": ("Qwen3", SIZES | {"rope_parameters": THETA, "head_dim": 6, "tie_word_embeddings": True}, torch.bfloat16, "1GB"),
    "mixtral": (
        "Mixtral", SIZES | {"rope_parameters": THETA, "head_dim": 6, "num_local_experts": 3, "num_experts_per_tok": 2}, torch.float32, "20KB",
    ),
    "gpt2": ("GPT2", GPT2, torch.float32, "1GB"),
    "granite": ("Granite", SIZES | {"rope_parameters": THETA, "tie_word_embeddings": True} | MULTIPLIERS, torch.float32, "1GB"),
}
HEADS = {"GPT2": "LMHeadModel"}
TOKENS, PROMPT, GREEDY = (2, 12), 3, 8


def generator_sha256():
    """SHA-256 over, for each *.py file of this folder sorted by name: name, newline, contents."""
    digest = hashlib.sha256()
    for file in sorted(GENERATE.glob("*.py"), key=lambda file: file.name):
        digest.update(file.name.encode() + b"\n" + file.read_bytes())
    return digest.hexdigest()


def draw(name, shape):
    """Around 1 for gains, of a size that makes every term count for the others; keys have no bias, which softmax would ignore."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    values = torch.from_numpy(numpy.random.Generator(numpy.random.PCG64(seed)).standard_normal(shape)).float()
    if name.endswith("k_proj.bias"):
        return 0 * values
    gain = any(name.endswith(end) for end in ("norm.weight", "ln_1.weight", "ln_2.weight", "ln_f.weight"))
    return 1 + 0.2 * values if gain else 0.4 * values


def write(name, architecture, config, dtype, shard):
    model_class = getattr(transformers, architecture + HEADS.get(architecture, "ForCausalLM"))
    model = model_class(getattr(transformers, architecture + "Config")(**config)).eval()
    for parameter, tensor in model.named_parameters():
        tensor.data = draw(f"{name}/{parameter}", tuple(tensor.shape))
    folder = DATA / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(dtype).save_pretrained(folder, max_shard_size=shard)
    model = model_class.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    rng = numpy.random.Generator(numpy.random.PCG64(1))
    tokens = torch.from_numpy(rng.integers(0, 19, TOKENS))
    with torch.no_grad():
        logits = model(tokens, use_cache=False).logits
        greedy = model.generate(tokens[:1, :PROMPT], max_new_tokens=GREEDY, do_sample=False)[0, PROMPT:]
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    content = {
        "header": {"format": 1, "generator_sha256": generator_sha256(), "versions": versions},
        "class": type(model).__name__, "tokens": tokens.tolist(), "logits": logits.flatten().tolist(), "prompt": PROMPT,
        "greedy": greedy.tolist(),
    }
    lines = [f" {json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in content.items()]
    (DATA / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    for file in DATA.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)


if __name__ == "__main__":
    for name, model in MODELS.items():
        write(name, *model)
