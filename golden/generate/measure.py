"""What microsoft/mup prescribes per parameter, measured by calling its code."""
from contextlib import contextmanager
from unittest import mock

import mup.init
import torch
from mup import MuAdam, MuAdamW, MuSGD, set_base_shapes

from layout import entries
from models import KINDS

OPTIMIZERS = {"sgd": MuSGD, "adam": MuAdam, "adamw": MuAdamW}
LEARNING_RATE, WEIGHT_DECAY = 0.01, 0.1
SAMPLERS = {
    "normal": ("normal_", dict(std=0.7)),
    "uniform": ("uniform_", dict(a=-0.7, b=0.7)),
    "trunc_normal": ("trunc_normal_", dict(std=0.7, a=-1.4, b=1.4)),
    "xavier_normal": ("xavier_normal_", dict(gain=1.3)),
    "xavier_uniform": ("xavier_uniform_", dict(gain=1.3)),
    "kaiming_normal": ("kaiming_normal_", dict(a=0, mode="fan_in", nonlinearity="leaky_relu")),
    "kaiming_uniform": ("kaiming_uniform_", dict(a=0, mode="fan_in", nonlinearity="leaky_relu")),
}
FAN_SAMPLERS = [name for name in SAMPLERS if name.startswith(("xavier", "kaiming"))]
ROLES = {0: "scalar", 1: "vector", 2: "matrix"}


def build(case, config):
    """A float64 twin with base shapes set and nothing rescaled."""
    kind = KINDS[case.kind]
    model = kind(config, case.base).double()
    base, delta = kind(case.base, case.base), kind(case.delta, case.base)
    set_base_shapes(model, base, delta=delta, rescale_params=False)
    return model


@contextmanager
def recorded_samplers():
    """Replace every sampler by one that notes the std or bound it is given."""
    calls = []

    def normal(tensor, mean=0.0, std=1.0, *_, **__):
        assert mean == 0
        calls.append(float(std))
        return tensor

    def uniform(tensor, a=0.0, b=1.0, *_, **__):
        assert a == -b
        calls.append(float(b))
        return tensor

    def trunc_normal(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, *_, **__):
        assert mean == 0 and a == -b and abs(b / std - 2.0) < 1e-12
        calls.append(float(std))
        return tensor

    patches = [mock.patch.object(torch.Tensor, "normal_", normal)]
    patches += [mock.patch.object(torch.Tensor, "uniform_", uniform)]
    for module in (mup.init, torch.nn.init):
        patches += [mock.patch.object(module, "_no_grad_normal_", normal)]
        patches += [mock.patch.object(module, "_no_grad_uniform_", uniform)]
        patches += [mock.patch.object(module, "_no_grad_trunc_normal_", trunc_normal)]
    for patch in patches:
        patch.start()
    try:
        yield calls
    finally:
        for patch in patches:
            patch.stop()


def sampled_scale(module, sampler, parameter, **overrides):
    """The std (normal) or bound (uniform) that a sampler of `module` uses."""
    function, arguments = SAMPLERS[sampler]
    with recorded_samplers() as calls:
        getattr(module, function)(parameter, **(arguments | overrides))
    (scale,) = calls
    return scale


def init_scales(target, base):
    """Per sampler: torch's scale at the base shape and mup's at the target shape."""
    scales = {}
    for sampler in SAMPLERS:
        if sampler in FAN_SAMPLERS and target.dim() < 2:
            scales[sampler] = None
            continue
        scales[sampler] = {
            "base": sampled_scale(torch.nn.init, sampler, base),
            "target": sampled_scale(mup.init, sampler, target),
        }
    return scales


def optimizer_settings(model):
    """Per optimizer and PyTorch name: the lr and decay of the group it landed in."""
    names = {id(p): name for name, p in model.named_parameters()}
    settings = {}
    for optimizer, constructor in OPTIMIZERS.items():
        built = constructor(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        settings[optimizer] = {
            names[id(p)]: {"lr": group["lr"], "weight_decay": group["weight_decay"]}
            for group in built.param_groups
            for p in group["params"]
        }
        assert len(settings[optimizer]) == len(names)
    return settings


def rescale_factors(case, config):
    """Per PyTorch name: by what set_base_shapes(rescale_params=True) multiplies it."""
    kind = KINDS[case.kind]
    model = kind(config, case.base).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1.0)
    set_base_shapes(model, kind(case.base, case.base), delta=kind(case.delta, case.base))
    return {name: parameter.flatten()[0].item() for name, parameter in model.named_parameters()}


def parameter_rows(case, config):
    """One JSON row per trainable parameter of one target."""
    model = build(case, config)
    base = dict(build(case, case.base).named_parameters())
    settings, rescaled = optimizer_settings(model), rescale_factors(case, config)
    rows = []
    for entry in entries(model):
        parameter, name = entry.parameter, entry.pytorch_name
        infshape = parameter.infshape
        fans = (None, None) if parameter.dim() < 2 else infshape.fanin_fanout()
        rows.append({
            "path": entry.path,
            "pytorch_name": name,
            "pytorch_shape": list(parameter.shape),
            "pytorch_base_shape": infshape.base_shape(),
            "transposed": entry.transposed,
            "ninf": infshape.ninf(),
            "role": ROLES[infshape.ninf()],
            "width_mult": float(infshape.width_mult()),
            "fan_in_mult": None if fans[0] is None else float(fans[0].width_mult()),
            "fan_out_mult": None if fans[1] is None else float(fans[1].width_mult()),
            "rescale_factor": rescaled[name],
            "init": init_scales(parameter, base[name]),
            "optimizers": {o: settings[o][name] for o in OPTIMIZERS},
        })  # fmt: skip
    return rows
