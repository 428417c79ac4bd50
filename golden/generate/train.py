"""Weights, batches and reference trajectories, in float64 from float32 starts."""
import hashlib

import mup.init
import numpy as np
import torch
from mup import MuAdam, MuAdamW, MuSGD
from torch.nn import functional as F

from layout import entries
from measure import build, sampled_scale

STEPS, BATCH = 10, 8
BETAS = (0.9, 0.999)
ILL_CONDITIONED = 2e-5  # what float32 may miss by before a tensor is listed
# The `_epsilon` runs have an epsilon that is seen: with 1e-8 nothing tells a
# scaled epsilon from an unscaled one, and gradients that are zero but for
# rounding (relative_key on the slowest cosines, nearly constant over eight
# positions) make float32 train noise.
RUNS = {
    "sgd": (MuSGD, dict(momentum=0.9, weight_decay=0.0)),
    "sgd_decay": (MuSGD, dict(momentum=0.9, weight_decay=0.01)),
    "adam": (MuAdam, dict(betas=BETAS, eps=1e-8, weight_decay=0.0)),
    "adamw": (MuAdamW, dict(betas=BETAS, eps=1e-8, weight_decay=0.1)),
    "adam_epsilon": (MuAdam, dict(betas=BETAS, eps=1e-4, weight_decay=0.0)),
    "adamw_epsilon": (MuAdamW, dict(betas=BETAS, eps=1e-4, weight_decay=0.1)),
}
CONSTANT_STD = {"token_embedding": 1.0, "position_embedding": 0.5, "readout": 0.5}
TIED_EMBEDDING_STD = 0.4
VECTOR_STD = {"content_bias": 0.5, "position_bias": 0.5, "gamma": 0.2, "beta": 0.2, "bias": 0.2}


def random(*key):
    """A stream of its own for every (model, width, tensor)."""
    digest = hashlib.sha256("/".join(map(str, key)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def init_std(case, entry):
    """The std with which mup.init would draw this parameter at this width."""
    owner, _, leaf = entry.path.rpartition(".")
    if entry.parameter.dim() == 1:
        return sampled_scale(mup.init, "normal", entry.parameter, std=VECTOR_STD[leaf])
    if case.base.get("tied") and owner == "token_embedding":
        return sampled_scale(mup.init, "normal", entry.parameter, std=TIED_EMBEDDING_STD)
    if owner in CONSTANT_STD:
        return sampled_scale(mup.init, "normal", entry.parameter, std=CONSTANT_STD[owner])
    # Gain 1 before GELU: its tail at -5 has gradients too small for float32 Adam.
    gain = "linear" if case.kind == "Gpt" else "relu"
    return sampled_scale(mup.init, "kaiming_normal", entry.parameter, nonlinearity=gain)


def initial_weights(case, width, model):
    """Every weight non-zero (u, v, biases and norms too), as float32 in PyTorch axes."""
    weights = {}
    for entry in entries(model):
        shape = tuple(entry.parameter.shape)
        draw = random(case.name, width, entry.path).standard_normal(shape) * init_std(case, entry)
        if entry.path.endswith(".gamma"):
            draw = 1.0 + draw
        weights[entry.path] = torch.from_numpy(draw.astype(np.float32))
    return weights


def batch(case, dtype=torch.float64):
    """The one batch of a model, the same at every width and step: (input, targets)."""
    draw = random(case.name, "batch")
    config = case.base
    if case.kind == "Gpt":
        text = torch.from_numpy(draw.integers(0, config["vocab"], (BATCH, case.length + 1)))
        return text[:, :-1].contiguous(), text[:, 1:].contiguous()
    shape = (BATCH, config["d_input"]) if case.kind == "Mlp" else (BATCH, config["channels_in"], 8, 8)
    examples = torch.from_numpy(draw.standard_normal(shape).astype(np.float32)).to(dtype)
    return examples, torch.from_numpy(draw.integers(0, config["d_output"], BATCH))


def load(model, weights):
    with torch.no_grad():
        for entry in entries(model):
            entry.parameter.copy_(weights[entry.path])
    return model


def loss_of(model, examples, targets):
    logits = model(examples)
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


def train(model, optimizer, examples, targets):
    """The STEPS + 1 losses: before every step, and after the last one."""
    losses = []
    for _ in range(STEPS):
        loss = loss_of(model, examples, targets)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        losses.append(loss_of(model, examples, targets).item())
    return losses


def learning_rate(case, run):
    return case.learning_rates[run.split("_")[0]]


def run_trajectory(case, run, model, dtype=torch.float64):
    constructor, settings = RUNS[run]
    optimizer = constructor(model.parameters(), lr=learning_rate(case, run), **settings)
    return train(model, optimizer, *batch(case, dtype))


def largest_relative_difference(left, right):
    """max |left - right| / max |right| over the entries of one tensor."""
    return ((left.double() - right.double()).abs().max() / right.double().abs().max()).item()


def final_parameters(case, width, run, dtype=torch.float64):
    """Path to parameter after STEPS steps, in PyTorch axes, and the losses on the way."""
    model = build(case, case.targets[width]).to(dtype)
    load(model, initial_weights(case, width, model))
    losses = run_trajectory(case, run, model, dtype)
    return {entry.path: entry.parameter.detach() for entry in entries(model)}, losses


def float32_errors(case, width, run):
    """Per path, how far PyTorch's own float32 run ends from the float64 one."""
    exact, _ = final_parameters(case, width, run)
    rounded, _ = final_parameters(case, width, run, torch.float32)
    return {path: largest_relative_difference(rounded[path], exact[path]) for path in exact}


def tensors(case, width):
    """Everything that goes into one safetensors file, in Burn axes."""
    config = case.targets[width]
    model = build(case, config)
    weights = initial_weights(case, width, model)
    found = entries(model)
    out = {f"init/{e.path}": e.to_burn(weights[e.path]) for e in found}
    examples, targets = batch(case)
    is_gpt = case.kind == "Gpt"
    out["tokens" if is_gpt else "input"] = examples if is_gpt else examples.float()
    out["targets"] = targets
    with torch.no_grad():
        out["logits64"] = load(model, weights)(examples)
    out["logits"] = out["logits64"].float()
    for run in RUNS:
        final, losses = final_parameters(case, width, run)
        out[f"loss/{run}"] = torch.tensor(losses, dtype=torch.float64)
        for entry in found:
            out[f"{run}/{entry.path}"] = entry.to_burn(final[entry.path].float())
    return out
