#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# compare.sh WORK_DIRECTORY: builds the fingerprint in many ways and runs each; all of them have to
# print the same. Not with -ffast-math, which may change last bits.
set -euo pipefail

export work=$1
export source_tree; source_tree=$(cd "$(dirname "$0")/../.." && pwd)
rm -rf "$work" && mkdir -p "$work" && cd "$work"

# Whether this compiler knows the flags and this machine runs what they make.
usable() {
  cat >probe.cpp <<'EOP'
int main() {
#ifdef __FMA__
  return !(__builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2"));
#endif
}
EOP
  "$@" probe.cpp -o probe 2>probe.log && ./probe
}

builds=()
for compiler in g++ clang++; do
  if ! command -v "$compiler" >/dev/null; then
    echo "left out: $compiler, which is not installed"
    continue
  fi
  # Those for this machine may fuse products that the others leave alone.
  for flags in -O0 -O1 -O2 -O3 "-O3 -march=native" "-Os -march=native" \
    "-O3 -march=native -ffp-contract=fast"; do
    read -ra build <<<"$compiler $flags"
    if usable "${build[@]}"; then builds+=("${build[*]}"); else echo "left out: ${build[*]}"; fi
  done
done
# Another family of processors, emulated; the program runs by itself.
if command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64 >/dev/null; then
  builds+=("aarch64-linux-gnu-g++ -static -O2")
else
  echo "left out: aarch64, for which a compiler or an emulator is not installed"
fi

build_and_run() {
  local build=$1 program=$work/${1// /}
  local run=()
  case $build in aarch64*) run=(qemu-aarch64) ;; esac
  # shellcheck disable=SC2086  # a compiler and its flags
  $build -std=c++20 -I "$source_tree/include" "$source_tree/tests/fingerprint/fingerprint.cpp" \
    -o "$program" && "${run[@]}" "$program" >"$program.out" && echo "$(tr '\n' ' ' <"$program.out") $build"
}
export -f build_and_run
printf '%s\0' "${builds[@]}" | xargs -0 -P "$(nproc)" -I{} bash -c 'build_and_run "$1"' _ {}

different=$(sha256sum ./*.out | cut -d ' ' -f 1 | sort -u | wc -l)
printed=$(find . -name '*.out' -size +0 | wc -l)
echo "$printed builds, $different different fingerprints"
((different == 1 && printed == ${#builds[@]} && printed >= 8))
