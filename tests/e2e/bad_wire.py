"""A wire that delays, loses, reorders, duplicates and damages frames between the client and Penstock, both ways."""
import time

from lab import expect
from transfers import bulk_world, download, upload


def run(lab, megabytes, *faults, timeout=100):
    world, digest = bulk_world(lab, megabytes, wire=faults)
    start = time.monotonic()
    download(world, lab, digest, timeout)
    down = time.monotonic()
    upload(world, lab, digest, timeout)
    up = time.monotonic()
    retransmitted = world.penstock.metric("penstock_tcp_retransmitted_segments_total")
    world.expect_quiet_end()
    return world.wire.stop(), (
        f"{megabytes} MB down in {down - start:.1f} s, up in {up - down:.1f} s, {retransmitted:.0f} segments retransmitted by Penstock"
    )


def test_long_way(lab):
    """40 ms there and back, nothing lost: windows must grow."""
    return run(lab, 40, "delay=20ms")[1]


def test_long_and_lossy_way(lab):
    done, text = run(lab, 4, "--seed", "7", "delay=10ms", "loss=0.01")
    expect(done["a_to_b"]["lost"] > 20 and done["b_to_a"]["lost"] > 20, f"what the wire did: {done}")
    return text


def test_disorder(lab):
    """Every twentieth frame is overtaken, some come twice, some damaged."""
    return run(
        lab, 5, "--seed", "3", "delay=3ms", "jitter=1ms", "reorder=0.05", "reorder_by=4ms", "duplicate=0.02", "corrupt=0.002"
    )[1]


def test_narrow_way(lab):
    """20 Mbit/s with a queue of 50 frames: congestion control finds the rate."""
    return run(lab, 5, "delay=5ms", "rate=20Mbit", "queue=50")[1]
