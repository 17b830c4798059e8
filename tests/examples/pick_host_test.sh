#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# pick_host as a person runs it: pick_host_test.sh PICK_HOST EXAMPLES_DIR SHARED_DATA_DIR
set -u
pick=$1 examples=$2 data=$3
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
failures=0

# expect NAME EXIT_CODE PATTERN ARGUMENT...: the exit code, and a line of the output (of the error
# output where the exit code is 2) that matches the pattern; nothing on the other stream.
expect() {
  local name=$1 code=$2 pattern=$3 got said other
  shift 3
  "$pick" "$@" >"$work/out" 2>"$work/err" <"${input:-/dev/null}"
  got=$?
  if [ "$code" = 2 ]; then said=$work/err other=$work/out; else said=$work/out other=$work/err; fi
  if [ "$got" = "$code" ] && grep -qE -- "$pattern" "$said" && ! [ -s "$other" ]; then return; fi
  failures=$((failures + 1))
  printf 'FAILED: %s: exit code %s, expected %s and /%s/\n' "$name" "$got" "$code" "$pattern"
  head -n 20 "$work/out" "$work/err"
}

hosts=$examples/measured/hosts.json
expect "JSON file" 0 '^chosen: frankfurt-1\.example, 96\.[0-9]+ points, .* ahead of london-1' "$hosts"
expect "CSV file" 0 '^chosen: frankfurt-1\.example' "$examples/measured/hosts.csv"
expect "points of each metric" 0 '^1 +frankfurt-1\.example +96\.06 +19\.7 ms: 36\.06 +24\.0 Mbps: 40\.00 +0\.00 %: 20\.00 +0\.5 ms$' "$hosts"
expect "who was passed over, and why" 0 '^  silent-1\.example: did not answer$' "$hosts"
expect "the others are counted" 0 '^and 6 more$' "$hosts" --top 2
expect "top 1 still knows the runner-up" 0 'ahead of london-1' "$hosts" --top 1
input=$hosts expect "standard input by default" 0 '^chosen: frankfurt-1' --top 1
input=$examples/measured/hosts.csv expect "standard input as -" 0 '^chosen: frankfurt-1' -
expect "a limit passes hosts over" 0 '^  satellite-1\.example: latency is above the limit$' "$hosts" --max-latency-ms 100
expect "a missing metric fails its limit" 0 '^  singapore-1\.example: bandwidth is below the limit or missing$' "$hosts" --min-bandwidth-mbps 1
expect "no host eligible" 1 '^no host is eligible$' "$hosts" --max-latency-ms 1
expect "an empty list of hosts" 1 '^no host is eligible$' <(echo '[]')
printf 'host,latency_ms,packetloss,bandwidth_mbps\na,20,0,9\nb,30,0,9\n' >"$work/typo.csv"
expect "a column that no host has" 0 '^note: no host has a packet loss, which cost each of them 20\.00 points$' "$work/typo.csv"
expect "latency only" 0 'chosen: frankfurt-1\.example, 90\.15 points' "$hosts" --profile latency_only
expect "the E-model shows MOS" 0 '^#  host +score +MOS' "$hosts" --profile e_model
for policy in "$examples"/pick_host/policies/*.json; do
  expect "policy $policy" 0 '^chosen: ' "$hosts" --policy "$policy"
done

cat >"$work/relaxed.json" <<'EOF'
{"max_latency_ms": 15, "relaxed": [{"after_ms": 10000, "max_latency_ms": 25},
                                   {"after_ms": 20000, "max_latency_ms": 200}]}
EOF
expect "before any relaxation" 1 '^no host is eligible$' "$hosts" --constraints "$work/relaxed.json"
expect "first step" 0 'chosen: frankfurt-1.*only eligible' "$hosts" --constraints "$work/relaxed.json" --waited-ms 10000
expect "second step" 0 'chosen: frankfurt-1.*1 relaxation step' "$hosts" --constraints "$work/relaxed.json" --waited-ms 20000

expect "no such file" 2 'pick_host: nowhere\.json: cannot be opened' nowhere.json
expect "a directory" 2 "pick_host: $work: cannot be (read|opened)" "$work"
expect "JSON syntax" 2 'pick_host: .*line 2, column' <(printf '[\n{]')
expect "JSON type" 2 'at /0/latency_ms: expected a number, found "fast"' <(echo '[{"host": "a", "latency_ms": "fast"}]')
expect "CSV cell" 2 'line 3, column latency_ms: expected a number' <(printf 'host,latency_ms\na,1\nb,x\n')
expect "CSV percent as ratio" 2 'line 2, column packet_loss: expected a ratio' <(printf 'host,latency_ms,packet_loss\na,1,2.5\n')
expect "policy key" 2 'at /latency: expected no such key' --policy <(echo '{"latency": {}}') "$hosts"
expect "limit" 2 'limits: max_latency_ms' --max-latency-ms -5 "$hosts"
expect "limit that is no number" 2 'max-latency-ms' --max-latency-ms many "$hosts"
expect "unknown option" 2 'frobnicate' --frobnicate "$hosts"
expect "top of nothing" 2 '--top: Value 0 not in range 1' --top 0 "$hosts"
expect "top below nothing" 2 '--top: Value -1 not in range' --top -1 "$hosts"
expect "policy and profile" 2 'exclude' --policy x --profile e_model "$hosts"
expect "column" 2 'column' --column nonsense=x "$hosts"
expect "help" 0 'Exit code: 0 a host was chosen' --help
expect "version" 0 '^[0-9]+\.[0-9]+\.[0-9]+$' --version
expect "control characters stay off the terminal" 0 '^chosen: \?\[31mred' <(printf 'host,latency_ms\n\033[31mred,1\n')
expect "equal scores, nearer" 0 '^chosen: a, 100\.00 points, as many as b but 2\.0 ms nearer$' --policy <(echo '{"latency_ms": {"best": 50}, "bandwidth_mbps": {"weight": 0}, "packet_loss": {"weight": 0}}') <(printf 'host,latency_ms\nb,5\na,3\n')
expect "equal but for the name" 0 '^chosen: a, 40\.00 points, equal to b but for the name$' <(printf 'host,latency_ms\nb,0\na,0\n')
expect "a repeated host" 0 '^  a: is listed again, and better$' <(printf 'host,latency_ms\na,1\na,5\n')

expect "JSON report" 0 '"chosen": "frankfurt-1\.example"' "$hosts" --format json
expect "JSON report reasons" 0 '"reason": "failed"' "$hosts" --format json
expect "JSON report, nobody" 1 '"chosen": null' "$hosts" --format json --max-latency-ms 1

# Real medians of 239 countries, against the formula written down once more in awk.
medians=$data/mlab_country_percentiles_2024-10.csv
if [ -r "$medians" ]; then
  "$pick" "$medians" --top 239 --column host=country --column latency_ms=latency_ms_p50 \
    --column bandwidth_mbps=up_mbps_p50 --column packet_loss=loss_ratio_p50 >"$work/table"
  awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    { l = $at["latency_ms_p50"]; b = $at["up_mbps_p50"]; p = $at["loss_ratio_p50"]
      if (l > 1000 || p >= 1) next
      s = 0.4 * (l < 200 ? 100 - l / 2 : 0) + 0.4 * (b < 10 ? b * 10 : 100) + 0.2 * (p < 0.1 ? 100 - p * 1000 : 0)
      printf "%.6f %s %s\n", s, l, $at["country"] }' "$medians" |
    sort -k1,1nr -k2,2n -k3,3 | awk '{ print $3 }' >"$work/expected"
  awk '/^[0-9]/ { print $2 }' "$work/table" >"$work/ranked"
  if [ "$(wc -l <"$work/expected")" -lt 200 ] || ! cmp -s "$work/expected" "$work/ranked"; then
    failures=$((failures + 1))
    echo "FAILED: the ranking of countries differs from awk's"
    diff "$work/expected" "$work/ranked" | head
  else
    echo "ranked $(wc -l <"$work/ranked") countries as awk does"
  fi
else
  echo "skipped: no $medians"
fi

[ "$failures" = 0 ] && echo "pick_host: all as expected" || { echo "$failures failed"; exit 1; }
