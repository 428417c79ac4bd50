"""Write optimizers.json: what torch.optim and clip_grad_norm_ compute, for tests/torch.rs.

    python generate.py        # Python 3.11, torch 2.15.0, numpy 2.x; a second on one core

The model is input 3 -> d, up d -> f, down f -> d, readout d -> 2 (Burn's axis order: [in, out]), with base
d = 2, f = 2 and target d = 8, f = 16, so the width multipliers are m_d = 4 and m_f = 8. The factors below are
Tensor Programs V (arXiv:2203.03466v2) Table 3 written out by hand for these two numbers; decay keeps
rate * decay, epsilon follows the gradient (1/m_out, readout 1), coupled L2 under Adam follows gradient over
weight. Everything is computed in float64 from values that float32 represents exactly.
"""

import hashlib
import json
import math
import pathlib
import platform

import numpy
import torch

HERE = pathlib.Path(__file__).parent
STEPS = 10
M_D, M_F = 4.0, 8.0

SHAPES = {
    "input.weight": (3, 8),
    "input.bias": (8,),
    "up.weight": (8, 16),
    "up.bias": (16,),
    "down.weight": (16, 8),
    "down.bias": (8,),
    "readout.weight": (8, 2),
    "readout.bias": (2,),
}

# path: rate (Adam), epsilon, coupled L2 (Adam), rate (SGD)
FACTORS = {
    "input.weight": (1.0, 1 / M_D, 1 / M_D, M_D),
    "input.bias": (1.0, 1 / M_D, 1 / M_D, M_D),
    "up.weight": (1 / M_D, 1 / M_F, math.sqrt(M_D) / M_F, M_F / M_D),
    "up.bias": (1.0, 1 / M_F, 1 / M_F, M_F),
    "down.weight": (1 / M_F, 1 / M_D, math.sqrt(M_F) / M_D, M_D / M_F),
    "down.bias": (1.0, 1 / M_D, 1 / M_D, M_D),
    "readout.weight": (1 / M_D, 1.0, M_D, 1 / M_D),
    "readout.bias": (1.0, 1.0, 1.0, 1.0),
}

HYPERPARAMETERS = {
    "adamw": {"lr": 0.02, "beta_1": 0.9, "beta_2": 0.95, "epsilon": 1e-3, "weight_decay": 0.5},
    "adam": {"lr": 0.02, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-3, "l2": 0.05},
    "sgd": {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
}


def numbers(rng, shape, scale):
    return torch.tensor(rng.normal(0.0, scale, shape).astype(numpy.float32)).double()


def groups(name, parameters):
    h = HYPERPARAMETERS[name]
    for path, parameter in parameters.items():
        adam, epsilon, l2, sgd = FACTORS[path]
        if name == "adamw":
            yield dict(params=[parameter], lr=h["lr"] * adam, eps=h["epsilon"] * epsilon, weight_decay=h["weight_decay"] / adam)
        elif name == "adam":
            yield dict(params=[parameter], lr=h["lr"] * adam, eps=h["epsilon"] * epsilon, weight_decay=h["l2"] * l2)
        else:
            yield dict(params=[parameter], lr=h["lr"] * sgd, weight_decay=h["weight_decay"] / sgd)


def optimizer(name, parameters):
    h = HYPERPARAMETERS[name]
    if name == "sgd":
        return torch.optim.SGD(list(groups(name, parameters)), momentum=h["momentum"], nesterov=h["nesterov"])
    kind = torch.optim.AdamW if name == "adamw" else torch.optim.Adam
    return kind(list(groups(name, parameters)), betas=(h["beta_1"], h["beta_2"]))


def run(name, start, gradients):
    parameters = {path: torch.nn.Parameter(value.clone()) for path, value in start.items()}
    steps = optimizer(name, parameters)
    for gradient in gradients:
        for path, parameter in parameters.items():
            parameter.grad = gradient[path].clone()
        steps.step()
    return flat(parameters)


def clip(gradient, max_norm):
    parameters = {path: torch.nn.Parameter(torch.zeros_like(value)) for path, value in gradient.items()}
    for path, parameter in parameters.items():
        parameter.grad = gradient[path].clone()
    norm = torch.nn.utils.clip_grad_norm_(list(parameters.values()), max_norm)
    clipped = {path: parameter.grad for path, parameter in parameters.items()}
    return {"max_norm": max_norm, "norm": norm.item(), "clipped": flat(clipped)}


def flat(tensors):
    return {path: tensor.detach().flatten().tolist() for path, tensor in tensors.items()}


def main():
    rng = numpy.random.default_rng(20221107)
    start = {path: numbers(rng, shape, 0.3) for path, shape in SHAPES.items()}
    # Gradients near epsilon, so that its factor shows.
    gradients = [{path: numbers(rng, shape, 3e-3) for path, shape in SHAPES.items()} for _ in range(STEPS)]
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": numpy.__version__}
    sha256 = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    out = {
        "header": {"generator": "generate.py", "sha256": sha256, "versions": versions},
        "hyperparameters": HYPERPARAMETERS,
        "start": flat(start),
        "gradients": [flat(gradient) for gradient in gradients],
        "after": {name: run(name, start, gradients) for name in HYPERPARAMETERS},
        "clip": [clip(gradients[0], max_norm) for max_norm in (1e-3, 0.02, 1.0)],
    }
    (HERE / "optimizers.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
