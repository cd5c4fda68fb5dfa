"""Several workers, on ports that spread flows by a hash that is not ours, or not at all."""
import re

from lab import World, expect, expect_equal


def run_load(lab, world):
    names = {world.curl(f"{world.url}/name").stdout.strip() for _ in range(30)}
    expect_equal(names, {"origin1", "origin2", "origin3"}, "origins that answered")
    output = lab.run(world.client, "wrk", "-t2", "-c128", "-d4s", f"{world.url}/name", timeout=30).stdout
    expect("Socket errors" not in output and "Non-2xx" not in output, output)
    requests = int(re.search(r"(\d+) requests in", output).group(1))
    metrics = world.penstock.metrics()
    steered = sum(v for k, v in metrics.items() if k.startswith("penstock_steered_packets_total"))
    busy = {k: v for k, v in metrics.items() if k.startswith("penstock_worker_cycles_total") and 'state="busy"' in k}
    expect(len(busy) == 2 and all(v > 0 for v in busy.values()), f"both workers work: {busy}")
    expect(steered > 0, "no packet was handed over, although the port does not know our hash")
    expect_equal(world.penstock.metric("penstock_tcp_retransmitted_segments_total"), 0, "retransmissions")
    world.expect_quiet_end()
    return f"{requests / 4:.0f} requests/s, {steered:.0f} packets handed over"


def test_two_workers_on_one_queue(lab):
    return run_load(lab, World(lab, workers=2, queues=1))


def test_two_workers_on_two_queues(lab):
    return run_load(lab, World(lab, workers=2, queues=2))


def test_three_workers_on_two_queues(lab):
    world = World(lab, workers=3, queues=2)
    names = {world.curl(f"{world.url}/name").stdout.strip() for _ in range(40)}
    expect_equal(names, {"origin1", "origin2", "origin3"}, "origins that answered")
    world.expect_quiet_end()


def test_busy_polling(lab):
    world = World(lab, poll="busy")
    expect_equal(world.status(f"{world.url}/name"), "200", "status")
    world.expect_quiet_end()
