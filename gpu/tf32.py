"""What TF32 does to a training run, without a GPU: the factors of every product are rounded to TF32, sums stay in f32.

Where the tolerances of `cargo xtask devices` and `bench peers` for TF32 come from (docs/log.md, 2026-11-27):

    PYTHON gpu/tf32.py          # any Python with torch, mup and safetensors; minutes
"""

import argparse
import sys
from pathlib import Path

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "golden/generate"), str(ROOT / "benches/peers")]
import gpt as peers_gpt  # noqa: E402
import train  # noqa: E402
from cases import cases  # noqa: E402
from training import tokens_of  # noqa: E402

aten = torch.ops.aten
PRODUCTS = {aten.mm.default, aten.bmm.default, aten.addmm.default, aten.baddbmm.default}
CONVOLUTIONS = {aten.convolution.default, aten.convolution_backward.default}
# Fused attention would hide its products.
PLAIN_ATTENTION = SDPBackend.MATH


def rounded(tensor):
    """To 10 bits of fraction, to nearest, ties away from zero, as `cvt.rna.tf32.f32` has it."""
    if not isinstance(tensor, torch.Tensor) or tensor.dtype != torch.float32:
        return tensor
    bits = tensor.contiguous().view(torch.int32)
    return ((bits + 0x1000) & ~0x1FFF).view(torch.float32)


class Tf32(TorchDispatchMode):
    """Counts the products it rounds, so that a run in which it had nothing to do is no result."""

    def __init__(self, products):
        super().__init__()
        self.products, self.seen = products, 0

    def __torch_dispatch__(self, call, types, args=(), kwargs=None):
        if call in self.products:
            self.seen += 1
            # The first argument of addmm is what is added: no factor.
            first = 1 if call in (aten.addmm.default, aten.baddbmm.default) else 0
            args = [it if i < first or i >= first + 3 else rounded(it) for i, it in enumerate(args)]
        return call(*args, **(kwargs or {}))


def golden(products):
    """Largest relative differences of the golden runs of `devices` from float64: logits, losses, weights."""
    worst = dict.fromkeys(("logits", "losses", "weights"), (0.0, ""))
    for case in cases():
        width = len(case.targets) - 1
        model = train.build(case, case.targets[width])
        weights = train.initial_weights(case, width, model)
        examples = {dtype: train.batch(case, dtype)[0] for dtype in (torch.float32, torch.float64)}
        with torch.no_grad():
            exact = train.load(model.double(), weights)(examples[torch.float64])
            with Tf32(products) as mode:
                found = train.load(model.float(), weights)(examples[torch.float32])
        note(worst, "logits", train.largest_relative_difference(found, exact), case.name)
        for run in train.RUNS:
            exact, losses = train.final_parameters(case, width, run)
            single = train.float32_errors(case, width, run)
            with Tf32(products) as mode:
                ended, rough = train.final_parameters(case, width, run, torch.float32)
            if not mode.seen and products is PRODUCTS:
                raise SystemExit(f"{case.name} {run}: no product was rounded")
            difference = train.largest_relative_difference(torch.tensor(rough), torch.tensor(losses))
            note(worst, "losses", difference, f"{case.name} {run}")
            for path, tensor in exact.items():
                if single[path] <= train.ILL_CONDITIONED:
                    difference = train.largest_relative_difference(ended[path], tensor)
                    note(worst, "weights", difference, f"{case.name} {run} {path}")
    return worst


def note(worst, what, difference, where):
    print(f"{difference:.1e} {what} {where}", file=sys.stderr)
    worst[what] = max(worst[what], (difference, where))


def peers(d_model, n_layer, batch, length):
    """The largest relative difference of the losses of `bench peers` between f32 and TF32."""
    shape = dict(vocab=256, length=length, n_layer=n_layer, d_head=32, d_model=d_model, base=64)

    def losses(mode):
        torch.manual_seed(0)
        model = peers_gpt.build(shape)
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5 if parameter.dim() > 1 else 0.5)
        optimizer = train.MuAdamW(model.parameters(), lr=2e-3, weight_decay=0.1)
        rows = torch.from_numpy(tokens_of(0, batch * (length + 1), 256).astype("int64")).view(batch, length + 1)
        found = []
        with mode, sdpa_kernel(PLAIN_ATTENTION):
            for _ in range(4):
                loss = model(rows[:, :-1], rows[:, 1:])
                found.append(loss.item())
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return found

    exact, mode = losses(Tf32(set())), Tf32(PRODUCTS)
    rough = losses(mode)
    return max(abs(a - b) / a for a, b in zip(exact, rough)), mode.seen


def main():
    argparse.ArgumentParser(description=__doc__).parse_args()
    for name, products in (("products and convolutions", PRODUCTS | CONVOLUTIONS), ("convolutions", CONVOLUTIONS)):
        for what, (difference, where) in golden(products).items():
            print(f"golden, {what}, {name} in TF32: {difference:.1e} ({where})")
    for shape in ((64, 4, 8, 128), (256, 4, 8, 128), (512, 4, 8, 128)):
        difference, seen = peers(*shape)
        print(f"peers {'x'.join(map(str, shape))}, losses: {difference:.1e} ({seen} products)")


if __name__ == "__main__":
    main()
