"""The header of every JSON file of golden/data/depth, and how it is written."""
import hashlib
import importlib.metadata
import json
from pathlib import Path

GENERATE = Path(__file__).resolve().parent
DATA = GENERATE.parent.parent / "data" / "depth"


def generator_sha256():
    """SHA-256 over, for each *.py file of this folder sorted by name: name, newline, contents."""
    digest = hashlib.sha256()
    for file in sorted(GENERATE.glob("*.py"), key=lambda file: file.name):
        digest.update(file.name.encode() + b"\n" + file.read_bytes())
    return digest.hexdigest()


def write_json(name, packages, content):
    versions = {package: importlib.metadata.version(package) for package in packages}
    header = {"format": 1, "generator_sha256": generator_sha256(), "versions": versions}
    lines = [f" {json.dumps(key)}: {rows(value)}" for key, value in ({"header": header} | content).items()]
    DATA.mkdir(exist_ok=True)
    (DATA / name).write_text("{\n" + ",\n".join(lines) + "\n}\n")


def rows(value):
    """A list with one line for each of its objects, so that diffs stay readable."""
    if not (isinstance(value, list) and value and isinstance(value[0], dict)):
        return json.dumps(value, allow_nan=False)
    return "[\n" + ",\n".join("  " + rows_of(item) for item in value) + "\n ]"


def rows_of(item):
    long = [key for key, value in item.items() if isinstance(value, list) and value and isinstance(value[0], dict)]
    if not long:
        return json.dumps(item, allow_nan=False)
    short = {key: value for key, value in item.items() if key not in long}
    lines = [f"   {json.dumps(row, allow_nan=False)}" for key in long for row in item[key]]
    (key,) = long
    return json.dumps(short, allow_nan=False)[:-1] + f', "{key}": [\n' + ",\n".join(lines) + "\n  ]}"
