"""One trial of a study, in PyTorch with microsoft/mup.

Started by `mup-transfer tune` as `python3 trial.py FILE`. FILE holds what the trial is:

    {"seed": 0, "steps": 200, "values": {"learning-rate": 0.0156}, "proxy": {"width": 64, ...}, ...}

and one JSON object a line on standard output is all that the tool wants back. To tune a program of your own, keep
`main` and the two `report` lines, and replace what is between them.
"""
import json
import math
import sys
from pathlib import Path

import mup
import numpy
import torch
from torch.nn import functional as F

from model import build


def main():
    trial = json.loads(Path(sys.argv[1]).read_text())
    train(trial["proxy"], trial["values"], seed=trial["seed"], steps=trial["steps"])


def report(**metrics):
    """Flushed, so that progress is seen and a killed trial leaves what it did."""
    print(json.dumps(metrics), flush=True)


def train(proxy, values, seed, steps):
    torch.manual_seed(seed)
    shape = proxy["batch"], proxy["context"]
    text = training_text(proxy["text"])
    sizes = {name: proxy[name.replace("_", "-")] for name in ("base_width", "d_head", "n_layer", "context")}
    model = build(proxy["width"], **sizes)
    optimizer = mup.MuAdamW(
        model.parameters(), lr=values["learning-rate"], betas=(0.9, 0.95), eps=1e-8, weight_decay=proxy["weight-decay"]
    )
    # A scheduler multiplies the rate of every group. Never write group["lr"] = rate: that would undo muP.
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: factor(step, steps))
    report(parameters=sum(parameter.numel() for parameter in model.parameters()), tokens=steps * math.prod(shape))
    for step in range(steps):
        tokens, targets = batch(text, shape, seed, step)
        loss = F.cross_entropy(model(tokens).flatten(0, 1), targets.flatten())
        report(step=step, loss=loss.item())
        if not loss.isfinite():
            return
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()


def factor(step, steps):
    """A linear warm-up over a twentieth, then linear decay to zero over the trial's own horizon."""
    warm_up = max(steps // 20, 1)
    if step < warm_up:
        return (step + 1) / warm_up
    return (steps - step) / max(steps - warm_up, 1)


def training_text(path):
    """Bytes; the last twentieth is kept for validation."""
    text = numpy.fromfile(path, dtype=numpy.uint8)
    return text[: len(text) - len(text) // 20]


def batch(text, shape, seed, step):
    """Windows at random places and the bytes that follow: a pure function of seed and step, the same in every trial."""
    n_windows, context = shape
    starts = numpy.random.default_rng([seed, step]).integers(len(text) - context, size=n_windows)
    windows = torch.from_numpy(text[starts[:, None] + numpy.arange(context + 1)].astype(numpy.int64))
    return windows[:, :-1], windows[:, 1:]


if __name__ == "__main__":
    main()
