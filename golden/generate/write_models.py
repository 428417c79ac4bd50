"""One JSON and three safetensors files per model."""
import math

from header import write_json, write_tensors
from layout import burn_shapes
from measure import LEARNING_RATE, SAMPLERS, WEIGHT_DECAY, build, parameter_rows
from models import KINDS
from train import ILL_CONDITIONED, RUNS, STEPS, float32_errors, learning_rate, tensors


def constants(case, config, model):
    """Burn's constant tensors, which PyTorch keeps inside its modules, not as parameters."""
    found = {}
    for name, module in model.named_modules():
        if name in ("readout", "tied_readout"):
            width = module.weight.shape[-1]
            found[f"{name}.multiplier"] = {"shape": [width], "value": 1.0 / module.width_mult()}
        if name.endswith(".attention"):
            found[f"{name}.logit_scale"] = {"shape": [module.d_head], "value": module.logit_scale}
            assert module.logit_scale == math.sqrt(case.base["d_head"]) / config["d_head"]
    return found


def all_shapes(case, config):
    model = build(case, config)
    shapes = {path: found["shape"] for path, found in constants(case, config, model).items()}
    return burn_shapes(model) | shapes


def ill_conditioned(case, width):
    """Tensors that PyTorch's float32 run misses by over ILL_CONDITIONED, two digits."""
    found = {}
    for run in RUNS:
        errors = float32_errors(case, width, run)
        found[run] = {path: float(f"{e:.1e}") for path, e in errors.items() if e > ILL_CONDITIONED}
    return found


def width_section(case, width):
    config = case.targets[width]
    model = build(case, config)
    return {
        "index": width,
        "config": config,
        "tensors": write_tensors(f"{case.name}_w{width}.safetensors", tensors(case, width)),
        "shapes": all_shapes(case, config),
        "constants": constants(case, config, model),
        "ill_conditioned": ill_conditioned(case, width),
        "parameters": parameter_rows(case, config),
    }


def write_model(case):
    runs = {
        run: {"lr": learning_rate(case, run), "dampening": 0.0, "nesterov": False, **settings}
        if run.startswith("sgd")
        else {"lr": learning_rate(case, run), **settings}
        for run, (_, settings) in RUNS.items()
    }
    write_json(f"{case.name}.json", {
        "model": case.name,
        "kind": case.kind,
        "samplers": {name: arguments for name, (_, arguments) in SAMPLERS.items()},
        "optimizer_settings": {"lr": LEARNING_RATE, "weight_decay": WEIGHT_DECAY},
        "trajectory": {"steps": STEPS, "runs": runs},
        "base_config": case.base,
        "delta_config": case.delta,
        "base_shapes": all_shapes(case, case.base),
        "delta_shapes": all_shapes(case, case.delta),
        "widths": [width_section(case, width) for width in range(len(case.targets))],
    })  # fmt: skip
