"""A contestant of `cargo xtask bench peers`: reads requests as JSON lines, answers each with one line.

Whatever else is printed goes to stderr. The requests are those of benches/src/protocol.rs.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import time

import torch

from training import Training, wait


def version(name):
    """Of a package, if there is one: who races Llamas needs no mup."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


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


def matmul(size, repetitions, device):
    """The fastest of several products of two square matrices, in GFLOP/s."""
    left, right, out = (torch.rand(size, size, device=device) for _ in range(3))
    fastest = float("inf")
    wait(device)
    for _ in range(repetitions + 1):
        start = time.perf_counter()
        torch.mm(left, right, out=out)
        wait(device)
        fastest = min(fastest, time.perf_counter() - start)
    return 2.0 * size**3 / fastest / 1e9


def settle(device):
    """One step of a tiny model, so that what PyTorch loads on first use does not count as memory of the model."""
    layer = torch.nn.Linear(8, 8, device=device)
    optimizer = torch.optim.AdamW(layer.parameters())
    layer(torch.ones(8, 8, device=device)).sum().backward()
    optimizer.step()


class Contestant:
    def __init__(self, variant, device):
        self.variant, self.device, self.training, self.before = variant, device, None, None

    def hello(self):
        versions = {name: version(name) for name in ("torch", "mup", "transformers") if version(name)}
        versions["python"] = platform.python_version()
        if self.device.type != "cuda":
            return {"versions": versions}
        versions["cuda"] = torch.version.cuda
        return {"versions": versions, "device": torch.cuda.get_device_name(self.device)}

    def build(self, shape, weights):
        settle(self.device)
        self.before = memory("VmRSS")
        self.training = Training(shape, weights, self.variant, self.device)
        return {"parameters": self.training.n_parameters()}

    def check(self, steps):
        return {"losses": self.training.check(steps)}

    def repetition(self, first, steps):
        return self.training.repetition(first, steps)

    def memory(self):
        return {"before": self.before, "peak": memory("VmHWM")}

    def matmul(self, size, repetitions):
        return {"gflops": matmul(size, repetitions, self.device)}


REQUESTS = ("hello", "build", "check", "repetition", "memory", "matmul")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--variant", choices=("eager", "fused", "compile"), required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    arguments = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # compilers and libraries may print
    torch.set_num_threads(arguments.threads)
    contestant = Contestant(arguments.variant, arguments.device)
    for line in sys.stdin:
        request = json.loads(line)
        name = request.pop("do")
        if name not in REQUESTS:
            raise ValueError(f"unknown request {name}")
        print(json.dumps(getattr(contestant, name)(**request)), file=answers, flush=True)


if __name__ == "__main__":
    main()
