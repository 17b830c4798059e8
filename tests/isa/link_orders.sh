#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# link_orders.sh WORK_DIRECTORY: one program of two files, one of them compiled for a machine with
# more instructions, linked in both orders. The other file must not run any of these: on an old
# machine (an emulated one, where qemu is installed) it would not live.
set -euo pipefail
[ "$(uname -m)" = x86_64 ] || { echo "skipped: not on this machine"; exit 77; }
source_tree=$(cd "$(dirname "$0")/../.." && pwd)
rm -rf "$1" && mkdir -p "$1" && cd "$1"

failures=0
fail() { failures=$((failures + 1)); echo "FAILED: $*"; }
for compiler in g++ clang++; do
  command -v "$compiler" >/dev/null || continue
  for level in -O2 -O3; do
    build=("$compiler" "$level" -std=c++20 -I "$source_tree/include")
    "${build[@]}" -c "$source_tree/tests/isa/plain.cpp" -o plain.o
    "${build[@]}" -march=x86-64-v4 -c "$source_tree/tests/isa/more.cpp" -o more.o
    # Code that both files have, of which the linker would keep one: constants may be shared.
    functions() {
      nm -C --defined-only "$1" | awk '$2 == "W"' | cut -d ' ' -f 3- | grep hostpick |
        grep -vE '^([a-z_]+ )?std::' | sort -u
    }
    if [ $level = -O2 ]; then
      "${build[@]}" -c "$source_tree/tests/isa/changes.cpp" -o changes.o
      "${build[@]}" -march=x86-64-v4 -c "$source_tree/tests/isa/changes.cpp" -o changes_more.o
    fi
    for pair in "plain.o more.o" "changes.o changes_more.o"; do
      shared=$(comm -12 <(functions "${pair% *}") <(functions "${pair#* }"))
      [ -z "$shared" ] || fail "$compiler $level: both files have $shared"
    done
    for order in "plain.o more.o" "more.o plain.o"; do
      # shellcheck disable=SC2086  # two files
      "$compiler" $order -o program
      here=$(./program) || fail "$compiler $level $order"
      if grep -qw avx512vl /proc/cpuinfo; then
        [ "$(./program more)" = "$here" ] || fail "$compiler $level $order: another choice"
      fi
      if command -v qemu-x86_64 >/dev/null; then
        [ "$(qemu-x86_64 -cpu core2duo ./program)" = "$here" ] || fail "$compiler $level $order: on an old machine"
      fi
    done
  done
done
command -v qemu-x86_64 >/dev/null || echo "not tried on an old machine: qemu-x86_64 is not installed"
[ $failures = 0 ] && echo "all as it should be"
exit $((failures > 0))
