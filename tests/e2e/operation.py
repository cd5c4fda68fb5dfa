"""What an operator does: start, look, change, stop; and what the programs say when something is wrong."""
import json
import pathlib
import re
import subprocess

from lab import ROOT, Skip, World, expect, expect_equal, wait_until

HELLO = """
[[port]]
name = "p"
device = "tap:p0"
addresses = ["198.18.0.1/24"]
[[listener]]
name = "web"
address = "*:80"
[[rule]]
name = "hello"
respond = { status = 200, body = "hello\\n" }
"""


def serve_once(lab, engine, eal=(), arguments=()):
    """An instance that answers one request; returns it."""
    space, client = lab.space(f"lb{len(lab.spaces)}"), lab.space(f"c{len(lab.spaces)}")
    instance = lab.penstock(
        space, f"[engine]\nmax_connections = 1000\n{engine}\n" + HELLO, f"one{len(lab.instances)}", eal=eal, arguments=arguments
    )
    lab.run(space, "ip", "link", "set", "p0", "netns", client)
    lab.address(client, "p0", "198.18.0.2/24")
    expect_equal(lab.run(client, "curl", "-sS", "--max-time", "5", "http://198.18.0.1/").stdout, "hello\n", "the answer")
    return instance


def test_memory_modes(lab):
    """Hugepages, normal pages, and what the EAL arguments say; each said in one line."""
    pages = pathlib.Path("/proc/sys/vm/nr_hugepages")
    before = pages.read_text().strip()
    normal = serve_once(lab, 'memory = "normal"')
    expect("memory: normal pages" in normal.tail(), normal.tail())
    normal.stop()
    try:
        pages.write_text("0")
        automatic = serve_once(lab, 'memory = "auto"')
        expect("memory: normal pages" in automatic.tail() and "nr_hugepages" in automatic.tail(), automatic.tail())
        automatic.stop()
        demanded = lab.penstock(
            lab.space("none"), '[engine]\nmax_connections = 1000\nmemory = "hugepages"\n' + HELLO, "demanded", expect_status=1
        )
        expect("reserve them with: echo" in demanded.tail(), demanded.tail())
        pages.write_text("400")
        if int(pages.read_text()) < 400:
            raise Skip("400 hugepages of 2 MiB")
        huge = serve_once(lab, 'memory = "hugepages"')
        expect("memory: hugepages" in huge.tail(), huge.tail())
        huge.stop()
        mine = serve_once(lab, "", eal=["--no-huge", "-m", "700"])
        expect("as the EAL arguments say" in mine.tail(), mine.tail())
        mine.stop()
    finally:
        pages.write_text(before)


def test_bad_configs(lab):
    """FILE:LINE:COLUMN, exit status 2, for `run` and for `check`."""
    program = lab.build / "apps/penstock"
    cases = {
        '[engine]\nworkers = "two"\n' + HELLO: r"bad\.toml:2:\d+: .*workers",
        "[engine]\nspeed = 9\n" + HELLO: r"bad\.toml:2:\d+: .*unknown key 'speed'",
        HELLO + '[[rule]]\nname = "x"\npool = "nobody"\n': r"bad\.toml:\d+:\d+: .*nobody",
        HELLO + "[[nat]]\nkind = \"source\"\n": r"bad\.toml:\d+:\d+: .*not supported yet",
        HELLO + '[[rule]]\nname = "x"\npath_regex = "("\nrespond = { status = 200 }\n': r"bad\.toml:\d+",
        "[[port]\n": r"bad\.toml:1:\d+: ",
    }
    for text, wanted in cases.items():
        path = lab.directory / "bad.toml"
        path.write_text(text)
        for command in ("check", "run"):
            done = lab.command(program, command, path, check=False, timeout=60)
            expect_equal(done.returncode, 2, f"exit status of {command} for\n{text}\n{done.stderr}")
            expect(re.search(wanted, done.stderr), f"{command}: wanted {wanted}, got\n{done.stderr}")


def test_check(lab):
    done = lab.command(lab.build / "apps/penstock", "check", ROOT / "configs/http-lb.toml")
    for wanted in ("listener", " ns", "memory", "sum"):
        expect(wanted in done.stdout, f"no '{wanted}' in\n{done.stdout}")


def test_example_configs_pass_check(lab):
    for config in sorted((ROOT / "configs").glob("*.toml")):
        lab.command(lab.build / "apps/penstock", "check", config)


def test_views(lab):
    """stats, drops, pools, ports: tables for people, JSON for programs, of the only instance or a named one."""
    world = World(lab)
    for _ in range(6):
        world.status(f"{world.url}/name")
    world.curl("http://198.18.0.10:81/", check=False)  # nobody listens: RST, counted
    views = pathlib.Path("/run/penstock")
    views.mkdir(exist_ok=True)
    link = views / f"{lab.prefix}.sock"
    link.symlink_to(world.penstock.admin_socket)
    try:

        def view(*args):
            return lab.command(lab.build / "apps/penstock", *args, "--instance", lab.prefix).stdout

        pools = json.loads(view("pools", "--json"))["items"]
        expect_equal([p["name"] for p in pools], ["origins"], "pools")
        expect("origins" in view("pools") and "198.18.1.11:80" in view("pools"), view("pools"))
        drops = {d["reason"]: d["drops_total"] for d in json.loads(view("drops", "--json"))["items"]}
        expect_equal(drops["no_listener"], 1, "SYN to a port without listener")
        expect(
            "no_listener" in view("drops") and "198.18.0.10:81" in view("drops"), "the last example of a drop:\n" + view("drops")
        )
        expect("client" in view("ports"), view("ports"))
        expect(json.loads(view("stats", "--json")), "stats")
    finally:
        link.unlink()
    world.expect_quiet_end()


def test_second_instance_of_a_name(lab):
    """A name is used once: the second says so and leaves the first alone."""
    space = lab.space("lb")
    config = "[engine]\nmax_connections = 1000\n" + HELLO
    one = lab.penstock(space, config, "same")
    path = lab.directory / "same.toml"
    done = lab.run(space, lab.build / "apps/penstock", "run", path, check=False, timeout=60)
    expect(done.returncode == 1 and "already" in done.stderr, f"exit status {done.returncode}\n{done.stderr}")
    expect_equal(one.get("/healthz")[0], 200, "the first is alive")
    one.stop()


def test_quickstart(lab):
    """Twice in a row, and nothing left behind."""
    for _ in range(2):
        done = lab.command(ROOT / "scripts/quickstart", "--once", timeout=600, check=False)
        expect_equal(done.returncode, 0, f"exit status\n{done.stdout}\n{done.stderr}")
        for origin in "123":
            expect(f"hello from origin {origin}" in done.stdout, done.stdout)
    left = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    expect("penstock-" not in left, f"namespaces left behind:\n{left}")
