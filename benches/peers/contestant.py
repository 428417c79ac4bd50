"""A contestant of `cargo xtask bench peers`: reads requests as JSON lines, answers each with one line.

Whatever else is printed goes to stderr. The requests are those of xtask/src/bench/protocol.rs.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import time

import torch

from training import Training


def memory(field):
    """A line of /proc/self/status in bytes, or nothing where there is no such file."""
    try:
        with open("/proc/self/status", encoding="ascii") as lines:
            for line in lines:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def matmul(size, repetitions):
    """The fastest of several products of two square matrices, in GFLOP/s."""
    left, right = torch.rand(size, size), torch.rand(size, size)
    out, fastest = torch.empty(size, size), float("inf")
    for _ in range(repetitions + 1):
        start = time.perf_counter()
        torch.mm(left, right, out=out)
        fastest = min(fastest, time.perf_counter() - start)
    return 2.0 * size**3 / fastest / 1e9


def settle():
    """One step of a tiny model, so that what PyTorch loads on first use does not count as memory of the model."""
    layer = torch.nn.Linear(8, 8)
    optimizer = torch.optim.AdamW(layer.parameters())
    layer(torch.ones(8, 8)).sum().backward()
    optimizer.step()


class Contestant:
    def __init__(self, variant):
        self.variant, self.training, self.before = variant, None, None

    def hello(self):
        versions = {name: importlib.metadata.version(name) for name in ("torch", "mup")}
        return {"versions": versions | {"python": platform.python_version()}}

    def build(self, shape, weights):
        settle()
        self.before = memory("VmRSS")
        self.training = Training(shape, weights, self.variant)
        return {"parameters": self.training.n_parameters()}

    def check(self, steps):
        return {"losses": self.training.check(steps)}

    def repetition(self, first, steps):
        return self.training.repetition(first, steps)

    def memory(self):
        return {"before": self.before, "peak": memory("VmHWM")}

    def matmul(self, size, repetitions):
        return {"gflops": matmul(size, repetitions)}


REQUESTS = ("hello", "build", "check", "repetition", "memory", "matmul")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--variant", choices=("eager", "fused", "compile"), required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # compilers and libraries may print
    torch.set_num_threads(arguments.threads)
    contestant = Contestant(arguments.variant)
    for line in sys.stdin:
        request = json.loads(line)
        name = request.pop("do")
        if name not in REQUESTS:
            raise ValueError(f"unknown request {name}")
        print(json.dumps(getattr(contestant, name)(**request)), file=answers, flush=True)


if __name__ == "__main__":
    main()
