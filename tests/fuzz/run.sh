#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Fuzzes the readers of JSON, CSV and STAMP packets with clang's libFuzzer: run.sh [SECONDS_EACH]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-60}
out=build/fuzz
mkdir -p $out/settings $out/hosts $out/stamp

flags=(-std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
  -Iinclude -Iexamples/pick_host)
for directory in /usr/include/libfccp build/*/_deps/fast_cpp_csv_parser-src; do
  [ -d "$directory" ] && flags+=(-isystem "$directory")
done
clang++ "${flags[@]}" tests/fuzz/settings_fuzz.cpp -o $out/settings_fuzz
clang++ "${flags[@]}" tests/fuzz/stamp_fuzz.cpp -o $out/stamp_fuzz
clang++ "${flags[@]}" tests/fuzz/hosts_fuzz.cpp examples/pick_host/host_file.cpp -o $out/hosts_fuzz

cp examples/pick_host/policies/*.json tests/fuzz/seeds/* $out/settings
cp examples/measured/hosts.* $out/hosts
run() { "$out/$1_fuzz" -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=4096 \
  -artifact_prefix="$out/" "$out/$1" >"$out/$1.log" 2>&1 || { tail -n 40 "$out/$1.log"; exit 1; }
  tail -n 1 "$out/$1.log" | sed "s/^/$1: /"; }
run settings
run hosts
run stamp
