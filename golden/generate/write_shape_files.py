"""bsh/*.bsh: base-shape files as microsoft/mup saves them."""
from torch import nn
from mup import make_base_shapes

from header import DATA
from models import KINDS


class Layers(nn.Module):
    """One of many layer types, for what a reader must know about axes."""

    def __init__(self, width):
        super().__init__()
        self.embedding = nn.Embedding(7, width)
        self.linear = nn.Linear(width, 2 * width)
        self.conv1d = nn.Conv1d(3, width, 5)
        self.conv2d = nn.Conv2d(width, 2 * width, 3)
        self.conv_transpose2d = nn.ConvTranspose2d(2 * width, width, 3)
        self.layer_norm = nn.LayerNorm(width)
        self.batch_norm = nn.BatchNorm2d(width)
        self.group_norm = nn.GroupNorm(2, width)
        self.prelu = nn.PReLU(width)
        self.temperature = nn.Parameter(nn.init.ones_(self.linear.bias.new_empty(())))


def write_shape_files(cases):
    folder = DATA / "bsh"
    folder.mkdir(exist_ok=True)
    for case in cases:
        base, delta = (KINDS[case.kind](config, case.base) for config in (case.base, case.delta))
        make_base_shapes(base, delta, savefile=str(folder / f"{case.name}.bsh"))
    make_base_shapes(Layers(4), Layers(6), savefile=str(folder / "layers.bsh"))
    wrapped = (nn.DataParallel(Layers(width)) for width in (4, 6))
    make_base_shapes(*wrapped, savefile=str(folder / "layers_data_parallel.bsh"))
