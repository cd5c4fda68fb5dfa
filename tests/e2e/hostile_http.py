#!/usr/bin/env python3
"""Malformed and mutated requests; each connection must end in an answer or a close.   usage: hostile_http.py ADDRESS PORT ROUNDS [SEED]"""
import random
import socket
import sys

GOOD = [
    b"GET /name HTTP/1.1\r\nHost: a\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n",
    b"POST /name HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world",
    b"POST /name HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: v\r\n\r\n",
    b"HEAD /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a:80\r\n\r\n",
]
BAD = {  # what must be refused, and how
    b"GET / HTTP/1.1\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n": 400,
    b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n": 400,
    b"GET / HTTP/1.1\nHost: a\n\n": 400,
    b"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx": 400,
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n": 501,
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n": 400,
    b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: a\r\n\r\n": 414,
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"b" * 20000 + b"\r\n\r\n": 431,
    b"GET / HTTP/3.0\r\nHost: a\r\n\r\n": 505,
    b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n": 400,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03": 400,
}


def talk(address, data, rng):
    """Sends data in random pieces and reads to the end; returns what came."""
    with socket.create_connection(address, timeout=15) as s:
        received = b""
        try:
            position = 0
            while position < len(data):
                n = rng.choice([1, 2, 7, 100, 1400, len(data)])
                s.sendall(data[position : position + n])
                position += n
            s.shutdown(socket.SHUT_WR)
            while block := s.recv(65536):
                received += block
        except (ConnectionResetError, BrokenPipeError):
            pass
        return received


def main():
    address, rounds = (sys.argv[1], int(sys.argv[2])), int(sys.argv[3])
    rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    for data, status in BAD.items():
        answer = talk(address, data, rng)
        if not answer.startswith(f"HTTP/1.1 {status} ".encode()):
            sys.exit(f"{data[:60]!r}: wanted {status}, got {answer[:60]!r}")
    for _ in range(rounds):
        data = bytearray(b"".join(rng.choice(GOOD) for _ in range(rng.randrange(1, 4))))
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(data))
            change = rng.randrange(4)
            if change == 0:
                data[at] = rng.randrange(256)
            elif change == 1:
                del data[at : at + rng.randrange(1, 10)]
            elif change == 2:
                data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 5)))
            else:
                del data[at:]
            if not data:
                data = bytearray(b"\r\n")
        answer = talk(address, bytes(data), rng)
        if answer and not answer.startswith(b"HTTP/1."):
            sys.exit(f"{bytes(data)!r}: got {answer[:60]!r}")
    print(f"{len(BAD)} malformed, {rounds} mutated requests")


main()
