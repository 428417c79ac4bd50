"""attention.safetensors: one relative-attention layer alone, from the loops of naive.py."""
import numpy as np
import torch

from header import write_json, write_tensors
from naive import relative_attention
from train import random

D_MODEL, N_HEAD, D_HEAD, D_HEAD_BASE = 10, 3, 4, 2
ALPHA_ATTENTION, ALPHA_RELATIVE = 1.25, 0.5
SCALE = D_HEAD_BASE**0.5 / D_HEAD
LENGTHS, SEQUENCES = (1, 2, 5, 8), 2


def layer_weights():
    inner = N_HEAD * D_HEAD
    shapes = {f"{name}.weight": (D_MODEL, inner) for name in ("query", "key", "value", "relative_key")}
    shapes |= {"output.weight": (inner, D_MODEL), "output.bias": (D_MODEL,)}
    shapes |= {name: (inner,) for name in ("query.bias", "value.bias", "content_bias", "position_bias")}
    draw = random("attention", "weights")
    return {name: (0.5 * draw.standard_normal(shape)).astype(np.float32) for name, shape in shapes.items()}


def write_attention():
    weights = layer_weights()
    tensors = {f"weights/{name}": torch.from_numpy(value) for name, value in weights.items()}
    lists = {name: value.astype(np.float64).tolist() for name, value in weights.items()}
    scale = ALPHA_ATTENTION * SCALE
    for length in LENGTHS:
        draw = random("attention", length)
        x = draw.standard_normal((SEQUENCES, length, D_MODEL)).astype(np.float32)
        tensors[f"t{length}/input"] = torch.from_numpy(x)
        rows = x.astype(np.float64).tolist()
        loops = [relative_attention(row, lists, N_HEAD, D_HEAD, scale, ALPHA_RELATIVE) for row in rows]
        for name in loops[0]:
            tensors[f"t{length}/{name}"] = torch.tensor([out[name] for out in loops], dtype=torch.float64)
    config = dict(d_model=D_MODEL, n_head=N_HEAD, d_head=D_HEAD, d_head_base=D_HEAD_BASE, bias=True)
    config |= dict(alpha_attention=ALPHA_ATTENTION, alpha_relative=ALPHA_RELATIVE, logit_scale=SCALE)
    files = {"tensors": write_tensors("attention.safetensors", tensors)}
    write_json("attention.json", {"config": config, "lengths": LENGTHS} | files)
