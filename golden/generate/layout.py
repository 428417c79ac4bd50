"""From PyTorch names and axes to Burn paths and axes."""
from dataclasses import dataclass

from torch import nn

BURN_NORM = {"weight": "gamma", "bias": "beta"}


@dataclass(frozen=True)
class Entry:
    """One trainable parameter: where it lives on either side."""

    path: str
    pytorch_name: str
    parameter: nn.Parameter
    transposed: bool

    def to_burn(self, tensor):
        """Burn keeps a Linear weight as [in, out], PyTorch as [out, in]."""
        return tensor.T.contiguous() if self.transposed else tensor.contiguous()

    @property
    def burn_shape(self):
        shape = list(self.parameter.shape)
        return shape[::-1] if self.transposed else shape


def entries(model):
    """Every trainable parameter once; a tied readout shares the embedding's entry."""
    found = []
    for name, parameter in model.named_parameters():
        owner, _, leaf = name.rpartition(".")
        module = model.get_submodule(owner)
        if isinstance(module, nn.LayerNorm):
            leaf = BURN_NORM[leaf]
        transposed = isinstance(module, nn.Linear) and leaf == "weight"
        found.append(Entry(f"{owner}.{leaf}", name, parameter, transposed))
    return found


def burn_shapes(model):
    return {entry.path: entry.burn_shape for entry in entries(model)}
