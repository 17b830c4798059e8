#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds and runs the main job: which host should the session run on? First on hosts that were
# measured, then on five that are probed live, on loopback.
# On Debian it first installs what is missing. It can be run from any folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

. cmake/debian_packages.sh
mkdir -p build
need cmake ninja-build g++ nlohmann-json3-dev libcli11-dev libfccp-dev libasio-dev libcpp-httplib-dev pkg-config

cmake -S . -B build/examples -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DHOSTPICK_BUILD_TESTS=OFF -DHOSTPICK_BUILD_BENCH=OFF >build/examples.log 2>&1 ||
  { cat build/examples.log; exit 1; }
cmake --build build/examples --target pick_host live_probe reflector

printf '\nWhich of these hosts should the session run on, and which next? (%s)\n\n' \
  "pick_host examples/measured/hosts.json"
build/examples/examples/pick_host examples/measured/hosts.json

# Five hosts that answer probes, each behind a path of its own.
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
hosts=()
reflect() {  # NAME IMPAIRMENT...
  local name=$1
  shift
  : >"$work/$name"
  build/examples/examples/reflector --listen 127.0.0.1:0 --seed ${#hosts[@]} "$@" >>"$work/$name" &
  until grep -q listening "$work/$name"; do sleep 0.05; done
  hosts+=("$name=$(sed -n 's/^listening on //p' "$work/$name")")
  echo "$name: $*"
}
printf '\nAnd of these, probed for six seconds? (live_probe)\n\n'
reflect fibre-near --delay-ms 12 --jitter-ms 1 --rate-mbps 40
reflect cable --delay-ms 28 --jitter-ms 6 --rate-mbps 9 --loss 0.005
reflect wifi-peer --delay-ms 18 --jitter-ms 14 --rate-mbps 20 --loss 0.06 --reorder 0.01
reflect mobile --delay-ms 55 --jitter-ms 30 --rate-mbps 6 --loss 0.02 --duplicate 0.02
reflect overseas --delay-ms 160 --jitter-ms 3 --rate-mbps 30
echo
build/examples/examples/live_probe --seconds 6 "${hosts[@]}"
