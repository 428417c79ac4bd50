"""microsoft/mup's own coordinate check on the Gpt twin; prints log-log slopes.

Run as `python golden/generate/coord_check.py`.
"""
import one_thread  # noqa: F401

import mup.init
import numpy as np
import torch
from mup import set_base_shapes
from mup.coord_check import get_coord_data
from torch import nn

from cases import gpt
from layout import entries
from models import Gpt, PlainReadout
from train import CONSTANT_STD

WIDTHS, BASE, STEPS, SEEDS, LENGTH, BATCH = (32, 64, 128), 32, 4, 5, 8, 32


def config(width):
    return gpt(width, width // 8, 8, 2 * width)


def draw_weights(model, init):
    """Constant std for embedding and readout, LeCun for the rest; u and v non-zero."""
    for entry in entries(model):
        owner, _, leaf = entry.path.rpartition(".")
        if owner in CONSTANT_STD:
            std = CONSTANT_STD[owner]
            if init is nn.init and owner == "readout":
                std *= (BASE / entry.parameter.shape[1]) ** 0.5
            init.normal_(entry.parameter, std=std)
        elif entry.parameter.dim() == 2:
            init.kaiming_normal_(entry.parameter, nonlinearity="linear")
        elif leaf in ("content_bias", "position_bias"):
            init.normal_(entry.parameter, std=0.5)
        elif leaf != "gamma":
            nn.init.zeros_(entry.parameter)


def maximal_update(width):
    model = Gpt(config(width), config(BASE))
    delta = Gpt(config(2 * BASE), config(BASE))
    set_base_shapes(model, Gpt(config(BASE), config(BASE)), delta=delta, rescale_params=False)
    draw_weights(model, mup.init)
    return model


def standard(width):
    model = Gpt(config(width), config(width), readout=PlainReadout)
    draw_weights(model, nn.init)
    return model


def slopes(build, optimizer, lr):
    """Per module: the slope of log2 mean |activation| against log2 width at each step."""
    models = {width: lambda width=width: build(width) for width in WIDTHS}
    draw = np.random.default_rng(0)
    text = torch.from_numpy(draw.integers(0, 11, (BATCH, LENGTH + 1)))
    loader = [(text[:, :-1], text[:, 1:].reshape(-1))]
    data = get_coord_data(
        models, loader, optimizer=optimizer, lr=lr, mup=build is maximal_update, nsteps=STEPS,
        nseeds=SEEDS, flatten_output=True, cuda=False, show_progress=False,
    )  # fmt: skip
    mean = data.groupby(["module", "t", "width"])["l1"].mean()
    x = np.log2(WIDTHS)
    return {
        module or "logits": [np.polyfit(x, np.log2(mean[module, t].loc[list(WIDTHS)]), 1)[0] for t in range(1, STEPS + 1)]
        for module in data["module"].unique()
    }


def main():
    for name, build in (("mup", maximal_update), ("standard", standard)):
        for optimizer, lr in (("adam", 0.01), ("sgd", 0.1)):
            found = slopes(build, optimizer, lr)
            print(f"{name}, {optimizer} lr {lr}, widths {WIDTHS}: slope before each of steps 1 to {STEPS}")
            for module, values in found.items():
                print(f"  {module:38}" + " ".join(f"{value:+.2f}" for value in values))
            print(f"  largest: {max(max(values) for values in found.values()):+.2f}")


if __name__ == "__main__":
    main()
