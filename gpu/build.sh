#!/usr/bin/env bash
# gpu/build.sh [rehearsal]: makes the kit .gpu/ (ignored by git) without a GPU; with `rehearsal` also what gpu/run.sh --rehearse
# needs, outside the kit. What is downloaded and compiled stays in the cache: $MUP_GPU_CACHE, or mup-gpu in the user's cache.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cache="${MUP_GPU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mup-gpu}"

# The GPU machine's torch, and the Python that it is for; LLVM as Cargo.lock's tracel-llvm-bundler asks for it.
torch=2.11.0 python=3.12 mup=1.0.0 llvm=23.1.1.post0 bundle=23.1.0-4 cuda=13000
# Debian 12's: Vulkan's loader, and what NVIDIA's driver asks for beside it.
loaders=(libvulkan1=1.3.239.0-1 libegl1=1.6.0-1 libglvnd0=1.6.0-1 libopengl0=1.6.0-1 libgl1=1.6.0-1 libglx0=1.6.0-1 libgles2=1.6.0-1)
most_mib=60

die() { echo "gpu/build.sh: $*" >&2; exit 2; }
step() { printf '== %s (%s s)\n' "$*" "$SECONDS"; }
needs() { command -v "$1" > /dev/null || die "\`$1\` is missing: $2"; }

rehearsal=
case "${1:-}" in
    '') ;;
    rehearsal) rehearsal=1 ;;
    *) die "unknown argument \`$1\`: gpu/build.sh makes the kit, gpu/build.sh rehearsal also what a rehearsal needs" ;;
esac
[ $# -le 1 ] || die "one argument at most, not $#"
[ "$(uname -sm)" = "Linux x86_64" ] || die "the GPU machine is Linux on x86-64, and this is $(uname -sm): build there"
needs cargo "install Rust, https://rustup.rs"
needs git "apt-get install git"
needs g++ "apt-get install g++"
needs python3 "apt-get install python3 python3-pip"
needs xz "apt-get install xz-utils"
needs strip "apt-get install binutils"
needs apt-get "Vulkan's loaders are Debian's packages"
needs dpkg-deb "Vulkan's loaders are Debian's packages"
python3 -m pip --version > /dev/null 2>&1 || die "python3 has no pip: apt-get install python3-pip"
grep -A1 'name = "tracel-llvm-bundler"' Cargo.lock | grep -q "\"$bundle\"" ||
    die "Cargo.lock has another tracel-llvm-bundler than $bundle: find the LLVM it wants and change \`llvm\` and \`bundle\` here"
mkdir -p "$cache/wheels" .gpu/lib .gpu/text

wheels() {  # wheels PATTERN REQUIREMENT...: downloaded once
    local pattern=$1 && shift
    compgen -G "$cache/wheels/$pattern" > /dev/null && return
    python3 -m pip download -q --no-deps --only-binary=:all: --python-version "$python" --implementation cp \
        --platform manylinux_2_28_x86_64 -d "$cache/wheels" "$@" || die "pip cannot download $*: see above"
}

step "torch $torch, headers and libraries"
if [ ! -e "$cache/torch/READY" ]; then
    wheels "torch-$torch-*.whl" "torch==$torch"
    rm -rf "$cache/torch" && mkdir "$cache/torch"
    python3 - "$cache"/wheels/torch-"$torch"-*.whl "$cache/torch" <<'PYTHON'
import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
wanted = [name for name in wheel.namelist() if name.startswith(("torch/include/", "torch/lib/"))]
wheel.extractall(sys.argv[2], wanted)
PYTHON
    touch "$cache/torch/READY"
fi

step "LLVM $llvm for CubeCL's CUDA, where tracel-llvm-bundler would put its download"
llvm_home="$cache/data/tracel/tracel-llvm-$bundle"
if [ ! -e "$llvm_home/.tracel-llvm-installed" ]; then
    wheels "mlc_llvm_static-$llvm-*.whl" "mlc-llvm-static==$llvm"
    wheels "mlc_llvm_static_extra_targets-$llvm-*.whl" "mlc-llvm-static-extra-targets==$llvm"
    rm -rf "$cache/llvm" "$llvm_home" && mkdir -p "$(dirname "$llvm_home")"
    for wheel in "$cache"/wheels/mlc_llvm_static*-"$llvm"-*.whl; do python3 -m zipfile -e "$wheel" "$cache/llvm"; done
    mv "$cache/llvm/mlc_llvm_static/static" "$llvm_home"
    chmod +x "$llvm_home/bin/llvm-config"
    touch "$llvm_home/.tracel-llvm-installed"
fi

# Nothing of NVIDIA's is needed to link. The wheel has no build-version, so the version check has nothing to say.
export LIBTORCH="$cache/torch/torch" LIBTORCH_BYPASS_VERSION_CHECK=1 XDG_DATA_HOME="$cache/data" CUDARC_CUDA_VERSION=$cuda
export CARGO_TARGET_DIR="$cache/target"
build() {  # build NAME FEATURES PROFILE FOLDER: a stripped program in the cache
    step "xtask with $2"
    cargo build --profile "$3" --locked -p xtask --features "$2"
    strip -o "$cache/$1" "$CARGO_TARGET_DIR/$4/xtask"
}

build xtask libtorch,vulkan,cuda release release
needed=$(readelf -d "$cache/xtask")
[[ $needed = *libtorch_cuda* ]] || die "xtask does not load libtorch_cuda.so, so libtorch:0 would find no GPU (burn-tch links it)"
if ! cmp -s "$cache/xtask" "$cache/xtask.packed"; then
    step "compression"
    xz -T0 -6 -c "$cache/xtask" > "$cache/xtask.xz"   # with LLVM in it, it would not travel otherwise
    cp "$cache/xtask" "$cache/xtask.packed"
fi
cp "$cache/xtask.xz" .gpu/xtask.xz

step "mup $mup for Python"
if [ ! -d "$cache/py/mup-$mup.dist-info" ]; then
    rm -rf "$cache/py"
    python3 -m pip install -q --no-deps --no-compile --target "$cache/py" "mup==$mup" || die "pip cannot install mup==$mup: see above"
fi
rm -rf .gpu/py && cp -a "$cache/py" .gpu/py

step "Vulkan's loaders"
if [ ! -e "$cache/lib/READY" ]; then
    rm -rf "$cache/debs" "$cache/lib" && mkdir -p "$cache/debs/unpacked" "$cache/lib"
    (cd "$cache/debs" && apt-get -qq -o APT::Sandbox::User=root download "${loaders[@]}") ||
        die "apt-get cannot download ${loaders[*]}: apt-get update, or name the versions of this Debian in gpu/build.sh"
    for package in "$cache"/debs/*.deb; do dpkg-deb -x "$package" "$cache/debs/unpacked"; done
    cp -L "$cache"/debs/unpacked/usr/lib/x86_64-linux-gnu/*.so.? "$cache/lib/"   # by soname, and no links: they may not travel
    touch "$cache/lib/READY"
fi
cp "$cache"/lib/*.so.* .gpu/lib/

step "text: Burn's own source, as Cargo.lock pins it"
cargo metadata --locked --format-version 1 --filter-platform x86_64-unknown-linux-gnu | python3 -c '
import json, pathlib, sys
packages = {package["name"]: package for package in json.load(sys.stdin)["packages"]}
for name in ("burn-core", "burn-nn", "burn-optim", "burn-tensor"):
    source = pathlib.Path(packages[name]["manifest_path"]).parent / "src"
    for path in sorted(source.rglob("*.rs")):
        sys.stdout.buffer.write(path.read_bytes())
' > .gpu/text/burn.txt

burn=$(grep -A1 '^name = "burn"$' Cargo.lock | sed -n 's/version = "\(.*\)"/\1/p')
changed=$(git status --porcelain --untracked-files=no -- . ':!docs')
{
    echo "commit $(git rev-parse --short=12 HEAD)${changed:+ with changes}"
    echo "rustc $(rustc --version | cut -d' ' -f2)"
    echo "burn $burn"
    echo "libtorch $torch"
} > .gpu/built

if [ -n "$rehearsal" ]; then
    build xtask-wgpu libtorch,wgpu dev debug   # it shows that everything runs, not how fast, and compiles in a third of the time
    step "torch $torch with what import torch asks for (5 GB)"
    if [ ! -e "$cache/venv/READY" ]; then
        rm -rf "$cache/venv" && python3 -m venv "$cache/venv" || die "no virtual environment: apt-get install python3-venv"
        "$cache/venv/bin/pip" install -q "torch==$torch" numpy==2.4.6 pandas==3.1.1 PyYAML==6.0.3 safetensors==0.8.0 tqdm==4.70.1 ||
            die "pip cannot install torch==$torch: see above"
        touch "$cache/venv/READY"
    fi
fi

# Bytes and not blocks: that is what travels.
kit=$(du -sm --apparent-size .gpu | cut -f1)
tree=$(git ls-files -z | du -cm --apparent-size --files0-from=- | tail -1 | cut -f1)
printf 'kit %s MiB, with the tree %s MiB; commit %s; made in %s min %02d s\n' "$kit" $((kit + tree)) \
    "$(sed -n 's/^commit //p' .gpu/built)" $((SECONDS / 60)) $((SECONDS % 60))
[ $((kit + tree)) -le $most_mib ] || die "kit and tree are more than $most_mib MiB: they would not travel"
