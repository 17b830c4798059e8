#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds and runs the main job: which host should the session run on? First of hosts that were
# measured, then of four on loopback that the monitor watches: it chooses one, that one is degraded,
# and the session moves; and a report of what the monitor remembers.
# On Debian it first installs what is missing. It can be run from any folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

. cmake/debian_packages.sh
mkdir -p build
need cmake ninja-build g++ nlohmann-json3-dev libcli11-dev libfccp-dev libasio-dev libcpp-httplib-dev pkg-config \
  libsoci-dev libsqlite3-dev libhowardhinnant-date-dev tzdata

cmake -S . -B build/examples -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DHOSTPICK_BUILD_TESTS=OFF -DHOSTPICK_BUILD_BENCH=OFF >build/examples.log 2>&1 ||
  { cat build/examples.log; exit 1; }
cmake --build build/examples --target pick_host monitor report

printf '\nWhich of these hosts should the session run on, and which next? (%s)\n\n' \
  "pick_host examples/measured/hosts.json"
build/examples/examples/pick_host examples/measured/hosts.json

printf '\nAnd of these four, which are watched from now on? (hostpick-monitor, for half a minute)\n\n'
examples/monitor/show.sh build/examples/examples/hostpick-monitor build/examples/examples/hostpick-report

cat <<'EOF'

To watch hosts for as long as you like, and look at the pages that it names:

    cd build/examples/examples
    ./hostpick-monitor --history seen.db               four of its own, on loopback
    ./hostpick-monitor --history seen.db hosts.json    yours
    ./hostpick-monitor --example-config                what such a file can say

And what it has seen, yesterday or until now; in the second as a page with charts:

    ./hostpick-report --history seen.db --days 1
    ./hostpick-report --history seen.db --today --html seen.html

examples/monitoring has what Prometheus and Grafana need.
EOF
