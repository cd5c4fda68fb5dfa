#!/usr/bin/env python3
"""Sends malformed frames from a raw socket.   usage: hostile_packets.py INTERFACE SOURCE TARGET PORT ROUNDS [SEED]"""
import random
import socket
import struct
import sys


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(rng, src, dst, protocol, payload, **odd):
    header_words = odd.get("ihl", 5)
    options = bytes(rng.randrange(256) for _ in range(max(0, header_words - 5) * 4))
    length = odd.get("length", 20 + len(options) + len(payload))
    header = (
        struct.pack(
            ">BBHHHBBH4s4s",
            odd.get("version", 4) << 4 | header_words,
            0,
            length & 0xFFFF,
            rng.randrange(65536),
            odd.get("fragment", 0),
            odd.get("ttl", 64),
            protocol,
            0,
            src,
            dst,
        )
        + options
    )
    if odd.get("checksum", True):
        header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return header + payload


def tcp(rng, src, dst, sport, dport, flags, **odd):
    options = odd.get("options", b"")
    options += b"\0" * (-len(options) % 4)
    offset = odd.get("offset", 5 + len(options) // 4)
    body = odd.get("body", b"")
    header = (
        struct.pack(
            ">HHIIBBHHH",
            sport,
            dport,
            odd.get("seq", rng.randrange(1 << 32)),
            odd.get("ack", rng.randrange(1 << 32)),
            (offset & 15) << 4 | rng.randrange(16),
            flags,
            rng.randrange(65536),
            0,
            rng.randrange(65536),
        )
        + options
        + body
    )
    total = (
        checksum(src + dst + struct.pack(">BBH", 0, 6, len(header)) + header)
        if odd.get("checksum", True)
        else rng.randrange(65536)
    )
    return header[:16] + struct.pack(">H", total) + header[18:]


def main():
    interface, source, target, port, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    rng = random.Random(int(sys.argv[6]) if len(sys.argv) > 6 else 1)
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    raw.bind((interface, 0))
    mac = raw.getsockname()[4]  # the kernel's side of a tap has the port's own MAC
    src, dst = socket.inet_aton(source), socket.inet_aton(target)

    def random_bytes(n):
        return bytes(rng.randrange(256) for _ in range(n))

    def option_bytes():
        return b"".join(
            bytes([rng.choice([0, 1, 2, 3, 4, 5, 8, 30, 254, rng.randrange(256)]), rng.randrange(14)])
            + random_bytes(rng.randrange(10))
            for _ in range(rng.randrange(4))
        )[:40]

    kinds = [
        lambda: random_bytes(rng.randrange(1, 200)),  # no IP at all
        lambda: ipv4(
            rng, src, dst, 6, tcp(rng, src, dst, rng.randrange(65536), port, rng.randrange(256))
        ),  # every flag combination
        lambda: ipv4(
            rng, src, dst, 6, tcp(rng, src, dst, rng.randrange(65536), port, 2, options=option_bytes())
        ),  # SYN, odd options
        lambda: ipv4(
            rng, src, dst, 6, tcp(rng, src, dst, rng.randrange(65536), port, 2, offset=rng.randrange(16))
        ),  # odd data offsets
        lambda: ipv4(rng, src, dst, 6, tcp(rng, src, dst, rng.randrange(65536), port, rng.randrange(256), checksum=False)),
        lambda: ipv4(
            rng,
            src,
            dst,
            6,
            tcp(rng, src, dst, rng.randrange(1024, 1100), port, rng.choice([16, 24, 17]), body=random_bytes(rng.randrange(1400))),
        ),
        lambda: ipv4(rng, src, dst, 6, random_bytes(rng.randrange(25))),  # truncated TCP
        lambda: ipv4(rng, src, dst, rng.randrange(256), random_bytes(rng.randrange(100))),  # any protocol
        lambda: ipv4(rng, src, dst, 1, random_bytes(rng.randrange(64))),  # ICMP
        lambda: ipv4(rng, src, dst, 6, random_bytes(20), length=rng.randrange(65536)),
        lambda: ipv4(rng, src, dst, 6, random_bytes(20), version=rng.randrange(16)),
        lambda: ipv4(rng, src, dst, 6, random_bytes(40), ihl=rng.randrange(16)),
        lambda: ipv4(rng, src, dst, 6, random_bytes(20), checksum=False),
        lambda: ipv4(rng, src, dst, 6, random_bytes(60), fragment=rng.randrange(65536)),
        lambda: ipv4(rng, random_bytes(4), dst, 6, tcp(rng, src, dst, 1, port, 2)),  # any source
        lambda: ipv4(rng, src, random_bytes(4), 17, random_bytes(30), ttl=rng.randrange(3)),  # transit
        lambda: ipv4(rng, dst, dst, 6, tcp(rng, dst, dst, port, port, 2)),  # from itself to itself
    ]
    sent = 0
    for _ in range(rounds):
        if rng.randrange(12) == 0:  # ARP: well-formed, odd, truncated
            arp = (
                struct.pack(
                    ">HHBBH",
                    rng.choice([1, rng.randrange(65536)]),
                    rng.choice([0x800, rng.randrange(65536)]),
                    rng.choice([6, rng.randrange(256)]),
                    rng.choice([4, rng.randrange(256)]),
                    rng.choice([1, 2, rng.randrange(65536)]),
                )
                + random_bytes(6)
                + rng.choice([src, random_bytes(4)])
                + random_bytes(6)
                + rng.choice([dst, random_bytes(4)])
            )
            frame = rng.choice([mac, b"\xff" * 6]) + random_bytes(6) + b"\x08\x06" + arp[: rng.choice([28, rng.randrange(29)])]
        else:
            frame = mac + mac + rng.choice([b"\x08\x00"] * 12 + [random_bytes(2)]) + rng.choice(kinds)()
        try:
            raw.send(frame[:1514] if len(frame) >= 14 else frame.ljust(14, b"\0"))
            sent += 1
        except OSError:
            pass  # the kernel refuses a few by itself
    print(f"{sent} frames sent")


main()
