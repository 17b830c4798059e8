#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# live_probe against reflectors whose delay, loss and rate are known:
# live_probe_test.sh LIVE_PROBE REFLECTOR
set -u
probe=$1 reflector=$2
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
failures=0
fail() { failures=$((failures + 1)); echo "FAILED: $*"; }

# reflect NAME IMPAIRMENT...: sets the variable NAME to where it listens.
reflect() {
  local name=$1
  shift
  : >"$work/$name"
  "$reflector" --listen 127.0.0.1:0 "$@" >>"$work/$name" &
  for _ in $(seq 100); do grep -q listening "$work/$name" && break; sleep 0.05; done
  printf -v "$name" %s "$(sed -n 's/^listening on //p' "$work/$name")"
}
# between NAME LOW VALUE HIGH
between() {
  awk -v low="$2" -v x="$3" -v high="$4" 'BEGIN { exit !(x != "" && x >= low && x <= high) }' ||
    fail "$1: $3 is not from $2 to $4"
}
# of HOST KEY: the first number under that key in the host's part of the last report.
of() { sed -n "/\"host\": \"$1\"/,/\"host\": /p" "$work/report" | sed -n "s/.*\"$2\": \([-0-9.e]*\).*/\1/p" | head -n 1; }

reflect clean --delay-ms 20
reflect lossy --delay-ms 40 --loss 0.2 --seed 5
reflect strange --delay-ms 10 --duplicate 0.3 --reorder 0.2
"$probe" --seconds 5 --interval-ms 10 --no-trains --format json clean="$clean" lossy="$lossy" \
  strange="$strange" nobody=127.0.0.1:9 >"$work/report" || fail "exit code $?"
grep -q '"chosen": "strange"' "$work/report" || fail "the nearest of the paths without loss is not chosen"
between "round trip of a clean path" 20 "$(of clean rtt_median_ms)" 24
between "smallest round trip" 20 "$(of clean rtt_min_ms)" 22
between "loss of a clean path" 0 "$(of clean packet_loss)" 0.01
between "probes" 300 "$(of clean sent)" 550
between "round trip of a lossy path" 40 "$(of lossy rtt_median_ms)" 44
between "loss of a lossy path" 0.13 "$(of lossy packet_loss)" 0.27  # 400 probes: 3.5 deviations
between "duplicates" 60 "$(of strange duplicates)" 220
between "reordered" 20 "$(of strange reordered)" 200
grep -A5 '"host": "nobody"' "$work/report" | grep -q '"failed": true' || fail "nobody answers"

# Too few packets in flight to be held back: the trains see the links, with or without loss.
reflect slow --rate-mbps 8 --delay-ms 10
reflect quick --rate-mbps 50 --delay-ms 10 --loss 0.02
"$probe" --seconds 7 --format json slow="$slow" quick="$quick" >"$work/report" || fail "exit code $?"
between "8 Mbit/s" 7.2 "$(of slow bandwidth_mbps)" 8.8
between "50 Mbit/s" 42 "$(of quick bandwidth_mbps)" 58

"$probe" --seconds 1 nobody=127.0.0.1:9 >"$work/out"
[ $? = 1 ] && grep -q "no host is eligible" "$work/out" || fail "nobody to choose"
said() {  # CODE PATTERN COMMAND...
  local code=$1 pattern=$2
  shift 2
  "$@" >/dev/null 2>"$work/err"
  [ $? = "$code" ] && grep -q "$pattern" "$work/err" || fail "$*: $(cat "$work/err")"
}
said 2 "does not resolve" "$probe" host.invalid:9
said 2 "expected NAME:PORT" "$probe" 127.0.0.1
said 2 "expected NAME:PORT" "$probe" 127.0.0.1:70000
said 2 "nobody can be asked at port 0" "$probe" 127.0.0.1:0
said 2 "is there twice" "$probe" a=127.0.0.1:9 a=127.0.0.1:10
said 2 "expected a number from 5 to 60000, found nan" "$probe" --interval-ms nan 127.0.0.1:9
said 2 "found 1e18" "$reflector" --delay-ms 1e18
said 2 "cannot listen there: Address already in use" "$reflector" --listen "$clean"

"$probe" --seconds 60 --format json clean="$clean" >"$work/report" &
sleep 1
kill -INT $!
wait $! || fail "Ctrl-C: exit code $?"
grep -q '"chosen": "clean"' "$work/report" || fail "nothing is said after Ctrl-C"

# A reflector never answers with more bytes than it was sent, and not to what is no question.
command -v python3 >/dev/null && ! python3 - "$clean" <<'EOF' && fail "the length of answers"
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.5)
for size in (44, 45, 48, 1000):
    packet = bytearray(size)
    packet[13] = 1
    s.sendto(packet, (host, int(port)))
    assert len(s.recv(65536)) == size, size
for size in (0, 1, 43):
    s.sendto(bytes(size), (host, int(port)))
    try:
        s.recv(65536)
        sys.exit("an answer to %d bytes" % size)
    except TimeoutError:
        pass
EOF

[ $failures = 0 ] && echo "all as it should be"
exit $((failures > 0))
