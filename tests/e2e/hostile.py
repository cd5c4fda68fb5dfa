"""Malformed packets and malformed HTTP, against an instance with the address sanitizer where there is one."""
import collections
import sys

from lab import ROOT, World, expect, expect_equal


def sanitized(lab):
    if lab.asan and (lab.asan / "apps/penstock").exists():
        # DPDK keeps what it allocated until the process ends.
        return {
            "build": lab.asan,
            "environment": {
                "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
                "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
            },
        }
    return {}


def test_malformed_packets(lab):
    """Random bytes, every flag combination, truncated and overlong headers, bad checksums, odd options, fragments, ARP of all kinds."""
    world = World(lab, **sanitized(lab))
    expect_equal(world.status(f"{world.url}/name"), "200", "before")
    rounds = "60000" if lab.full else "12000"
    done = lab.run(
        world.client,
        sys.executable,
        ROOT / "tests/e2e/hostile_packets.py",
        "c0",
        "198.18.0.2",
        "198.18.0.10",
        "80",
        rounds,
        timeout=200,
    )
    expect(world.penstock.alive(), f"Penstock died\n{world.penstock.tail()}")
    # Some frames claimed the client's own address for another MAC, and were believed as RFC 826 wants it: the client asks anew.
    lab.run(world.client, "ip", "neigh", "flush", "dev", "c0")
    for _ in range(5):
        expect_equal(world.status(f"{world.url}/name"), "200", "after")
    drops = collections.Counter()
    for drop in world.penstock.json("/api/v1/drops")["items"]:
        drops[drop["reason"]] += drop["drops_total"]
    for reason in ("bad_checksum", "ip_bad_checksum", "ip_truncated", "ip_bad_version", "no_connection", "arp_malformed"):
        expect(drops.get(reason, 0) > 0, f"no packet was dropped as {reason}: {drops}")
    world.expect_quiet_end()
    return done.stdout.strip()


def test_malformed_http(lab):
    """Requests that are none, cut and mutated: an error answer or a closed connection each, and service goes on."""
    world = World(lab, listener='header_timeout = "2s"\nidle_timeout = "5s"', **sanitized(lab))
    done = lab.run(
        world.client,
        sys.executable,
        ROOT / "tests/e2e/hostile_http.py",
        "198.18.0.10",
        "80",
        "4000" if lab.full else "800",
        timeout=200,
    )
    expect(world.penstock.alive(), f"Penstock died\n{world.penstock.tail()}")
    expect_equal(world.status(f"{world.url}/name"), "200", "after")
    expect(world.penstock.metric("penstock_http_rejected_total") > 100, "few rejections")
    world.expect_quiet_end()
    return done.stdout.strip()


def test_slow_heads_are_cut_off(lab):
    world = World(lab, listener='header_timeout = "1s"')
    script = (
        "import socket,time\ns=socket.create_connection(('198.18.0.10',80))\ns.sendall(b'GET / HTTP/1.1\\r\\nHost:')\n"
        "t=time.time()\nd=s.recv(1000)\nprint(d.split(b' ')[1].decode(), round(time.time()-t))"
    )
    expect_equal(lab.run(world.client, sys.executable, "-c", script).stdout.split(), ["408", "1"], "status and seconds")
    world.expect_quiet_end()
