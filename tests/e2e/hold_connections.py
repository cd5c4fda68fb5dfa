#!/usr/bin/env python3
"""Opens N keep-alive connections, one request on each; again for every line on stdin; closes at its end.

usage: hold_connections.py N ADDRESS PORT PATH SOURCE...
"""
import resource
import selectors
import socket
import sys


def main():
    count, address, port, path = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    sources = sys.argv[5:]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    request = f"GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode()
    sockets = []
    selector = selectors.DefaultSelector()

    def answered(expected):
        """Reads until `expected` sockets have had a whole answer."""
        done = 0
        while done < expected:
            ready = selector.select(20)
            if not ready:
                sys.exit(f"only {done} of {expected} answered within 20 s")
            for key, _ in ready:
                data = key.fileobj.recv(65536)
                if not data.startswith(b"HTTP/1.1 200 "):
                    sys.exit(f"got {data[:100]!r}")
                done += 1

    opened = 0
    while opened < count:  # in groups: a queue of SYNs is finite
        group = []
        for _ in range(min(500, count - opened)):
            s = socket.socket()
            s.bind((sources[opened % len(sources)], 0))
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.settimeout(20)
            s.connect((address, port))
            s.sendall(request)
            selector.register(s, selectors.EVENT_READ)
            group.append(s)
            opened += 1
        answered(len(group))
        sockets += group
    print(f"held {len(sockets)}", flush=True)
    for _ in sys.stdin:
        for start in range(0, len(sockets), 500):
            for s in sockets[start : start + 500]:
                s.sendall(request)
            answered(len(sockets[start : start + 500]))
        print(f"served {len(sockets)}", flush=True)


main()
