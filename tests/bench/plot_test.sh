#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# plot_test.sh PYTHON PLOT WORK_DIRECTORY: draws a few results twice, and refuses what it cannot draw.
set -euo pipefail
python=$1 plot=$2
"$python" -c 'import matplotlib' 2>/dev/null || { echo "skipped: there is no matplotlib for $python"; exit 77; }
rm -rf "$3" && mkdir -p "$3" && cd "$3"

failures=0
fail() { failures=$((failures + 1)); echo "FAILED: $*"; }
refused() {  # REASON FILE: with one line that says why, and no picture
  local said
  rm -f refused.svg
  if said=$("$python" "$plot" "$2" refused.svg 2>&1); then fail "$2 was drawn"; fi
  grep -qF -- "$1" <<<"$said" || fail "$2: expected '$1', not '$said'"
  if grep -q Traceback <<<"$said"; then fail "$2: no reason that a user can read"; fi
  [ ! -e refused.svg ] || fail "$2 left a picture"
}
results() {  # TIME...: of one repetition after another
  local hosts k time comma=
  printf '{"benchmarks": ['
  for hosts in 16 4096 1048576; do
    for k in 1 10 100; do
      ((k < hosts)) || continue
      for time; do
        printf '%s{"name": "table/%d/%d", "run_type": "iteration", "real_time": %s, "time_unit": "ns",' \
          "$comma" $hosts $k "$time"
        printf ' "over_read": 3.5, "over_std": 20}'
        comma=$',\n'
      done
    done
  done
  printf ']}'
}

results 1000 >good.json
"$python" "$plot" good.json once.svg || fail "good.json"
"$python" "$plot" good.json twice.svg || fail "good.json, again"
cmp once.svg twice.svg || fail "two pictures of the same numbers differ"
"$python" -c 'import sys, xml.etree.ElementTree as x; x.parse(sys.argv[1])' once.svg || fail "no SVG"
results 900 1000 5000 >repeated.json
"$python" "$plot" repeated.json repeated.svg || fail "repeated.json"
cmp once.svg repeated.svg || fail "repetitions do not count as their median"
results 2000 >slower.json
"$python" "$plot" slower.json slower.svg || fail "slower.json"
if cmp -s once.svg slower.svg; then fail "the numbers do not matter"; fi

refused "No such file" missing.json
echo "table/16/1 70 ns" >text.json
refused "not JSON" text.json
echo '[1, 2]' >list.json
refused "no benchmarks" list.json
sed 's,table/,select/,' good.json >other.json
refused "no table/<hosts>/<k>" other.json
sed 's,/100",/1000",' good.json >hundred.json
refused "no table/<hosts>/100" hundred.json
for counter in over_read over_std real_time; do
  sed "s/\"$counter\"/\"another\"/" good.json >"no_$counter.json"
  refused "$counter" "no_$counter.json"
done
sed '1s/"over_std": 20/"over_std": 0/' good.json >zero.json
refused "over_std" zero.json

[ $failures = 0 ] && echo "all as it should be"
exit $((failures > 0))
