#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds the programs and runs them: which host should the session run on? On Debian it first
# installs what is missing. It can be run from any folder.
#
#   examples/run.sh            the main job, in a minute: of hosts that were measured, then of four on
#                              loopback that the monitor watches: it chooses one, that one is
#                              degraded, and the session moves; and a report of what it remembers
#   examples/run.sh --watch    the same four with their live page, until Ctrl-C; what is seen is kept
#                              (further options go to hostpick-monitor, as --listen 127.0.0.1:0)
#   examples/run.sh --report   yesterday's summary of what --watch has seen; where there was nothing,
#                              that of the last week until now (days are those of UTC)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1-} in
  "" | --watch | --report) ;;
  --help | -h) sed -n '4,14s/^# \{0,1\}//p' examples/run.sh; exit ;;
  *) echo "usage: examples/run.sh [--watch [OPTION...] | --report | --help]" >&2; exit 2 ;;
esac

. cmake/debian_packages.sh
mkdir -p build
need cmake ninja-build g++ nlohmann-json3-dev libcli11-dev libfccp-dev libasio-dev libcpp-httplib-dev pkg-config \
  libsoci-dev libsqlite3-dev libhowardhinnant-date-dev tzdata

cmake -S . -B build/examples -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DHOSTPICK_BUILD_TESTS=OFF -DHOSTPICK_BUILD_BENCH=OFF >build/examples.log 2>&1 ||
  { cat build/examples.log; exit 1; }
cmake --build build/examples --target pick_host monitor report >&2
bin=build/examples/examples
seen=build/seen.db

case ${1-} in
  --watch) exec "$bin/hostpick-monitor" --history "$seen" "${@:2}" ;;
  --report)
    [ -e "$seen" ] || { echo "nothing has been seen yet; examples/run.sh --watch watches" >&2; exit 1; }
    days=(--days 1)
    code=0
    "$bin/hostpick-report" --history "$seen" "${days[@]}" >/dev/null 2>&1 || code=$?
    if [ "$code" = 1 ]; then
      printf 'Nothing was seen yesterday. The last week, until now:\n\n'
      days=(--days 7 --today)
    fi
    exec "$bin/hostpick-report" --history "$seen" "${days[@]}" --show daily --show incidents --show decisions
    ;;
esac

printf '\nWhich of these hosts should the session run on, and which next? (%s)\n\n' \
  "pick_host examples/measured/hosts.json"
"$bin/pick_host" examples/measured/hosts.json

printf '\nAnd of these four, which are watched from now on? (hostpick-monitor, for half a minute)\n\n'
examples/monitor/show.sh "$bin/hostpick-monitor" "$bin/hostpick-report"

cat <<EOF

To watch those four for as long as you like, with a live page, and to see what was seen yesterday:

    examples/run.sh --watch
    examples/run.sh --report

Your own hosts, and a report with charts:

    $bin/hostpick-monitor --example-config >hosts.json    what a configuration can say
    $bin/hostpick-monitor --history seen.db hosts.json
    $bin/hostpick-report --history seen.db --today --html seen.html

examples/monitoring has what Prometheus and Grafana need.
EOF
