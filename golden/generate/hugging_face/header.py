"""The header of every JSON file of golden/data/hugging_face, and how files are written."""
import hashlib
import importlib.metadata
import json
from pathlib import Path

from safetensors.torch import save_file

GENERATE = Path(__file__).resolve().parent
DATA = GENERATE.parent.parent / "data" / "hugging_face"
PACKAGES = ("transformers", "torch", "safetensors", "numpy")


def generator_sha256():
    """SHA-256 over, for each *.py file of this folder sorted by name: name, newline, contents."""
    digest = hashlib.sha256()
    for file in sorted(GENERATE.glob("*.py"), key=lambda file: file.name):
        digest.update(file.name.encode() + b"\n" + file.read_bytes())
    return digest.hexdigest()


def write_json(name, content):
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    header = {"format": 1, "generator_sha256": generator_sha256(), "versions": versions}
    lines = [f" {json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in ({"header": header} | content).items()]
    DATA.mkdir(exist_ok=True)
    (DATA / name).write_text("{\n" + ",\n".join(lines) + "\n}\n")


def write_tensors(name, tensors):
    DATA.mkdir(exist_ok=True)
    save_file({key: tensor.contiguous().clone() for key, tensor in tensors.items()}, DATA / name)
    (DATA / name).chmod(0o644)
    return {"file": name, "sha256": hashlib.sha256((DATA / name).read_bytes()).hexdigest()}
