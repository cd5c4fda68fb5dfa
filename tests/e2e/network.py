"""IPv4 beside HTTP: ping, forwarding, errors; and every kind of port."""
import re

from lab import Skip, World, expect, expect_equal, wait_until


def ping(lab, space, *args):
    return lab.run(space, "ping", "-W", "2", *args, check=False)


def test_ping(lab):
    """Own addresses and listeners answer, the first packet too: it waits for ARP instead of being lost."""
    world = World(lab)
    for address in ("198.18.0.1", "198.18.0.10"):
        done = ping(lab, world.client, "-c", "5", "-i", "0.05", address)
        expect("5 received" in done.stdout, done.stdout)
    done = ping(lab, world.client, "-c", "3", "-i", "0.05", "-s", "1472", "-M", "do", "198.18.0.1")
    expect("3 received" in done.stdout, done.stdout)
    world.expect_quiet_end()


def forwarding_world(lab):
    """Two hosts with Penstock as their router, over taps."""
    router, left, right = lab.space("router"), lab.space("left"), lab.space("right")
    penstock = lab.penstock(
        router,
        """
[engine]
max_connections = 1000
[forwarding]
enabled = true
[[port]]
name = "left"
device = "tap:l0"
addresses = ["198.18.2.1/24"]
[[port]]
name = "right"
device = "tap:r0"
addresses = ["198.18.3.1/24"]
[[route]]
prefix = "198.19.0.0/16"
via = ["198.18.3.2"]
[[route]]
prefix = "198.19.77.0/24"
unreachable = true
[[route]]
prefix = "198.19.78.0/24"
blackhole = true
""",
        "router",
    )
    for interface, space, host in (("l0", left, "198.18.2.2/24"), ("r0", right, "198.18.3.2/24")):
        lab.run(router, "ip", "link", "set", interface, "netns", space)
        lab.address(space, interface, host, host.rsplit(".", 1)[0] + ".1")
    lab.run(right, "ip", "addr", "add", "198.19.5.5/32", "dev", "lo")
    return penstock, left, right


def test_forwarding(lab):
    penstock, left, right = forwarding_world(lab)
    for address in ("198.18.3.2", "198.19.5.5"):
        done = ping(lab, left, "-c", "5", "-i", "0.05", address)
        expect("5 received" in done.stdout and "ttl=63" in done.stdout, done.stdout)
    done = ping(lab, left, "-c", "1", "-t", "1", "198.18.3.2")
    expect("Time to live exceeded" in done.stdout and "198.18.2.1" in done.stdout, done.stdout)
    done = ping(lab, left, "-c", "1", "203.0.113.9")
    expect("Destination Net Unreachable" in done.stdout, done.stdout)
    done = ping(lab, left, "-c", "1", "198.19.77.1")
    expect("Destination Host Unreachable" in done.stdout, done.stdout)
    done = ping(lab, left, "-c", "1", "198.19.78.1")
    expect("100% packet loss" in done.stdout and "Unreachable" not in done.stdout, done.stdout)
    done = ping(lab, left, "-c", "1", "-W", "6", "198.18.3.99")  # nobody answers ARP for it
    expect("Destination Host Unreachable" in done.stdout, done.stdout)
    lab.nginx(right, "origin")
    expect_equal(
        lab.run(left, "curl", "-sS", "--max-time", "5", "http://198.19.5.5/name").stdout, "origin\n", "TCP through the router"
    )
    expect(penstock.metric("penstock_forwarded_packets_total") > 20, "forwarded packets counted")
    penstock.stop()


def direct_world(lab, device, workers=1, eal=(), queues='"auto"'):
    """Client and Penstock joined by a veth."""
    lb, client = lab.space("lb"), lab.space("client")
    lab.veth(lb, "p0", client, "c0", offloads=False)
    lab.address(client, "c0", "198.18.0.2/24")
    penstock = lab.penstock(
        lb,
        f"""
[engine]
max_connections = 2000
workers = {workers}
[[port]]
name = "p"
device = "{device}"
addresses = ["198.18.0.1/24"]
queues = {queues}
[[listener]]
name = "web"
address = "*:80"
[[rule]]
name = "hello"
respond = {{ status = 200, body = "{'x' * 3000}" }}
""",
        "direct",
        eal=eal,
    )
    return penstock, client


def check_direct(lab, penstock, client):
    done = lab.run(client, "curl", "-sS", "--max-time", "10", *["http://198.18.0.1/"] * 20)
    expect_equal(len(done.stdout), 20 * 3000, "bytes of twenty answers")
    output = lab.run(client, "wrk", "-t1", "-c16", "-d2s", "http://198.18.0.1/", timeout=20).stdout
    expect("Socket errors" not in output and "Non-2xx" not in output, output)
    wait_until(lambda: penstock.metric("penstock_http_connections") == 0, "connections are gone")
    expect_equal(penstock.metric("penstock_packets_unaccounted"), 0, "unaccounted packets")
    penstock.stop()
    return re.search(r"Requests/sec:\s*(\S+)", output).group(0)


def test_af_packet(lab):
    return check_direct(lab, *direct_world(lab, "af_packet:p0"))


def test_af_packet_two_workers(lab):
    return check_direct(lab, *direct_world(lab, "af_packet:p0", workers=2))


def test_af_xdp(lab):
    return check_direct(lab, *direct_world(lab, "af_xdp:p0"))


def test_vdev(lab):
    """Any DPDK device by its devargs."""
    return check_direct(lab, *direct_world(lab, "vdev:net_af_packet7,iface=p0"))


def test_memif(lab):
    """Two Penstocks back to back over shared memory: a router before a load balancer."""
    router, client, lb = lab.space("router"), lab.space("client"), lab.space("lb")
    socket = lab.directory / "memif.sock"
    second = lab.penstock(
        lb,
        f"""
[engine]
max_connections = 2000
workers = 2
[[port]]
name = "m"
device = "memif:{socket},server"
addresses = ["198.18.9.2/24"]
[[route]]
prefix = "0.0.0.0/0"
via = ["198.18.9.1"]
[[listener]]
name = "web"
address = "198.18.9.2:80"
[[rule]]
name = "hello"
respond = {{ status = 200, body = "over memif\\n" }}
""",
        "second",
    )
    first = lab.penstock(
        router,
        f"""
[engine]
max_connections = 1000
[forwarding]
enabled = true
[[port]]
name = "c"
device = "tap:c0"
addresses = ["198.18.0.1/24"]
[[port]]
name = "m"
device = "memif:{socket}"
addresses = ["198.18.9.1/24"]
""",
        "first",
    )
    lab.run(router, "ip", "link", "set", "c0", "netns", client)
    lab.address(client, "c0", "198.18.0.2/24", "198.18.0.1")
    for _ in range(10):
        expect_equal(
            lab.run(client, "curl", "-sS", "--max-time", "10", "http://198.18.9.2/").stdout,
            "over memif\n",
            "an answer over memif",
        )
    expect(second.metric("penstock_steered_packets_total") > 0, "one ring and two workers: packets are handed over")
    for instance in (first, second):
        expect_equal(instance.metric("penstock_packets_unaccounted"), 0, "unaccounted packets")
        instance.stop()


def test_pci_errors(lab):
    """A PCI address that is not there, said in one sentence with what to do."""
    space = lab.space("lb")
    instance = lab.penstock(
        space,
        '[engine]\nmax_connections = 1000\n[[port]]\nname = "p"\ndevice = "pci:0000:fe:1f.7"\naddresses = ["198.18.0.1/24"]\n',
        "pci",
        expect_status=1,
    )
    expect("there is no PCI device 0000:fe:1f.7" in instance.tail(), instance.tail())


def test_mtu_limits(lab):
    """An MTU that a port cannot carry is refused with the port and the limit; below it, it is the interface's, too."""
    lb, peer = lab.space("lb"), lab.space("peer")
    lab.veth(lb, "p0", peer, "c0")
    config = """
[engine]
max_connections = 1000
[[port]]
name = "p"
device = "{}"
addresses = ["198.18.0.1/24"]
mtu = {}
"""
    lab.run(lb, "ip", "link", "set", "p0", "mtu", "1400")
    for device, mtu, said in (
        ("tap:t0", 1505, "mtu 1505 is above 1504, the most that net_tap takes"),
        ("af_packet:p0", 1501, "mtu 1501 is above 1500, the most that net_af_packet takes"),
        ("af_packet:p0", 1500, "mtu 1500 is above 1400, that of the interface p0"),
        (f"memif:{lab.directory}/m.sock,server", 9000, "mtu 9000 is above 1500, the most that net_memif takes"),
    ):
        name = f"{device.split(':')[0]}{mtu}"
        instance = lab.penstock(lb, config.format(device, mtu), name, expect_status=2)
        expect(f"port p ({device}): {said}" in instance.tail(), instance.tail())
    instance = lab.penstock(lb, config.format("af_packet:p0", 1300), "lower")
    link = lab.run(lb, "ip", "link", "show", "p0").stdout
    expect("mtu 1300" in link, link)
    instance.stop()
