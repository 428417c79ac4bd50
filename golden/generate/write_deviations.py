"""deviations.json: what microsoft/mup does where this project follows the paper instead."""
import mup.init
import torch
from mup import set_base_shapes
from torch import nn

from cases import cases
from header import write_json
from measure import OPTIMIZERS, LEARNING_RATE, WEIGHT_DECAY, optimizer_settings, rescale_factors, sampled_scale


class TwoStorages(nn.Module):
    """The same vector of n_head*d_head numbers, once with two axes and once with one."""

    def __init__(self, n_head, d_head):
        super().__init__()
        self.two_axes = nn.Parameter(torch.zeros(n_head, d_head))
        self.flat = nn.Parameter(torch.zeros(n_head * d_head))


def vector_storage(base, delta, target):
    model = set_base_shapes(TwoStorages(*target), TwoStorages(*base), delta=TwoStorages(*delta))
    settings = optimizer_settings(model)
    rows = {
        name: {
            "shape": list(parameter.shape),
            "ninf": parameter.infshape.ninf(),
            "width_mult": float(parameter.infshape.width_mult()),
            "normal_std": sampled_scale(mup.init, "normal", parameter),
            "optimizers": {optimizer: settings[optimizer][name] for optimizer in OPTIMIZERS},
        }
        for name, parameter in model.named_parameters()
    }
    return {"base": base, "delta": delta, "target": target} | rows


def transposed_convolution():
    """ConvTranspose keeps [in, out, ...]; mup reads axis 1 as fan-in whatever the layer."""
    base, delta, target = [4, 6], [5, 7], [8, 24]  # [in, out] channels
    layers = [nn.ConvTranspose2d(*channels, 3, bias=False) for channels in (target, base, delta)]
    model = set_base_shapes(layers[0], layers[1], delta=layers[2])
    fan_in, fan_out = model.weight.infshape.fanin_fanout()
    return {
        "pytorch_shape": list(model.weight.shape),
        "pytorch_base_shape": list(layers[1].weight.shape),
        "fan_in_mult": float(fan_in.width_mult()),
        "fan_out_mult": float(fan_out.width_mult()),
        "normal_std": sampled_scale(mup.init, "normal", model.weight),
        "optimizers": {o: found["weight"] for o, found in optimizer_settings(model).items()},
    }


def tied_readout():
    (case,) = [case for case in cases() if case.name == "gpt_relative_tied"]
    rows = []
    for config in case.targets:
        factors = rescale_factors(case, config)
        width_mult = config["d_model"] / case.base["d_model"]
        factor = factors["token_embedding.weight"]
        rows.append({"d_model": config["d_model"], "width_mult": width_mult, "rescale_factor": factor})
    return rows


def write_deviations():
    write_json("deviations.json", {
        "optimizer_settings": {"lr": LEARNING_RATE, "weight_decay": WEIGHT_DECAY},
        "normal_std": 0.7,
        "tied_readout": {"path": "token_embedding.weight", "widths": tied_readout()},
        "conv_transpose2d": transposed_convolution(),
        "vector_stored_with_two_axes": [
            vector_storage([2, 4], [3, 6], [4, 8]),
            vector_storage([2, 4], [3, 6], [4, 16]),
            vector_storage([2, 4], [3, 6], [8, 4]),
            vector_storage([2, 4], [3, 4], [4, 4]),
            vector_storage([2, 4], [2, 6], [2, 8]),
        ],
    })  # fmt: skip
