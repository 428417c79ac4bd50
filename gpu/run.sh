#!/usr/bin/env bash
# gpu/run.sh [--rehearse] [part...]: what gpu/build.sh made, on a machine with a GPU. Parts: devices, peers, transfer, all
# without names; and experiment, which takes a call of its own. Every part has a limit, and its output is in $OUT as it comes, so one that breaks or hangs takes nothing with it.
# Exit code: 0 every part ran, 1 one failed, 2 bad arguments or no kit. --rehearse: the same on the processor, tiny.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 2
kit=${MUP_GPU_KIT:-$root/.gpu}
cache="${MUP_GPU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mup-gpu}"

die() { echo "gpu/run.sh: $*" >&2; exit 2; }
rehearse= parts=()
for argument in "$@"; do
    case $argument in
        --rehearse) rehearse=1 ;;
        devices | peers | transfer | experiment) parts+=("$argument") ;;
        *) die "unknown part \`$argument\`: there are devices, peers, transfer, experiment, and --rehearse" ;;
    esac
done
[ ${#parts[@]} -gt 0 ] || parts=(devices peers transfer)
budget=570   # of the ten minutes that one call has
[ -z "$rehearse" ] || budget=7200   # software Vulkan takes a second where a GPU takes a millisecond
budget=${MUP_GPU_SECONDS:-$budget}
most=${MUP_GPU_PART_SECONDS:-$budget}   # that any part may take, whatever its own limit
[[ $budget =~ ^[0-9]+$ ]] || die "MUP_GPU_SECONDS is a number of seconds, not \`$budget\`"
[[ $most =~ ^[0-9]+$ ]] || die "MUP_GPU_PART_SECONDS is a number of seconds, not \`$most\`"
for file in xtask.xz built; do
    [ -e "$kit/$file" ] || die "there is no kit: $kit/$file is missing; gpu/build.sh makes it, and it has to travel with the tree"
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
OUT=${OUT:-$scratch-out}
mkdir -p "$OUT" || die "$OUT cannot be made"
python=${MUP_PYTHON:-$(command -v python3)}
[ -z "$rehearse" ] || [ -n "${MUP_PYTHON:-}" ] || python=$cache/venv/bin/python
command -v "$python" > /dev/null || die "there is no Python at \`$python\`${rehearse:+: gpu/build.sh rehearsal makes it}"
unpack='import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), open(sys.argv[2], "wb"))'
xtask=$scratch/xtask
"$python" -c "$unpack" "$kit/xtask.xz" "$xtask" && chmod +x "$xtask" || die "$kit/xtask.xz cannot be unpacked: build the kit again"
# lavapipe's compiler crashes on the SPIR-V of `vulkan`, so a rehearsal has a program with `wgpu`, which stays in the cache.
wgpu=${MUP_GPU_WGPU:-$cache/xtask-wgpu}
[ -z "$rehearse" ] || [ -x "$wgpu" ] || die "a rehearsal needs $wgpu: gpu/build.sh rehearsal makes it"

# Where everything is.
torch=$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))' 2> "$scratch/torch")
cuda=$(dirname "$(dirname "$(readlink -f "$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)")")")
if [ -n "$torch" ] && [ ! -e "$cuda/nvvm/libdevice/libdevice.10.bc" ]; then   # CubeCL's exp and tanh; Triton brings it too
    mkdir -p "$scratch/cuda/nvvm/libdevice"
    cp "$torch/../../triton/backends/nvidia/lib/libdevice.10.bc" "$scratch/cuda/nvvm/libdevice/" 2> /dev/null && cuda=$scratch/cuda
fi
export CUDA_PATH=$cuda PYTHONPATH=$kit/py PYTHONUNBUFFERED=1 MUP_ROOT=$root MUP_BUILT=$kit/built
export LD_LIBRARY_PATH=$kit/lib:$cuda/lib64${torch:+:$torch:$torch/../../nvidia/cu13/lib}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-1000}   # else every program starts itself again (mup_devices::let_openmp_sleep)
export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$scratch}
icd=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
if [ -z "$rehearse" ]; then
    export CUBECL_WGPU_DEFAULT_DEVICE='DiscreteGpu(0)'   # an error, not a software adapter
    [ ! -e $icd ] || export VK_DRIVER_FILES=$icd
else
    export CUBECL_AUTOTUNE_LEVEL=${CUBECL_AUTOTUNE_LEVEL:-minimal}   # lavapipe compiles each candidate by LLVM, which takes minutes
fi
# bench peers takes an environment that is READY as it is. A link to Python would lose the packages beside it.
mkdir -p "$scratch/peers/bin" && touch "$scratch/peers/READY"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$python" > "$scratch/peers/bin/python" && chmod +x "$scratch/peers/bin/python"

machine() {
    if command -v nvidia-smi > /dev/null; then
        nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || echo "missing: nvidia-smi shows no GPU"
    else
        echo "missing: nvidia-smi, so there is no GPU, or its memory cannot be told"
    fi
    tr '\n' ';' < "$kit/built" && echo
    local here
    here=$(git rev-parse --short=12 HEAD 2> /dev/null) && ! grep -q "^commit $here" "$kit/built" &&
        echo "missing: a kit of this commit, $here (gpu/build.sh)"
    "$python" -V
    [ -n "$torch" ] || echo "missing: torch for $python: $(tail -1 "$scratch/torch")"
    "$python" -c 'import torch; print("torch", torch.__version__, "cuda", torch.version.cuda, torch.cuda.is_available())' 2> /dev/null
    "$python" -c 'import mup' 2> /dev/null || echo "missing: mup for $python"
    ldd --version | head -1
    ldd "$xtask" 2>&1 | grep 'not found' | sed 's/^/missing: /'
    [ -e "$CUDA_PATH/nvvm/libdevice/libdevice.10.bc" ] || echo "missing: libdevice.10.bc, so cuda has no exp and tanh"
    command -v cc > /dev/null || echo "missing: a C compiler, so torch.compile cannot run"
}

failed=() summary=()
# part GROUP NAME SECONDS CODES COMMAND...: exit codes that are results, as in 0,1,3
part() {
    local group=$1 name=$2 limit=$3 results=$4 left=$((budget - SECONDS)) begun=$SECONDS code
    shift 4
    [[ " ${parts[*]} " = *" $group "* ]] || return 0
    [ -z "$rehearse" ] || limit=$budget
    [ "$limit" -le "$most" ] || limit=$most
    [ "$limit" -le "$left" ] || limit=$left
    if [ "$limit" -le 0 ]; then
        echo "== $name: not run, no time is left of $budget s" | tee -a "$OUT/$group.txt"
        failed+=("$name") summary+=("$name: not run")
        return 0
    fi
    echo "== $name ($SECONDS s)" | tee -a "$OUT/$group.txt"
    timeout -k 5 "$limit" "$@" 2>&1 | tee -a "$OUT/$group.txt"
    code=${PIPESTATUS[0]}
    local said="exit code $code"
    [ "$code" != 124 ] && [ "$code" != 137 ] || said="stopped at its limit of $limit s"
    if [[ ,$results, = *,$code,* ]]; then
        said="ran, $said"
    else
        said="FAILED, $said" failed+=("$name")
    fi
    summary+=("$name: $said, $((SECONDS - begun)) s")
    echo "== ${summary[-1]}" | tee -a "$OUT/$group.txt"
}
no_driver() {  # COMMAND...: here there is none, and that is what has to be said
    "$@" 2>&1 | tee "$scratch/no-driver"
    grep -q 'there is no NVIDIA driver' "$scratch/no-driver"
}
export -f no_driver
export scratch

{ machine; } 2>&1 | tee "$OUT/machine.txt"
text=$kit/text/burn.txt
experiment=$root/runs/gpu   # stays, so that the next call continues what this one had to stop
[ -z "$rehearse" ] || experiment=$scratch/experiment
peers=(bench peers --environment "$scratch/peers" --keep-going)
if [ -z "$rehearse" ]; then
    part devices devices-libtorch 60 0 "$xtask" devices --exact --minutes 1 --device flex,libtorch:0
    part devices devices-cuda 80 0 "$xtask" devices --minutes 2 --device cuda
    part devices devices-vulkan 60 0 "$xtask" devices --minutes 1 --device vulkan
    peers+=(--device cuda --repetitions 5 --seconds 0.3 --patience 100)
    part peers peers-torch 60 0 "$xtask" "${peers[@]}" --contestant libtorch:0,fused --out "$scratch/peers-torch"
    # CubeCL on CUDA multiplies in TF32, so everybody who can does here.
    part peers peers-cubecl 80 0 "$xtask" "${peers[@]}" --contestant libtorch:0,cuda,vulkan --tf32 \
        --shape 256x4x8x128,1024x4x8x256 --out "$scratch/peers-cubecl"
    part peers peers-compile 70 0 "$xtask" "${peers[@]}" --contestant libtorch:0,compile \
        --shape 256x4x8x128,1024x4x8x256 --products 2048 --out "$scratch/peers-compile"
    part transfer transfer 130 0,1,3 env TORCH_ALLOW_TF32_CUBLAS_OVERRIDE=1 "$xtask" transfer-check --device libtorch:0 --jobs 4 \
        --text "$text" --widths 128,256,512,1024,2048 --d-head 64 --n-layer 2 --context 128 --batch 16 --steps 100 --seeds 1 \
        --grid=-9:-4 --out "$scratch/transfer"
    part experiment experiment 540 0 env TORCH_ALLOW_TF32_CUBLAS_OVERRIDE=1 "$xtask" experiment transfer --scale gpu --device libtorch:0 \
        --jobs 3 --text "$text" --through pairs --repetitions 3 --out "$experiment"
else
    part devices devices-libtorch 0 0 "$xtask" devices --quick --exact --device flex,libtorch
    part devices devices-cuda 0 0 bash -c 'no_driver "$@"' - "$xtask" devices --quick --device cuda
    part devices devices-wgpu 0 0 "$wgpu" devices --quick --device wgpu
    peers+=(--repetitions 1 --seconds 0 --products 32 --shape 32x1x1x8 --patience 300)
    part peers peers-torch 0 0 "$xtask" "${peers[@]}" --contestant libtorch,fused --out "$scratch/peers-torch"
    part peers peers-cubecl 0 0 "$wgpu" "${peers[@]}" --contestant libtorch,wgpu --tf32 --out "$scratch/peers-cubecl"
    part peers peers-compile 0 0 "$xtask" "${peers[@]}" --contestant libtorch,compile --out "$scratch/peers-compile"
    tiny=(--text "$text" --widths 8,16 --d-head 8 --n-layer 1 --context 8 --batch 2 --steps 12 --seeds 1 --grid=-7:-6 --jobs 2)
    part transfer transfer 0 0,1,3 "$xtask" transfer-check --device libtorch "${tiny[@]}" --out "$scratch/transfer"
    part experiment experiment 0 0 "$xtask" experiment transfer --scale tiny --device libtorch --text "$text" --out "$experiment"
    part transfer transfer-wgpu 0 0,1,3 "$wgpu" transfer-check --device wgpu --no-control "${tiny[@]}" --out "$scratch/transfer-wgpu"
fi
# Few files: eight come back from the GPU machine.
results=()
for name in peers-torch peers-cubecl peers-compile transfer transfer-wgpu; do [ ! -d "$scratch/$name" ] || results+=(-C "$scratch" "$name"); done
for file in "$experiment"/*/results.*; do [ ! -e "$file" ] || results+=(-C "$experiment" "${file#"$experiment"/}"); done
[ ${#results[@]} = 0 ] || tar -czf "$OUT/results.tgz" "${results[@]}"

echo "== summary ($SECONDS s); everything is in $OUT"
printf '%s\n' "${summary[@]}" | tee "$OUT/summary.txt"
[ ${#failed[@]} = 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
