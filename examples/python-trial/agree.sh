#!/usr/bin/env bash
# Tunes the learning rate of one model on one text twice with `tune`: in PyTorch with microsoft/mup (trial.py), and in
# Burn with this repository (`gpt-transfer trial`). Exit code 0 if the best rates agree within one octave, 1 if they do
# not, 2 for bad arguments, 3 if that cannot be told. Continues where it was stopped.
#
#   examples/python-trial/agree.sh TEXT [FOLDER]
#
# PYTHON=… uses a Python that has requirements.txt installed instead of making a virtual environment in FOLDER.
set -euo pipefail
if [ $# -lt 1 ] || [ $# -gt 2 ] || [ ! -f "$1" ]; then
    sed -n '2,8s/^# \?//p' "$0" >&2
    exit 2
fi
text=$(realpath "$1")
mkdir -p "${2:-runs/agreement}"
folder=$(realpath "${2:-runs/agreement}")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=examples/python-trial
bin="${CARGO_TARGET_DIR:-target}/release"
jobs="${JOBS:-1}"

if [ -z "${PYTHON:-}" ]; then
    PYTHON="$folder/venv/bin/python"
    [ -e "$PYTHON" ] || python3 -m venv "$folder/venv"
    "$PYTHON" -m pip install --quiet --requirement "$here/requirements.txt"
fi
cargo build --release -p gpt-transfer -p mup-transfer --bins --example agreement

mkdir -p "$folder/pytorch"
sed -e "s|^text = .*|text = \"$text\"|" -e "s|\"python3\"|\"$PYTHON\"|" "$here/study.toml" > "$folder/pytorch/study.toml"
"$bin/mup-transfer" tune "$folder/pytorch" --jobs "$jobs"
# What study.toml says; `agreement` refuses studies that differ.
"$bin/gpt-transfer" tune --study "$folder/ours" --text "$text" --proxy-width 128 --base-width 16 --d-head 16 \
    --n-layer 2 --context 32 --batch 16 --steps 200 --seeds 0,1 --rates=-9:-3 --jobs "$jobs"
"$bin/examples/agreement" "$folder/pytorch" "$folder/ours"
