"""Writes mup_init.json: the standard deviations and bounds that microsoft/mup's initializers use.

Run with the packages of golden/requirements.txt installed:  python generate.py
Every parameter grows by its own factors (fan-in by 4, fan-out by 3, or only one of them), so that an
initializer that looks at the wrong axis gives another number. The numbers are recorded where they enter
PyTorch's samplers; nothing random is stored.
"""

import hashlib
import json
import math
from importlib.metadata import version
from pathlib import Path

import mup
import mup.init
import torch
from mup.infshape import InfDim, InfShape

HERE = Path(__file__).resolve().parent


def torch_shape(axes, dims):
    """Our storage order to PyTorch's [out, in, kernel...]."""
    order = [axes.index("out"), axes.index("in")] + [i for i, axis in enumerate(axes) if axis == "kernel"]
    return order, [dims[i] for i in order]


PARAMETERS = [
    # name, axes in Burn's storage order, base dims, infinite axes, factors
    ("input", ["in", "out"], [24, 64], [1], [1, 3]),
    ("hidden_up", ["in", "out"], [64, 96], [0, 1], [4, 3]),
    ("hidden_down", ["in", "out"], [96, 64], [0, 1], [2, 5]),
    ("hidden_at_base", ["in", "out"], [64, 96], [0, 1], [1, 1]),
    ("output", ["in", "out"], [64, 10], [0], [4, 1]),
    ("finite", ["in", "out"], [24, 10], [], [1, 1]),
    ("conv_input", ["out", "in", "kernel", "kernel"], [16, 3, 3, 5], [0], [3, 1, 1, 1]),
    ("conv_hidden", ["out", "in", "kernel", "kernel"], [16, 24, 3, 5], [0, 1], [3, 2, 1, 1]),
]

GAIN = torch.nn.init.calculate_gain
DISTRIBUTIONS = [
    ({"normal": {"std": 0.7}}, lambda t: mup.init.normal_(t, std=0.7)),
    ({"uniform": {"bound": 0.3}}, lambda t: mup.init.uniform_(t, a=-0.3, b=0.3)),
    (
        {"truncated_normal": {"std": 0.7, "a": -1.1, "b": 1.1}},
        lambda t: mup.init.trunc_normal_(t, std=0.7, a=-1.1, b=1.1),
    ),
    ({"xavier_normal": {"gain": 1.3}}, lambda t: mup.init.xavier_normal_(t, gain=1.3)),
    ({"xavier_uniform": {"gain": 1.3}}, lambda t: mup.init.xavier_uniform_(t, gain=1.3)),
    (
        {"kaiming_normal": {"gain": GAIN("relu"), "mode": "fan_in"}},
        lambda t: mup.init.kaiming_normal_(t, nonlinearity="relu"),
    ),
    (
        {"kaiming_normal": {"gain": GAIN("tanh"), "mode": "fan_out"}},
        lambda t: mup.init.kaiming_normal_(t, mode="fan_out", nonlinearity="tanh"),
    ),
    (
        {"kaiming_uniform": {"gain": GAIN("leaky_relu", math.sqrt(5)), "mode": "fan_in"}},
        lambda t: mup.init.kaiming_uniform_(t, a=math.sqrt(5)),
    ),
    (
        {"kaiming_uniform": {"gain": GAIN("leaky_relu", 0.2), "mode": "fan_out"}},
        lambda t: mup.init.kaiming_uniform_(t, a=0.2, mode="fan_out"),
    ),
]


def recorded(initializer, tensor):
    """Runs an initializer with PyTorch's samplers replaced by ones that note their arguments."""
    seen = []

    def normal(tensor, mean, std, generator=None):
        assert mean == 0
        seen.append({"normal": {"std": float(std)}})
        return tensor

    def uniform(tensor, a, b, generator=None):
        assert a == -b
        seen.append({"uniform": {"bound": float(b)}})
        return tensor

    def truncated(tensor, mean, std, a, b, generator=None):
        assert mean == 0
        seen.append({"truncated_normal": {"std": float(std), "a": float(a), "b": float(b)}})
        return tensor

    class Tensor(torch.Tensor):
        def normal_(self, mean=0, std=1):
            return normal(self, mean, std)

        def uniform_(self, a=0, b=1):
            return uniform(self, a, b)

    init = mup.init
    saved = init._no_grad_normal_, init._no_grad_uniform_, init._no_grad_trunc_normal_
    init._no_grad_normal_, init._no_grad_uniform_, init._no_grad_trunc_normal_ = normal, uniform, truncated
    try:
        infshape = tensor.infshape
        tensor = tensor.as_subclass(Tensor)
        tensor.infshape = infshape
        initializer(tensor)
    finally:
        init._no_grad_normal_, init._no_grad_uniform_, init._no_grad_trunc_normal_ = saved
    (draw,) = seen
    return draw


def main():
    parameters, cases = [], []
    for name, axes, base, infinite, factors in PARAMETERS:
        dims = [size * factor for size, factor in zip(base, factors)]
        parameters.append({"path": name, "axes": axes, "base": base, "infinite": infinite, "dims": dims})
        order, shape = torch_shape(axes, dims)
        for distribution, initializer in DISTRIBUTIONS:
            tensor = torch.zeros(shape)
            tensor.infshape = InfShape([InfDim(base[i] if i in infinite else None, dims[i]) for i in order])
            cases.append({"path": name, "distribution": distribution, "draw": recorded(initializer, tensor)})
    header = {
        "generator": "generate.py",
        "generator_sha256": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
        "versions": {"mup": version("mup"), "torch": version("torch")},
    }
    lines = [f'"header": {json.dumps(header)}']
    for key, values in (("parameters", parameters), ("cases", cases)):
        lines.append(f'"{key}": [\n' + ",\n".join(json.dumps(value) for value in values) + "\n]")
    (HERE / "mup_init.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
