"""Writes statistics.json: what microsoft/mup's coordinate check computes of a few tensors.

    python3.11 -m venv venv && venv/bin/pip install torch==2.15.0 numpy==2.4.6 pandas pyyaml tqdm
    venv/bin/pip install --no-deps mup==1.0.0
    venv/bin/python crates/mup-verdict/tests/golden/statistics.py

Inputs are float32 and written exactly; mup's functions run on them as they are in a training run (float32), and
once more in float64.
"""
import json
import pathlib
import sys
import types

import numpy
import torch

try:
    import mup.coord_check
except ModuleNotFoundError:  # mup's plots and vision examples are not needed here
    for name in ["seaborn", "matplotlib", "matplotlib.pyplot", "torchvision"]:
        sys.modules.setdefault(name, types.ModuleType(name))
    import mup.coord_check
from importlib.metadata import version

FDICT = mup.coord_check.FDICT


def case(name, x):
    statistics = {
        dtype: {key: value if numpy.isfinite(value := f(x.to(getattr(torch, dtype))).item()) else None
                for key, f in FDICT.items()}
        for dtype in ["float32", "float64"]
    }
    return {"name": name, "shape": list(x.shape), "values": [float(v) for v in x.flatten()], **statistics}


def main():
    torch.set_num_threads(1)
    random = numpy.random.default_rng(20220307)

    def draw(*shape):
        return torch.from_numpy(random.standard_normal(shape).astype(numpy.float32))

    shared = draw(1, 11)
    cases = [
        case("independent examples", draw(7, 11)),
        case("alike examples, far from 0", 3.0 + shared + 0.1 * draw(7, 11)),
        case("batch and time are both the batch", draw(3, 5, 8)),
        case("four axes, small coordinates", 1e-4 * draw(2, 3, 4, 5)),
        case("one example", draw(1, 6)),
        case("one coordinate", draw(6, 1)),
        case("a vector without batch", draw(9)),
        case("one number", draw(1, 1)),
        case("zeros", torch.zeros(4, 3)),
    ]
    versions = {"mup": version("mup"), "torch": torch.__version__, "numpy": numpy.__version__}
    text = json.dumps({"generator": "statistics.py", "versions": versions, "cases": cases}, indent=1)
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")


main()
