"""One model in training, and how long each part of its steps takes."""

import gc
import importlib
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "golden" / "generate"))


def tokens_of(batch, count, vocab):
    """The tokens of a batch: splitmix64 of (batch, position), as in benches/src/tokens.rs."""
    with np.errstate(over="ignore"):
        state = np.uint64(batch << 32) + np.arange(1, count + 1, dtype=np.uint64)
        z = state * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (z ^ (z >> np.uint64(31))) % np.uint64(vocab)


def load(model, entries, path):
    """Weights as mup-train exports them: Burn's paths and layouts, multipliers beside them."""
    weights = load_file(path)
    with torch.no_grad():
        for entry in entries:
            weight = weights.pop(entry.path)
            entry.parameter.copy_(weight.T if entry.transposed else weight)
    untrained = [name for name in weights if not name.endswith((".multiplier", ".logit_scale"))]
    if untrained:
        raise ValueError(f"{path} has weights that the twin has not: {', '.join(untrained)}")


def wait(device):
    """Until the device has done everything it was given: what the clock reads is then what was computed."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class Training:
    """Built for one shape; `variant` is one of eager, fused, compile."""

    def __init__(self, shape, weights, variant, device):
        self.shape, self.device = shape, device
        # gpt.py or llama.py: build, entries, AdamW.
        decoder = importlib.import_module(shape.get("model", "gpt"))
        self.model = decoder.build(shape)
        load(self.model, decoder.entries(self.model), weights)
        self.model.to(device)
        settings = dict(lr=shape["learning_rate"], betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1)
        if variant != "eager":
            settings["fused"] = True
        self.optimizer = decoder.AdamW(self.model.parameters(), **settings)
        self.loss = torch.compile(self.model) if variant == "compile" else self.model
        gc.collect()

    def n_parameters(self):
        return sum(parameter.numel() for parameter in self.model.parameters())

    def batch(self, index):
        batch, length = self.shape["batch"], self.shape["length"]
        tokens = tokens_of(index, batch * (length + 1), self.shape["vocab"])
        rows = torch.from_numpy(tokens.astype(np.int64)).view(batch, length + 1)
        return rows[:, :-1].contiguous().to(self.device), rows[:, 1:].contiguous().to(self.device)

    def step(self, batch):
        """Milliseconds of forward, backward and optimizer, and the loss before the update."""
        wait(self.device)
        start = time.perf_counter()
        loss = self.loss(*batch)
        value = loss.item()
        forward = time.perf_counter()
        loss.backward()
        wait(self.device)
        backward = time.perf_counter()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        wait(self.device)
        end = time.perf_counter()
        return np.array([forward - start, backward - forward, end - backward]) * 1e3, value

    def check(self, steps):
        """The losses on batch 0 before each step and after the last one."""
        batch = self.batch(0)
        losses = [self.step(batch)[1] for _ in range(steps)]
        return losses + [self.loss(*batch).item()]

    def repetition(self, first, steps):
        """Mean milliseconds over some steps, each on a batch of its own, after one that is not counted."""
        self.step(self.batch(first))
        times = np.zeros(3)
        for index in range(first, first + steps):
            times += self.step(self.batch(index))[0]
        forward, backward, optimizer = (times / steps).tolist()
        return {"forward": forward, "backward": backward, "optimizer": optimizer}
