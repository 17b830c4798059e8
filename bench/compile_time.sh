#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# compile_time.sh: how long each public header takes to compile (g++ and clang++, -fsyntax-only, the
# median of five, user time), and what one call adds to a program, as Markdown tables.
set -euo pipefail
source_tree=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compilers=()
for compiler in g++ clang++; do command -v "$compiler" >/dev/null && compilers+=("$compiler"); done

seconds() {  # COMPILER FILE
  for _ in 1 2 3 4 5; do
    { TIMEFORMAT=%U; time "$1" -std=c++20 -fsyntax-only -I "$source_tree/include" "$2"; } 2>&1
  done | sort -n | sed -n 3p
}
row() {  # NAME LINE...
  printf '%s\n' "${@:2}" >"$work/one.cpp"
  printf '| %s |' "$1"
  for compiler in "${compilers[@]}"; do printf ' %s |' "$(seconds "$compiler" "$work/one.cpp")"; done
  echo
}
printf '| header, seconds |'; printf ' %s |' "${compilers[@]}"; echo
printf '| --- |'; printf ' --- |%.0s' "${compilers[@]}"; echo
row 'the standard headers that it needs' '#include <algorithm>' '#include <array>' '#include <optional>' \
  '#include <span>' '#include <string>' '#include <unordered_map>' '#include <vector>'
row '`hostpick.hpp`' '#include <hostpick/hostpick.hpp>'
cd "$source_tree/include/hostpick"
for header in *.hpp rolling/*.hpp; do
  case $header in
    hostpick.hpp | version.hpp) continue ;;
    json.hpp) echo '#include <nlohmann/json.hpp>' >"$work/one.cpp"
      g++ -std=c++20 -fsyntax-only "$work/one.cpp" 2>/dev/null || continue ;;
  esac
  row "\`$header\`" "#include <hostpick/$header>"
done

bytes() {  # COMPILER LINE...: of code and constants in an object file, the shared ones too
  printf '%s\n' "${@:2}" >"$work/one.cpp"
  "$1" -std=c++20 -O2 -DNDEBUG -I "$source_tree/include" -c "$work/one.cpp" -o "$work/one.o"
  size -A "$work/one.o" | awk '$1 ~ /^\.(text|rodata)/ { sum += $2 } END { print sum }'
}
call() {  # NAME LINE...
  printf '| %s |' "$1"
  for compiler in "${compilers[@]}"; do printf ' %s |' "$(bytes "$compiler" "${@:2}")"; done
  echo
}
echo
printf '| one call, bytes of code and constants |'; printf ' %s |' "${compilers[@]}"; echo
printf '| --- |'; printf ' --- |%.0s' "${compilers[@]}"; echo
call '`calculate_host_score(metrics)`' '#include <hostpick/score.hpp>' \
  'double f(hostpick::network_metrics<> const& m) { return hostpick::calculate_host_score(m); }'
call '`select_best_host(ids, metrics)`, two vectors' '#include <hostpick/select.hpp>' '#include <vector>' \
  'auto f(std::vector<int> const& ids, std::vector<hostpick::network_metrics<>> const& m)' \
  '{ return hostpick::select_best_host(ids, [&](int i) -> auto const& { return m[static_cast<std::size_t>(i)]; }); }'
call '`select_best_host(table)`, all instruction sets' '#include <hostpick/select_table.hpp>' \
  'auto f(hostpick::host_table<> const& hosts) { return hostpick::select_best_host(hosts); }'
