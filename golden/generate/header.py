"""The header of every JSON file and how JSON and safetensors are written."""
import hashlib
import importlib.metadata
import json
import platform
from pathlib import Path

from safetensors.torch import save_file

GENERATE = Path(__file__).resolve().parent
DATA = GENERATE.parent / "data"
PACKAGES = ("torch", "mup", "numpy", "PyYAML", "safetensors")


def generator_sha256():
    """SHA-256 over, for each *.py file sorted by name: name, newline, contents."""
    digest = hashlib.sha256()
    for file in sorted(GENERATE.glob("*.py"), key=lambda file: file.name):
        digest.update(file.name.encode() + b"\n" + file.read_bytes())
    return digest.hexdigest()


def header():
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    return {
        "format": 1,
        "generator_sha256": generator_sha256(),
        "versions": {"python": platform.python_version()} | versions,
    }


def pretty(value, depth=0, width=100):
    """JSON with short values kept on one line, so that diffs stay readable."""
    compact = json.dumps(value, allow_nan=False)
    if len(compact) + depth <= width or not isinstance(value, (dict, list)):
        return compact
    pad, inner = " " * depth, " " * (depth + 1)
    if isinstance(value, dict):
        lines = [f"{inner}{json.dumps(k)}: {pretty(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{pad}}}"
    lines = [inner + pretty(v, depth + 1) for v in value]
    return "[\n" + ",\n".join(lines) + f"\n{pad}]"


def write_json(name, content):
    (DATA / name).write_text(pretty({"header": header()} | content) + "\n")


def write_tensors(name, tensors):
    """Write a safetensors file and return its name and hash, for the JSON beside it."""
    path = DATA / name
    save_file({key: tensor.contiguous().clone() for key, tensor in tensors.items()}, path)
    path.chmod(0o644)
    return {"file": name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
