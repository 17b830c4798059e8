#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds and runs the main job on hosts that were measured: which one should the session run on?
# On Debian it first installs what is missing. It can be run from any folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

. cmake/debian_packages.sh
mkdir -p build
need cmake ninja-build g++ nlohmann-json3-dev libcli11-dev libfccp-dev

cmake -S . -B build/examples -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DHOSTPICK_BUILD_TESTS=OFF -DHOSTPICK_BUILD_BENCH=OFF >build/examples.log 2>&1 ||
  { cat build/examples.log; exit 1; }
cmake --build build/examples --target pick_host

printf '\nWhich of these hosts should the session run on, and which next? (%s)\n\n' \
  "pick_host examples/measured/hosts.json"
build/examples/examples/pick_host examples/measured/hosts.json
