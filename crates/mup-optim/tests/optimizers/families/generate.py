"""Write families.json: what torch.optim, optax and pytorch-optimizer compute step by step, for tests/families.rs.

    pip install torch==2.15.0 optax==0.2.8 pytorch-optimizer==4.1.0
    python generate.py        # Python 3.11; some seconds on one core

The model is up d -> f with a bias, down f -> d (Burn's axis order: [in, out]), d = 4, f = 6, where every factor of a
plan is 1. Muon also at d = 6, f = 12, base d = 4, f = 6: there its rate is lr * sqrt(m_out/m_in) * f(base)/f(target),
with f its own factor of the shape, and decay keeps rate * decay; written out by hand below.

Everything is computed in float64 from values that float32 represents exactly. torch.optim.Muon casts to bfloat16 before
its iteration; here that cast, and nothing else of its code, is one to float64.
"""

import hashlib
import json
import math
import pathlib
import platform

import jax
import numpy
import optax
import torch
from importlib.metadata import version
from pytorch_optimizer import Adan

jax.config.update("jax_enable_x64", True)
HERE = pathlib.Path(__file__).parent
STEPS = 5
BASE, TARGET = (4, 6), (6, 12)
PATHS = ("up.weight", "up.bias", "down.weight")

HYPERPARAMETERS = {
    "muon": {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.3},
    "muon_match_rms": {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.3},
    "muon_plain_momentum": {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.0},
    "lion": {"lr": 0.01, "beta_1": 0.9, "beta_2": 0.95, "weight_decay": 0.3},
    "lamb": {"lr": 0.02, "beta_1": 0.9, "beta_2": 0.95, "epsilon": 1e-3, "weight_decay": 0.05},
    "adafactor": {"lr": 0.02, "decay_rate": 0.8, "clip_threshold": 0.7},
    "adafactor_scaled": {"lr": 0.02, "decay_rate": 0.7, "clip_threshold": 0.7, "epsilon_2": 0.4},
    "adafactor_torch": {"lr": 0.02, "decay_rate": 0.8, "clip_threshold": 1.0, "weight_decay": 0.3},
    "rmsprop": {"lr": 0.01, "alpha": 0.95, "epsilon": 1e-3, "momentum": 0.0, "l2": 0.05},
    "rmsprop_centered": {"lr": 0.01, "alpha": 0.95, "epsilon": 1e-3, "momentum": 0.9, "l2": 0.0},
    "adagrad": {"lr": 0.02, "epsilon": 1e-3, "l2": 0.05},
    "adan": {"lr": 0.02, "beta_1": 0.98, "beta_2": 0.92, "beta_3": 0.99, "epsilon": 1e-3, "weight_decay": 0.3},
}


def shapes(d, f):
    return {"up.weight": (d, f), "up.bias": (f,), "down.weight": (f, d)}


def numbers(rng, sizes, scale):
    return {path: rng.normal(0.0, scale, shape).astype(numpy.float32).astype(numpy.float64) for path, shape in shapes(*sizes).items()}


def flat(tensors):
    return {path: numpy.asarray(tensor).flatten().tolist() for path, tensor in tensors.items()}


# PyTorch's Linear is [out, in].
def to_torch(values):
    return {path: torch.tensor(value.T if value.ndim == 2 else value).contiguous() for path, value in values.items()}


def from_torch(tensors):
    return {path: tensor.detach().T.numpy() if tensor.ndim == 2 else tensor.detach().numpy() for path, tensor in tensors.items()}


def by_torch(make, start, gradients, paths=PATHS):
    parameters = {path: torch.nn.Parameter(value) for path, value in to_torch(start).items() if path in paths}
    optimizer = make(parameters)
    after = []
    for gradient in gradients:
        for path, value in to_torch(gradient).items():
            if path in paths:
                parameters[path].grad = value
        optimizer.step()
        after.append(flat(from_torch(parameters)))
    return after


def muon(name, sizes, start, gradients):
    h = HYPERPARAMETERS[name]
    adjust = "match_rms_adamw" if name == "muon_match_rms" else "original"
    factor = {
        "original": lambda fan_in, fan_out: math.sqrt(max(1.0, fan_out / fan_in)),
        "match_rms_adamw": lambda fan_in, fan_out: 0.2 * math.sqrt(max(fan_out, fan_in)),
    }[adjust]

    def group(path, parameter):
        (fan_in, fan_out), (base_in, base_out) = shapes(*sizes)[path], shapes(*BASE)[path]
        width = math.sqrt((fan_out / base_out) / (fan_in / base_in))
        c = width * factor(base_in, base_out) / factor(fan_in, fan_out)
        return dict(params=[parameter], lr=h["lr"] * c, weight_decay=h["weight_decay"] / c)

    def make(parameters):
        groups = [group(path, parameter) for path, parameter in parameters.items()]
        nesterov = name != "muon_plain_momentum"
        return torch.optim.Muon(groups, momentum=h["momentum"], nesterov=nesterov, adjust_lr_fn=adjust)

    half, torch.bfloat16 = torch.bfloat16, torch.float64
    try:
        return by_torch(make, start, gradients, ("up.weight", "down.weight"))
    finally:
        torch.bfloat16 = half


def torch_runs():
    h = HYPERPARAMETERS

    def all_of(kind, **settings):
        return lambda parameters: kind(list(parameters.values()), **settings)

    def rmsprop(name, centered):
        r = h[name]
        return all_of(
            torch.optim.RMSprop, lr=r["lr"], alpha=r["alpha"], eps=r["epsilon"], momentum=r["momentum"], centered=centered, weight_decay=r["l2"]
        )

    f, g, a = h["adafactor_torch"], h["adagrad"], h["adan"]
    return {
        "adafactor_torch": all_of(
            torch.optim.Adafactor, lr=f["lr"], beta2_decay=-f["decay_rate"], d=f["clip_threshold"], weight_decay=f["weight_decay"]
        ),
        "rmsprop": rmsprop("rmsprop", False),
        "rmsprop_centered": rmsprop("rmsprop_centered", True),
        "adagrad": all_of(torch.optim.Adagrad, lr=g["lr"], eps=g["epsilon"], weight_decay=g["l2"]),
        "adan": all_of(
            Adan, lr=a["lr"], betas=(a["beta_1"], a["beta_2"], a["beta_3"]), eps=a["epsilon"], weight_decay=a["weight_decay"], foreach=False
        ),
    }


def optax_runs():
    h = HYPERPARAMETERS
    lion, lamb, plain, scaled = h["lion"], h["lamb"], h["adafactor"], h["adafactor_scaled"]

    def adafactor(of, scale):
        return optax.adafactor(
            of["lr"], min_dim_size_to_factor=1, decay_rate=of["decay_rate"], clipping_threshold=of["clip_threshold"], multiply_by_parameter_scale=scale
        )

    # optax fixes the least scale at 1e-3; the same chain with another one.
    least = optax.chain(
        optax.scale_by_factored_rms(min_dim_size_to_factor=1, decay_rate=scaled["decay_rate"]),
        optax.clip_by_block_rms(scaled["clip_threshold"]),
        optax.scale_by_param_block_rms(min_scale=scaled["epsilon_2"]),
        optax.scale(-scaled["lr"]),
    )
    return {
        "lion": optax.lion(lion["lr"], b1=lion["beta_1"], b2=lion["beta_2"], weight_decay=lion["weight_decay"]),
        "lamb": optax.lamb(lamb["lr"], b1=lamb["beta_1"], b2=lamb["beta_2"], eps=lamb["epsilon"], weight_decay=lamb["weight_decay"]),
        "adafactor": adafactor(plain, False),
        "adafactor_scaled": least,
    }


def by_optax(transformation, start, gradients):
    parameters = {path: jax.numpy.asarray(value) for path, value in start.items()}
    state, after = transformation.init(parameters), []
    for gradient in gradients:
        gradient = {path: jax.numpy.asarray(value) for path, value in gradient.items()}
        updates, state = transformation.update(gradient, state, parameters)
        parameters = optax.apply_updates(parameters, updates)
        after.append(flat(parameters))
    return after


def main():
    rng = numpy.random.default_rng(20261127)
    models = {}
    for name, sizes in (("base", BASE), ("target", TARGET)):
        start = numbers(rng, sizes, 0.3)
        # Gradients near epsilon, so that it shows.
        gradients = [numbers(rng, sizes, 3e-3) for _ in range(STEPS)]
        after = {kind: muon(kind, sizes, start, gradients) for kind in ("muon", "muon_match_rms", "muon_plain_momentum")}
        if name == "base":
            after |= {kind: by_torch(make, start, gradients) for kind, make in torch_runs().items()}
            after |= {kind: by_optax(chain, start, gradients) for kind, chain in optax_runs().items()}
        models[name] = {"start": flat(start), "gradients": [flat(gradient) for gradient in gradients], "after": after}
    versions = {name: version(name) for name in ("torch", "optax", "jax", "numpy", "pytorch-optimizer")}
    sha256 = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    header = {"generator": "generate.py", "sha256": sha256, "versions": {"python": platform.python_version(), **versions}}
    out = {"header": header, "hyperparameters": HYPERPARAMETERS, "models": models}
    (HERE / "families.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
