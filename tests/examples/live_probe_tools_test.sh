#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# live_probe beside irtt, through the same relay of known delay and loss; and its bandwidth through
# a token bucket of the kernel's, in a network namespace of its own:
# live_probe_tools_test.sh LIVE_PROBE REFLECTOR RELAY
set -u
probe=$1 reflector=$2 relay=$3
work=$(mktemp -d)
space=hostpick-$$
trap 'kill $(jobs -p) 2>/dev/null; ip netns del $space 2>/dev/null; rm -rf "$work"' EXIT
failures=0 checked=0
fail() { failures=$((failures + 1)); echo "FAILED: $*"; }
between() {  # NAME LOW VALUE HIGH
  awk -v low="$2" -v x="$3" -v high="$4" 'BEGIN { exit !(x != "" && x >= low && x <= high) }' &&
    echo "$1: $3" || fail "$1: $3 is not from $2 to $4"
}
of() { sed -n "s/.*\"$1\": \([-0-9.e]*\).*/\1/p" "$work/report" | head -n 1; }

if command -v irtt >/dev/null && command -v python3 >/dev/null; then
  checked=$((checked + 1))
  # A round trip of 30 ms and up to 6 ms more; 1 - 0.95^2 = 9.75 % of round trips lost.
  python3 "$relay" --help >"$work/help" || fail "the relay"
  "$reflector" --listen 127.0.0.1:18620 >"$work/reflector" &
  irtt server -b 127.0.0.1:12112 >"$work/irtt_server" 2>&1 &
  impair=(--delay-ms 30 --jitter-ms 3 --drop 0.05 --seed 7)
  python3 "$relay" --listen 18621 --to 18620 "${impair[@]}" >"$work/relay" &
  python3 "$relay" --listen 12113 --to 12112 "${impair[@]}" >"$work/irtt_relay" &
  sleep 1
  "$probe" --seconds 10 --interval-ms 20 --no-trains --format json host=127.0.0.1:18621 >"$work/report"
  irtt client -i 20ms -d 10s -q -o "$work/irtt.json" 127.0.0.1:12113 >"$work/irtt" 2>&1 ||
    irtt client -i 20ms -d 10s -q -o "$work/irtt.json" 127.0.0.1:12113 >"$work/irtt" 2>&1 ||
    fail "irtt: $(cat "$work/irtt")"
  read -r rtt jitter loss < <(python3 - "$work/irtt.json" <<'EOF'
import gzip, json, sys
data = open(sys.argv[1], "rb").read()
stats = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)["stats"]
print(stats["rtt"]["mean"] / 1e6, stats["ipdv_round_trip"]["mean"] / 1e6, stats["packet_loss_percent"] / 100)
EOF
  )
  between "irtt's round trip, 33 ms and what the machine takes" 32.5 "$rtt" 45
  between "our round trip, beside irtt's" "$(awk -v x="$rtt" 'BEGIN { print x - 3 }')" "$(of latency_ms)" \
    "$(awk -v x="$rtt" 'BEGIN { print x + 3 }')"
  between "our jitter, beside irtt's" "$(awk -v x="$jitter" 'BEGIN { print x * 0.5 }')" "$(of jitter_ms)" \
    "$(awk -v x="$jitter" 'BEGIN { print x * 2 }')"
  between "irtt's loss" 0.05 "$loss" 0.15
  between "our loss" 0.05 "$(of packet_loss)" 0.15  # 500 probes: 3.5 deviations
fi

if ip netns add $space 2>/dev/null && ip link add hp-$$ type veth peer name hq-$$ 2>/dev/null &&
  ip link set hq-$$ netns $space && ip netns exec $space tc qdisc add dev hq-$$ root tbf rate 1mbit burst 4kb latency 1s; then
  checked=$((checked + 1))
  inside() { ip netns exec $space "$@"; }
  ip addr add 10.213.77.1/30 dev hp-$$ && ip link set hp-$$ up
  inside ip addr add 10.213.77.2/30 dev hq-$$ && inside ip link set hq-$$ up
  # Not by the function: its subshell would be killed, and not the reflector.
  ip netns exec $space "$reflector" --listen 10.213.77.2:8620 >"$work/reflector" &
  sleep 0.5
  for rate in 8 50; do
    inside tc qdisc replace dev hq-$$ root tbf rate ${rate}mbit burst 4kb latency 300ms
    "$probe" --seconds 7 --format json host=10.213.77.2:8620 >"$work/report"
    # The bucket counts Ethernet's 14 bytes too: 1278 of 1292 bytes are ours.
    between "Mbit/s through a token bucket of $rate" \
      "$(awk -v r=$rate 'BEGIN { print r * 0.9891 * 0.95 }')" "$(of bandwidth_mbps)" \
      "$(awk -v r=$rate 'BEGIN { print r * 0.9891 * 1.05 }')"
  done
fi

[ $checked -gt 0 ] || { echo "skipped: there is neither irtt nor a network namespace to be had"; exit 77; }
[ $checked = 2 ] || echo "a part was skipped: irtt, or network namespaces"
exit $((failures > 0))
