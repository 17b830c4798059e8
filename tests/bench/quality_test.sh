#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# quality_test.sh QUALITY_BENCH PYTHON QUALITY_PLOT WORK_DIRECTORY
# The benchmark of rules on made-up traces and on matrices of our own: what it prints and writes,
# that it does so twice, what it refuses; then the picture, where there is matplotlib.
set -euo pipefail
bench=$(realpath "$1") python=$2 plot=$(realpath "$3")
rm -rf "$4" && mkdir -p "$4" && cd "$4"

failures=0
fail() { failures=$((failures + 1)); echo "FAILED: $*"; }
refused() {  # REASON ARGUMENT...: with a message and the status 2
  local reason=$1 said status=0
  shift
  said=$("$bench" "$@" 2>&1 >/dev/null) || status=$?
  [ $status = 2 ] || fail "$*: status $status, not 2"
  grep -qF -- "$reason" <<<"$said" || fail "$*: expected '$reason', not '$said'"
}
matrix() {  # SLOTS NODES: round trips that stay, of a line for each node
  awk -v slots="$1" -v nodes="$2" 'BEGIN {
    printf "slot,src"
    for (to = 0; to < nodes; ++to) printf ",d%d", to
    for (slot = 1; slot <= slots; ++slot)
      for (from = 0; from < nodes; ++from) {
        printf "\n%d,%d", slot, from
        for (to = 0; to < nodes; ++to)
          printf ",%s", from == to ? 0 : (from + to) % 11 == 10 ? "" : 20 + 7 * (from + to)
      }
    printf "\n"
  }'
}

# Made-up traces alone.
few=(--data there_is_none --sessions 20)
"$bench" "${few[@]}" --json once.json >once.txt 2>skipped.txt || fail "made-up traces"
"$bench" "${few[@]}" --json twice.json >twice.txt 2>/dev/null || fail "made-up traces, again"
cmp once.txt twice.txt || fail "two runs print different tables"
cmp once.json twice.json || fail "two runs write different JSON"
"$bench" "${few[@]}" --seed 7 --json seed.json >/dev/null 2>&1 || fail "another seed"
if cmp -s once.json seed.json; then fail "the seed does not matter"; fi
[ "$(grep -c skipped skipped.txt)" = 3 ] || fail "it does not say which data are absent"

cat >judge.py <<'EOP'
import json, sys
entries = json.load(open(sys.argv[1], encoding="utf-8"))
names = ["data", "part", "rule", "regret_ms", "moves_per_hour", "seconds_above_200ms"]
by_part = {}
for entry in entries:
    assert list(entry) == names, entry
    assert all(isinstance(entry[name], str) for name in names[:3]), entry
    assert all(0 <= entry[name] < 1e5 for name in names[3:]), entry
    by_part.setdefault((entry["data"], entry["part"]), {})[entry["rule"]] = entry
expected = int(sys.argv[2])
assert len(by_part) == 2 * expected, list(by_part)
for (data, part), rules in by_part.items():
    assert part in ("tuning", "test"), part
    assert len(rules) == 21 and len(entries) == 21 * len(by_part), list(rules)
    ours, random = rules["hostpick"], rules["random"]
    assert random["moves_per_hour"] == 0, (data, random)
    assert ours["regret_ms"] < random["regret_ms"] / 2, (data, part, ours)
    assert ours["seconds_above_200ms"] <= random["seconds_above_200ms"], (data, part, ours)
    if data.startswith("made up"):
        # What holds for any sessions; the whole run says how much better.
        for rule in ("original formula", "Photon", "GameLift, each step", "GameLift, once",
                     "newest sample", "hostpick, sticky alone"):
            assert ours["regret_ms"] < rules[rule]["regret_ms"], (data, part, rule)
        assert ours["moves_per_hour"] < rules["newest sample"]["moves_per_hour"] / 3, (data, part)
        assert ours["moves_per_hour"] <= rules["hostpick, forecast alone"]["moves_per_hour"]
EOP
"$python" judge.py once.json 4 || fail "what once.json says"
for word in regret_ms moves/hour 'Aim:' 'best at no more moves' 'fullest host'; do
  grep -qF "$word" once.txt || fail "the table has no $word"
done

# A user's own matrix: of some slots, of one, with the line ends of another system.
matrix 6 16 >own.csv
"$bench" --matrix own.csv --sessions 5 --json own.json >own.txt || fail "own.csv"
"$python" judge.py own.json 1 || fail "what own.json says"
grep -q '^own  *test  *hostpick' own.txt || fail "the table does not name own.csv"
sed 's/$/\r/' own.csv >dos.csv
"$bench" --matrix dos.csv --sessions 5 --json dos.json >/dev/null || fail "dos.csv"
cmp <(sed 's/"dos"/"own"/' dos.json) own.json || fail "line ends matter"
matrix 1 16 | cut -d , -f 2- >one.csv
"$bench" --matrix one.csv --sessions 5 --json one.json >/dev/null || fail "one.csv"
"$bench" --matrix own.csv --sessions 5 --hold 3 --json hold.json >/dev/null || fail "--hold"
if cmp -s own.json hold.json; then fail "--hold does not matter"; fi
"$bench" --help >/dev/null || fail "--help"

refused "unknown" --unknown
refused "not expected" --data . another
refused "--sessions" --sessions 0
refused "--sessions" --sessions many
refused "--noise" --noise 2
refused "--missing" --missing -1
refused "--slot-seconds" --slot-seconds 0
refused "--hold" --hold 2
refused "cannot be opened" --matrix missing.csv
refused "folder.csv" --matrix "$(mkdir -p folder.csv && echo folder.csv)"
: >empty.csv
refused "empty.csv:1: expected a header" --matrix empty.csv
echo "a,b,c" >header.csv
refused "header.csv:1: expected a header slot,src" --matrix header.csv
head -n 1 own.csv >rows.csv
refused "expected a row for each node" --matrix rows.csv
head -n 9 own.csv >short.csv
refused "expected a row for each node" --matrix short.csv
sed '5d' own.csv >lost.csv
refused "lost.csv:17: expected a row for each node" --matrix lost.csv
sed '4s/,[0-9]*$//' own.csv >cells.csv
refused "cells.csv:4: expected 18 cells" --matrix cells.csv
for bad in x nan inf -5 1e300 5ms ' 5' 0x10; do
  sed "3s/,[0-9]*\$/,$bad/" own.csv >bad.csv
  refused "bad.csv:3: expected milliseconds: $bad" --matrix bad.csv
done
matrix 3 7 >seven.csv
refused "8 players" --matrix seven.csv
matrix 1 15 >halves.csv
refused "8 players" --matrix halves.csv
refused "no/folder.json: cannot be written" "${few[@]}" --matrix own.csv --json no/folder.json

if "$python" -c 'import matplotlib' 2>/dev/null; then
  "$python" "$plot" once.json once.svg || fail "no picture"
  "$python" "$plot" once.json twice.svg || fail "no picture, again"
  cmp once.svg twice.svg || fail "two pictures of the same numbers differ"
  "$python" -c 'import sys, xml.etree.ElementTree as x; x.parse(sys.argv[1])' once.svg ||
    fail "no SVG"
  "$python" "$plot" --part tuning once.json tuning.svg || fail "--part"
  if cmp -s once.svg tuning.svg; then fail "the part does not matter"; fi
  not_drawn() {  # REASON FILE: with one line that says why, and no picture
    local said
    if said=$("$python" "$plot" "$2" refused.svg 2>&1); then fail "$2 was drawn"; fi
    grep -qF -- "$1" <<<"$said" || fail "$2: expected '$1', not '$said'"
    if grep -q Traceback <<<"$said"; then fail "$2: no reason that a user can read"; fi
    [ ! -e refused.svg ] || fail "$2 left a picture"
  }
  not_drawn "No such file" missing.json
  not_drawn "not JSON" once.txt
  echo '{"a": 1}' >object.json
  not_drawn "expected an array" object.json
  echo '[]' >none.json
  not_drawn "no part test" none.json
  for member in data rule regret_ms moves_per_hour seconds_above_200ms; do
    sed "s/\"$member\"/\"another\"/" once.json >"no_$member.json"
    not_drawn "entry 0: no $member" "no_$member.json"
  done
  sed 's/"regret_ms": .*,/"regret_ms": NaN,/' once.json >nan.json
  not_drawn "entry 0: no regret_ms" nan.json
  drawn=1
fi

if [ $failures = 0 ]; then echo "all as it should be"; fi
[ $failures = 0 ] || exit 1
[ "${drawn-}" ] || { echo "not drawn: there is no matplotlib for $python"; exit 77; }
