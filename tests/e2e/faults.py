"""Peers that die, many connections, changes while traffic flows."""
import re
import signal
import subprocess
import sys
import time

from lab import ROOT, World, expect, expect_equal, wait_until, inside


def test_origin_killed_in_the_middle_of_a_response(lab):
    """The client sees a truncated body or 502; others are served; nothing leaks."""
    world = World(lab, origin_server="limit_rate 2m;")
    before = world.penstock.mbufs_in_use()
    for i in (1, 2, 3):
        big = lab.directory / f"origin{i}/html/big"
        big.write_bytes(b"z" * (30 << 20))
        big.chmod(0o644)
    readers = [
        lab.start(
            world.client,
            "curl",
            "-sS",
            "--max-time",
            "30",
            "-o",
            "/dev/null",
            f"{world.url}/big",
            log=lab.directory / f"reader{n}",
        )
        for n in range(6)
    ]
    time.sleep(2)
    expect(all(r.poll() is None for r in readers), "the transfers are under way")
    pid = int((lab.directory / "origin2/pid").read_text())
    workers = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    subprocess.run(["kill", "-9", str(pid), *workers], check=False)
    statuses = []
    for _ in range(12):
        statuses.append(world.status(f"{world.url}/name"))
    expect(
        set(statuses) <= {"200", "502"} and statuses.count("200") >= 8, f"answers while one of three origins is dead: {statuses}"
    )
    codes = [r.wait(40) for r in readers]
    expect_equal(sorted(codes), [0, 0, 0, 0, 18, 18], "curl's exit statuses: 0 whole, 18 truncated")
    world.expect_quiet_end(before)


def test_origin_that_refuses(lab):
    world = World(lab)
    pid = int((lab.directory / "origin3/pid").read_text())
    subprocess.run(["kill", "-QUIT", str(pid)], check=True)
    world.origins[2].wait(10)
    statuses = [world.status(f"{world.url}/name") for _ in range(12)]
    expect_equal(set(statuses), {"200"}, "a refused connection is tried at the next server")
    world.expect_quiet_end()


def test_origin_restarts_behind_idle_connections(lab):
    """Connections kept to a server that restarts are found dead by an idempotent request, which is sent again."""
    world = World(lab, origins=1)
    for _ in range(3):
        expect_equal(world.status(f"{world.url}/name"), "200", "before")
    subprocess.run(["kill", "-TERM", (lab.directory / "origin1/pid").read_text().strip()], check=True)
    world.origins[0].wait(10)
    lab.nginx(world.origin_spaces[0], "origin1b")
    statuses = [world.status(f"{world.url}/name") for _ in range(5)]
    expect_equal(set(statuses), {"200"}, "after the restart")
    world.expect_quiet_end()


def test_ten_thousand_connections(lab):
    """10,000 keep-alive connections open at once, each served twice, and nothing left behind."""
    world = World(lab, engine="max_connections = 24000", listener='idle_timeout = "120s"')
    before = world.penstock.mbufs_in_use()
    resident_before = world.penstock.resident_bytes()
    tool = ROOT / "tests/e2e/hold_connections.py"
    # More than the ports of one address: four addresses.
    for host in range(3, 6):
        lab.run(world.client, "ip", "addr", "add", f"198.18.0.{host}/24", "dev", "c0")
    holder = subprocess.Popen(
        [
            "ip",
            "netns",
            "exec",
            world.client,
            sys.executable,
            str(tool),
            "10000",
            "198.18.0.10",
            "80",
            "/hello",
            "198.18.0.2",
            "198.18.0.3",
            "198.18.0.4",
            "198.18.0.5",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lab.processes.append(holder)
    line = holder.stdout.readline()
    expect_equal(line.strip(), "held 10000", "the first round")
    held = world.penstock.metric("penstock_http_connections")
    expect_equal(held, 10000, "connections that Penstock holds")
    idle_mbufs = world.penstock.mbufs_in_use() - before
    expect(idle_mbufs < 500, f"{idle_mbufs:.0f} mbufs are held by 10,000 idle connections")
    # Tables are touched as they are used. With them came mbufs that were not used before: an upper bound.
    grown = (world.penstock.resident_bytes() - resident_before) / 10_000
    expect(0 < grown < 2_000, f"the process has grown by {grown:.0f} bytes a connection")
    holder.stdin.write("again\n")
    holder.stdin.flush()
    expect_equal(holder.stdout.readline().strip(), "served 10000", "the second round")
    holder.stdin.close()
    expect_equal(holder.wait(30), 0, "exit status of the client")
    world.expect_quiet_end(before)
    return f"{idle_mbufs:.0f} mbufs while 10,000 connections were idle, {grown:.0f} bytes of memory touched for each"


def test_terminated_under_load(lab):
    """SIGTERM: answers under way are finished, new connections are refused with RST, exit status 0."""
    world = World(lab, origin_server="location /slow { limit_rate 100k; }")
    for i in (1, 2, 3):
        path = lab.directory / f"origin{i}/html/slow"
        path.write_bytes(b"s" * 300_000)
        path.chmod(0o644)
    reader = lab.start(world.client, "curl", "-sS", "-o", "/dev/null", f"{world.url}/slow")
    time.sleep(1)
    status, _ = world.penstock.get("/readyz")
    expect_equal(status, 200, "/readyz before")
    world.penstock.process.send_signal(signal.SIGTERM)
    wait_until(lambda: world.penstock.get("/readyz")[0] == 503, "/readyz says 503")
    refused = world.curl(f"{world.url}/name", timeout=5, check=False)
    expect_equal(refused.returncode, 7, f"curl's exit status for a refused connection ({refused.stderr})")
    expect_equal(reader.wait(20), 0, "the answer that was under way")
    world.penstock.stop()


def test_reload_under_load(lab):
    """Twenty reloads with changing rules and pools while wrk runs: no failed request; a bad file changes nothing."""
    world = World(lab)
    config = lab.directory / "lb.toml"
    text = config.read_text()
    load = subprocess.Popen(
        [*inside(world.client), "wrk", "-t1", "-c64", "-d8s", f"{world.url}/name"],
        stdout=subprocess.PIPE,
        text=True,
    )
    lab.processes.append(load)
    for n in range(20):
        changed = text.replace('body = "hello\\n"', f'body = "hello {n}\\n"')
        if n % 2:
            changed = changed.replace('"198.18.1.11:80", ', "")
        config.write_text(changed)
        status, body = world.penstock.get("/api/v1/reload", "POST")
        expect_equal(status, 200, body)
        expect_equal(world.curl(f"{world.url}/hello").stdout, f"hello {n}\n", "the new answer")
        time.sleep(0.15)
    config.write_text(text + '\n[[rule]]\nname = "bad"\npath_regex = "("\npool = "nobody"\n')
    status, body = world.penstock.get("/api/v1/reload", "POST")
    expect(status == 400 and "lb.toml" in body, f"a bad file: {status} {body}")
    expect_equal(world.curl(f"{world.url}/hello").stdout, "hello 19\n", "nothing changed")
    output = load.communicate(timeout=30)[0]
    expect("Socket errors" not in output and "Non-2xx" not in output, output)
    wait_until(lambda: world.penstock.metric("penstock_config_retired") == 0, "retired configurations are freed", 40, 0.5)
    world.expect_quiet_end()
    return re.search(r"\d+ requests in", output).group(0)
