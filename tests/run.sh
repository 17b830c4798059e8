#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds everything and runs every test; on Debian it first installs what is missing. It can be run
# from any folder.
#
#   tests/run.sh           two compilers, sanitizers, both versions of Catch2, consumers, fuzzing
#   tests/run.sh --all     g++'s sanitizers too, which take it as long as all else together
#   tests/run.sh --quick   the unit tests, one compiler
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. cmake/debian_packages.sh

case ${1-} in
  "" | --all | --quick) ;;
  *) echo "usage: tests/run.sh [--all | --quick]" >&2; exit 2 ;;
esac
start=$SECONDS
step() { printf '\n== %s (at %d s)\n' "$*" $((SECONDS - start)); }

need cmake ninja-build g++ catch2 nlohmann-json3-dev

if [ "${1-}" = --quick ]; then
  cmake -S . -B build/quick -G Ninja -DCMAKE_BUILD_TYPE=Release -DHOSTPICK_BUILD_EXAMPLES=OFF \
    -DHOSTPICK_BUILD_BENCH=OFF
  cmake --build build/quick --target unit_tests
  ctest --test-dir build/quick --output-on-failure --no-tests=error --tests-regex '^unit_tests$'
  exit
fi

need clang git pkg-config libbenchmark-dev libcli11-dev libfccp-dev libasio-dev libcpp-httplib-dev python3-scapy irtt iproute2 \
  qemu-user g++-aarch64-linux-gnu valgrind python3-matplotlib liblemon-dev python3-scipy python3-pandas python3-prometheus-client prometheus-cpp-dev
need chromium chromium-driver python3-selenium  # the status page
need prometheus prometheus-alertmanager prometheus-node-exporter python3-yaml systemd
command -v npm >/dev/null || need nodejs npm  # for Grafana's schemas
need libsoci-dev libsqlite3-dev libhowardhinnant-date-dev tzdata mariadb-server-core mariadb-client-core  # the history
need "libclang-rt-$(clang -dumpversion | cut -d . -f 1)-dev"  # sanitizers and the fuzzer

# The machine's own name of Debian's backports has Catch2 3, which cannot be installed beside 2.13:
# it is unpacked into the build folder.
catch2_v3() {
  [ -d build/catch2-v3/usr ] && return 0
  command -v apt-get >/dev/null || return 1
  local apt=$PWD/build/catch2-v3/apt file
  mkdir -p "$apt/lists" build/catch2-v3/deb
  : >"$apt/backports.list"
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    [ -r "$file" ] || continue
    case $file in
      *.sources) sed -n 's/^URIs: *//p' "$file" ;;
      *) awk '$1 == "deb" { for (i = 2; i <= NF; ++i) if ($i ~ /:\/\//) { print $i; exit } }' "$file" ;;
    esac
  done | head -n 1 | sed 's/.*/deb & bookworm-backports main/' >"$apt/backports.list"
  local options=(-o Dir::Etc::SourceList="$apt/backports.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::Lists="$apt/lists" -o Acquire::Languages=none -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update -qq &&
    (cd build/catch2-v3/deb && apt-get "${options[@]}" download -qq libcatch2-dev) &&
    dpkg -x build/catch2-v3/deb/libcatch2-dev_*.deb build/catch2-v3
}

step "preset release"
cmake --workflow --preset release
step "preset clang-debug"
cmake --workflow --preset clang-debug
if catch2_v3; then
  step "preset clang-release, with Catch2 3"
  CMAKE_PREFIX_PATH=$PWD/build/catch2-v3/usr cmake --workflow --preset clang-release
else
  step "preset clang-release (there is no Catch2 3 to be had here)"
  cmake --workflow --preset clang-release
fi
if [ "${1-}" = --all ]; then
  step "preset debug"
  cmake --workflow --preset debug
fi

step "fuzzing"
tests/fuzz/run.sh 30

step "the main job"
examples/run.sh

step "all passed"
