"""complete_p.json: what CompleteP's own code prescribes, parameter by parameter.

    git clone --branch completep https://github.com/EleutherAI/nanoGPT-mup && git -C nanoGPT-mup checkout 6f8bc3b
    python golden/generate/depth/complete_p.py nanoGPT-mup

Rates, decay and ε are those of the groups that `configure_optimizers` makes; standard deviations are what
`torch.nn.init.normal_` was called with last; the branch's factor is `Block.residual_scaling`.
"""
import sys

import torch

from header import write_json

BASE = {"n_layer": 2, "n_embd": 32}
SIZES = [{"n_layer": 2, "n_embd": 32}, {"n_layer": 8, "n_embd": 128}, {"n_layer": 6, "n_embd": 96}, {"n_layer": 1, "n_embd": 64}]
ALPHAS = [1.0, 0.75, 0.5]
SETTINGS = {"weight_decay": 0.1, "learning_rate": 1e-2, "betas": [0.9, 0.95], "adam_eps": 1e-12}


def drawn(init):
    """Calls init and returns the last standard deviation by tensor."""
    stds, normal = {}, torch.nn.init.normal_

    def remember(tensor, mean=0.0, std=1.0):
        stds[id(tensor)] = std
        return normal(tensor, mean, std)

    torch.nn.init.normal_ = remember
    try:
        return init(), stds
    finally:
        torch.nn.init.normal_ = normal


def prescriptions(nano, size, alpha):
    config = nano.GPTConfig(
        block_size=16, vocab_size=50, n_head=size["n_embd"] // 16, bias=True, mup_enabled=True,
        mup_width_multiplier=size["n_embd"] / BASE["n_embd"], depth_alpha_enabled=True,
        depth_multiplier=size["n_layer"] / BASE["n_layer"], depth_alpha_exp=alpha, **size,
    )
    model, stds = drawn(lambda: nano.GPT(config))
    optimizer = model.configure_optimizers(**SETTINGS, device_type="cpu")
    groups = {id(p): group for group in optimizer.param_groups for p in group["params"]}
    row = lambda name, p: {
        "name": name,
        "shape": list(p.shape),
        "std": stds.get(id(p)),
        "lr_scale": groups[id(p)]["lr_scale"],
        "weight_decay": groups[id(p)]["weight_decay"],
        "eps": groups[id(p)]["eps"],
    }
    (factor,) = {block.residual_scaling for block in model.transformer.h}
    parameters = [row(name, p) for name, p in model.named_parameters()]
    return size | {"alpha": alpha, "residual_scaling": factor, "parameters": parameters}


def main(clone):
    sys.path.insert(0, clone)
    import model as nano

    runs = [prescriptions(nano, size, alpha) for alpha in ALPHAS for size in SIZES]
    source = "EleutherAI/nanoGPT-mup, branch completep, commit 6f8bc3bdc744556141255f810a22387b2255b6c1"
    write_json("complete_p.json", ["torch"], {"source": source, "base": BASE, "settings": SETTINGS, "runs": runs})


if __name__ == "__main__":
    main(*sys.argv[1:])
