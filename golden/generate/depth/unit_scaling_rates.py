"""unit_scaling.json: rates and decay by which unit-scaling 0.3.5 groups parameters for AdamW.

    pip install unit-scaling==0.3.5
    python golden/generate/depth/unit_scaling_rates.py

Two models: the library's own decoder (no biases, no gains) at several sizes, and a residual stack with biases and gains.
"""
import torch
import unit_scaling as uu
from unit_scaling.optim import lr_scale_func_adam, scaled_parameters

from header import write_json

SIZES = [{"layers": 2, "hidden": 32}, {"layers": 8, "hidden": 128}, {"layers": 6, "hidden": 96}]
VOCABULARY = 50
WEIGHT_DECAY = 0.1


def decoder(layers, hidden):
    return uu.TransformerDecoder(hidden, VOCABULARY, layers, heads=hidden // 16)


def stack(layers, hidden):
    """Blocks that normalize with a gain and map twice with biases; what they compute is of no interest here."""
    block = lambda: torch.nn.ModuleDict({
        "norm": uu.LayerNorm(hidden, elementwise_affine=True),
        "up": uu.Linear(hidden, 3 * hidden, bias=True),
        "down": uu.Linear(3 * hidden, hidden, bias=True),
    })
    return torch.nn.ModuleDict({
        "embedding": uu.Embedding(VOCABULARY, hidden),
        "layers": uu.DepthModuleList(block() for _ in range(layers)),
        "final_norm": uu.LayerNorm(hidden, elementwise_affine=True),
        "projection": uu.LinearReadout(hidden, VOCABULARY),
    })


def prescriptions(build, size):
    model = build(**size)
    groups = scaled_parameters(model.parameters(), lr_scale_func_adam, lr=1.0, weight_decay=WEIGHT_DECAY)
    groups = {id(p): group for group in groups for p in group["params"]}
    row = lambda name, p: {
        "name": name,
        "shape": list(p.shape),
        "mup_type": p.mup_type,
        "lr": groups[id(p)]["lr"],
        "weight_decay": groups[id(p)]["weight_decay"],
    }
    return size | {"model": build.__name__, "parameters": [row(name, p) for name, p in model.named_parameters()]}


def main():
    runs = [prescriptions(build, size) for build in (decoder, stack) for size in SIZES]
    content = {"source": "graphcore-research/unit-scaling 0.3.5 from PyPI", "weight_decay": WEIGHT_DECAY, "runs": runs}
    write_json("unit_scaling.json", ["torch", "unit-scaling"], content)


if __name__ == "__main__":
    main()
