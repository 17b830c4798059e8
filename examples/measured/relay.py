#!/usr/bin/env python3
"""UDP relay on loopback that makes a nearby server look like a distant host.

    client  -->  127.0.0.1:LISTEN  [ relay ]  -->  127.0.0.1:TO  (server)

What happens to a datagram, in this order:

  rate    server->client only: the host's upload. Datagrams leave one after the
          other at B Mbit/s (10^6 bit/s of UDP payload). One that would wait
          longer than QUEUE_S for its turn is discarded (drop tail). 0 = no limit.
  drop    each direction loses a datagram with probability R, independently, so
          a round trip is lost with probability 1 - (1 - R)^2.
  delay   each direction takes D/2, so the round trip grows by D.
  jitter  each direction adds a fresh uniform value from [0, J], so the round
          trip grows by J on average. The mean absolute difference of two
          consecutive round trips is 7/15 * J (four independent uniforms).

Order is kept: a datagram never overtakes an earlier one of its direction; it
waits for it instead. Packets spaced by at least 2 * J never have to wait.

Each direction draws from its own generator, so with one seed the n-th datagram
of a direction always meets the same fate. Replies go to the client heard last:
use one relay per client. SIGTERM or SIGINT end the relay with status 0.
"""

import argparse
import random
import select
import signal
import socket
import sys
import time
from collections import deque

LOOPBACK = "127.0.0.1"
QUEUE_S = 0.050        # longest wait for the rate limit: a modest router buffer
READS_PER_TURN = 64    # bounds one direction's turn, so that a flood cannot starve the other


class Direction:
    """Impairments of one direction and the datagrams now under way in it."""

    def __init__(self, seed, delay_s, jitter_s, drop, rate_bps):
        self.random = random.Random(seed)
        self.delay_s, self.jitter_s, self.drop, self.rate_bps = delay_s, jitter_s, drop, rate_bps
        self.link_free_at = 0.0
        self.last_due = 0.0
        self.in_flight = deque()    # (due time, datagram); due times never decrease

    def accept(self, now, datagram):
        lost = self.random.random() < self.drop
        jitter = self.random.uniform(0.0, self.jitter_s)
        departure = now
        if self.rate_bps:
            start = max(now, self.link_free_at)
            if start - now > QUEUE_S:
                return
            departure = self.link_free_at = start + len(datagram) * 8 / self.rate_bps
        if lost:    # only now: a datagram lost on the way has used the uplink all the same
            return
        self.last_due = max(self.last_due, departure + self.delay_s + jitter)
        self.in_flight.append((self.last_due, datagram))

    def take_due(self, now):
        while self.in_flight and self.in_flight[0][0] <= now:
            yield self.in_flight.popleft()[1]


def bind(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.bind((LOOPBACK, port))
    return sock


def receive(sock):
    """Yield what has already arrived, without waiting for more."""
    for _ in range(READS_PER_TURN):
        try:
            yield sock.recvfrom(65535, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return


def relay(client_side, server_side, server, to_server, to_client):
    client = None
    while True:
        due = [d.in_flight[0][0] for d in (to_server, to_client) if d.in_flight]
        timeout = max(0.0, min(due) - time.monotonic()) if due else None
        # select() and not epoll: its timeout is finer than a millisecond.
        readable, _, _ = select.select([client_side, server_side], [], [], timeout)

        if client_side in readable:
            for datagram, client in receive(client_side):
                to_server.accept(time.monotonic(), datagram)
        if server_side in readable:
            for datagram, sender in receive(server_side):
                if sender == server and client:
                    to_client.accept(time.monotonic(), datagram)

        now = time.monotonic()
        for datagram in to_server.take_due(now):
            server_side.sendto(datagram, server)
        for datagram in to_client.take_due(now):
            client_side.sendto(datagram, client)


def number(low, high):
    def parse(text):
        value = float(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not within {low:g}..{high:g}")
        return value
    return parse


def parse_arguments():
    parser = argparse.ArgumentParser(description="UDP relay on loopback with delay, jitter, loss and a rate limit")
    parser.add_argument("--listen", type=int, required=True, metavar="PORT",
                        help="port for the client, 0 = any free one")
    parser.add_argument("--to", type=int, required=True, metavar="PORT", help="port of the server")
    parser.add_argument("--delay-ms", type=number(0, 60000), default=0.0, help="added to the round trip, half each way")
    parser.add_argument("--jitter-ms", type=number(0, 60000), default=0.0, help="uniform 0..J extra, each way")
    parser.add_argument("--drop", type=number(0, 1), default=0.0, help="ratio lost, each way")
    parser.add_argument("--rate-mbps", type=number(0, 1e6), default=0.0, help="server->client limit, 0 = none")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    args = parse_arguments()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: sys.exit(0))
    try:
        client_side, server_side = bind(args.listen), bind(0)
    except OSError as error:
        sys.exit(f"relay.py: cannot listen on {LOOPBACK}:{args.listen}: {error.strerror}")

    path = args.delay_ms / 2000, args.jitter_ms / 1000, args.drop
    to_server = Direction(f"{args.seed} to server", *path, rate_bps=0)
    to_client = Direction(f"{args.seed} to client", *path, rate_bps=args.rate_mbps * 1e6)
    # Whoever started the relay learns here that it is ready, and on which port.
    print(f"listening on {LOOPBACK}:{client_side.getsockname()[1]}", flush=True)
    relay(client_side, server_side, (LOOPBACK, args.to), to_server, to_client)


if __name__ == "__main__":
    main()
