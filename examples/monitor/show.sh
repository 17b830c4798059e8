#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Shows the monitor on hosts of its own: it chooses one, that one is degraded, the session
# moves, an alert fires; the host is mended, the alert is over. Then what it remembers of all that.
# show.sh MONITOR REPORT
set -euo pipefail
monitor=$1
report=$2
folder=$(mktemp -d)
log=$folder/log
trap 'kill "$pid" 2>/dev/null || true; rm -rf "$folder"' EXIT

"$monitor" --listen 127.0.0.1:0 --history "$folder/history.db" >"$log" &
pid=$!
seen=0
# Shows the log as it grows, until a line of it matches.
until_says() {
  local pattern=$1 tries
  for ((tries = 0; tries < 600; ++tries)); do
    local lines
    lines=$(wc -l <"$log")
    if ((lines > seen)); then sed -n "$((seen + 1)),${lines}p" "$log"; seen=$lines; fi
    grep -q "$pattern" "$log" && return 0
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "the monitor does not say: $pattern" >&2
  return 1
}

# As if the path to a host were like that from now on.
impair() {
  exec 3<>"/dev/tcp/${where%:*}/${where##*:}"
  printf 'POST /demo/impair?%s HTTP/1.0\r\n\r\n' "$1" >&3
  cat <&3 >/dev/null
  exec 3>&-
}

until_says 'the session starts here, on '
chosen=$(sed -n 's/.*the session starts here, on \([a-z]*\).*/\1/p' "$log")
where=$(sed -n 's|.*look at http://\([^/]*\)/.*|\1|p' "$log")

impair "host=$chosen&delay_ms=400&loss=0.3"
until_says "no longer on $chosen"
until_says "$chosen: ALERT HostpickLatencyCritical"

impair "host=$chosen&delay_ms=20&loss=0"
until_says "$chosen: alert resolved, HostpickLatencyCritical"

kill "$pid"
wait "$pid"
until_says 'stops: '

printf '\nWhat it remembers (hostpick-report --today):\n\n'
"$report" --history "$folder/history.db" --today --days 2 --show daily --show incidents --show decisions
