"""Network namespaces, servers and Penstocks for one test, all removed at its end. Only what was made here is ever touched."""
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Failure(Exception):
    """A test's expectation that did not hold."""


class Skip(Exception):
    """What the machine lacks for a test."""


def expect(condition, what):
    if not condition:
        raise Failure(what)


def expect_equal(got, wanted, what):
    expect(got == wanted, f"{what}: wanted {wanted!r}, got {got!r}")


def wait_until(condition, what, timeout=10.0, interval=0.05):
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {timeout:g} s")
        time.sleep(interval)


def inside(space):
    """The words in front of a command that runs in a namespace. Not `ip netns exec` nor `ip -n`: they mount things anew, which a chroot may not allow."""
    return ["nsenter", f"--net=/run/netns/{space}"]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=5)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(5)
        self.sock.connect(self.path)


class Penstock:
    """A running instance."""

    def __init__(self, process, log, admin_socket, name):
        self.process, self.log, self.admin_socket, self.name = process, log, admin_socket, name

    def get(self, path, method="GET"):
        connection = UnixConnection(self.admin_socket)
        with contextlib.closing(connection):
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def json(self, path):
        status, body = self.get(path)
        expect_equal(status, 200, path)
        return json.loads(body)

    def metrics(self):
        """{'name{labels}': value}"""
        status, body = self.get("/metrics")
        expect_equal(status, 200, "/metrics")
        pairs = (line.rsplit(" ", 1) for line in body.splitlines() if line and not line.startswith("#"))
        return {key: float(value) for key, value in pairs}

    def metric(self, name):
        """The sum over all label sets of a name."""
        return sum(value for key, value in self.metrics().items() if key == name or key.startswith(name + "{"))

    def mbufs_in_use(self):
        m = self.metrics()
        size = sum(v for k, v in m.items() if k.startswith("penstock_mempool_size_mbufs"))
        return size - sum(v for k, v in m.items() if k.startswith("penstock_mempool_available_mbufs"))

    def resident_bytes(self):
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def alive(self):
        return self.process.poll() is None

    def stop(self, timeout=20, expected=0):
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure(f"penstock {self.name} did not stop within {timeout} s") from None
        expect_equal(status, expected, f"exit status of penstock {self.name}\n{self.tail()}")

    def tail(self, lines=40):
        return "\n".join(pathlib.Path(self.log).read_text(errors="replace").splitlines()[-lines:])


class Lab:
    serial = 0

    def __init__(self, build, asan=None, full=False):
        self.build, self.asan, self.full = pathlib.Path(build), pathlib.Path(asan) if asan else None, full
        Lab.serial += 1
        self.prefix = f"pe{os.getpid() % 10000}n{Lab.serial}"
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="penstock-e2e."))
        self.directory.chmod(0o755)
        self.spaces, self.processes, self.instances = [], [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for instance in self.instances:
            if instance.alive():
                instance.process.kill()
                instance.process.wait()
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for instance in self.instances:
            instance.last_words = instance.tail()  # for the report, before its log goes
        for space in self.spaces:
            subprocess.run(["ip", "netns", "del", space], capture_output=True, check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    # --- namespaces
    def space(self, name):
        full = f"{self.prefix}-{name}"
        self.command("ip", "netns", "add", full)
        self.spaces.append(full)
        self.run(full, "ip", "link", "set", "lo", "up")
        return full

    def command(self, *args, timeout=60, check=True):
        done = subprocess.run(
            [str(a) for a in args], capture_output=True, text=True, errors="replace", timeout=timeout, check=False
        )
        if check and done.returncode != 0:
            raise Failure(f"{' '.join(map(str, args))}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def run(self, space, *args, timeout=60, check=True):
        return self.command(*inside(space), *args, timeout=timeout, check=check)

    def start(self, space, *args, log=None, environment=None):
        output = open(log, "ab") if log else subprocess.DEVNULL
        process = subprocess.Popen(
            [*inside(space), *map(str, args)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
        )
        self.processes.append(process)
        return process

    def veth(self, space_a, name_a, space_b, name_b, offloads=True):
        self.run(space_a, "ip", "link", "add", name_a, "type", "veth", "peer", "name", name_b, "netns", space_b)
        for space, name in ((space_a, name_a), (space_b, name_b)):
            self.run(space, "ip", "link", "set", name, "up")
            if not offloads:  # packets that the kernel leaves unfinished reach af_packet so
                self.run(space, "ethtool", "-K", name, "tx", "off", "tso", "off", "gso", "off", "gro", "off", check=False)

    def address(self, space, interface, cidr, gateway=None):
        self.run(space, "ip", "addr", "add", cidr, "dev", interface)
        self.run(space, "ip", "link", "set", interface, "up")
        if gateway:
            self.run(space, "ip", "route", "add", "default", "via", gateway)

    def bridge(self, space):
        self.run(space, "ip", "link", "add", "bridge", "type", "bridge")
        self.run(space, "ip", "link", "set", "bridge", "up")

    # --- programs
    def nginx(self, space, name, server="", html=None, main=""):
        """An nginx with one server on port 80.   Returns: its process; files are served from html (or DIRECTORY/NAME/html)."""
        home = self.directory / name
        (home / "html").mkdir(parents=True, exist_ok=True)
        temp = "\n".join(f"{m}_temp_path {home}/{m};" for m in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (home / "nginx.conf").write_text(
            f"""
user root; daemon off; worker_processes 1; pid {home}/pid; error_log {home}/error.log; worker_rlimit_nofile 20000; {main}
events {{ worker_connections 12000; }}
http {{ access_log off; types {{ text/html html; text/css css; image/png png; image/svg+xml svg; application/javascript js; }} sendfile on;
  keepalive_requests 1000000; client_max_body_size 0; client_body_buffer_size 1m; {temp}
  server {{ listen 80 backlog=8192; root {html or home / 'html'}; add_header X-Origin {name};
    location = /name {{ return 200 "{name}\\n"; }}
    {server} }} }}
"""
        )
        for path in [home, *home.rglob("*")]:
            path.chmod(0o777 if path.is_dir() else 0o644)
        process = self.start(space, "nginx", "-p", home, "-c", home / "nginx.conf", log=home / "start.log")
        wait_until(lambda: (home / "pid").exists() and (home / "pid").read_text().strip(), f"nginx {name} starts")
        return process

    def penstock(self, space, config, name, build=None, arguments=(), eal=(), timeout=60, environment=None, expect_status=None):
        """Starts an instance with the text of a config in a namespace and waits until it is ready."""
        program = (build or self.build) / "apps/penstock"
        if not program.exists():
            raise Skip(f"{program} is not built")
        path = self.directory / f"{name}.toml"
        admin = self.directory / f"{name}.sock"
        path.write_text(f'[admin]\nlisten = ["unix:{admin}"]\n' + config)
        log = self.directory / f"{name}.log"
        command = [*inside(space), str(program), "run", str(path), *map(str, arguments)] + (["--", *map(str, eal)] if eal else [])
        with open(log, "ab") as errors:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **(environment or {})},
            )
        instance = Penstock(process, log, str(admin), name)
        self.instances.append(instance)
        os.set_blocking(process.stdout.fileno(), False)
        said = ""

        def is_ready():
            nonlocal said
            said += (process.stdout.read() or b"").decode(errors="replace")
            return "\n" in said or process.poll() is not None

        wait_until(is_ready, f"penstock {name} says ready\n{instance.tail()}", timeout)
        if expect_status is not None:
            expect_equal(process.wait(timeout), expect_status, f"exit status of penstock {name}\n{instance.tail()}")
            return instance
        expect_equal(said, f"ready {name}\n", f"first line of penstock {name}\n{instance.tail()}")
        return instance


class Wire:
    """tests/support/wire between an interface `a` and an interface `b`, both made in `space`."""

    def __init__(self, lab, space, a, b, *faults):
        program = lab.build / "tests/support/wire"
        if not program.exists():
            raise Skip(f"{program} is not built")
        command = [*inside(space), str(program), a, b, *faults]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        lab.processes.append(self.process)
        expect_equal(self.process.stdout.readline(), "ready\n", "first line of wire")

    def stop(self):
        """Returns: what it did, {"a_to_b": {"frames", "lost"}, "b_to_a": ...}."""
        self.process.terminate()
        return json.loads(self.process.communicate(timeout=10)[0])


class World:
    """Client --- Penstock --- three nginx origins, over tap ports with the given number of queues."""

    def __init__(
        self,
        lab,
        workers=1,
        queues='"auto"',
        build=None,
        rules="",
        engine="",
        listener="",
        pool="",
        tcp="",
        origin_server="",
        poll="adaptive",
        environment=None,
        origins=3,
        wire=(),
    ):
        self.lab = lab
        self.lb, self.client, self.switch = lab.space("lb"), lab.space("client"), lab.space("switch")
        lab.bridge(self.switch)
        self.origin_spaces, self.origins = [], []
        for i in range(1, origins + 1):
            space = lab.space(f"origin{i}")
            lab.veth(self.switch, f"to{i}", space, "eth0")
            lab.run(self.switch, "ip", "link", "set", f"to{i}", "master", "bridge")
            lab.address(space, "eth0", f"198.18.1.1{i}/24", "198.18.1.1")
            self.origin_spaces.append(space)
            self.origins.append(lab.nginx(space, f"origin{i}", origin_server))
        servers = ", ".join(f'"198.18.1.1{i}:80"' for i in range(1, origins + 1))
        self.config = f"""
[engine]
workers = {workers}
poll = "{poll}"
{engine or "max_connections = 20000"}
[tcp]
{tcp}
[[port]]
name = "client"
device = "{'af_packet:w0' if wire else 'tap:c0'}"
addresses = ["198.18.0.1/24"]
queues = {queues}
[[port]]
name = "origin"
device = "tap:o0"
addresses = ["198.18.1.1/24"]
queues = {queues}
[[listener]]
name = "web"
address = "198.18.0.10:80"
{listener}
{rules}
[[rule]]
name = "hello"
path = "/hello"
respond = {{ status = 200, body = "hello\\n" }}
[[rule]]
name = "all"
pool = "origins"
[[pool]]
name = "origins"
servers = [{servers}]
{pool}
"""
        if wire:  # faults of a wire between the client and Penstock: a is the client
            self.wire = Wire(lab, self.lb, "c0", "w0", *wire)
            lab.run(self.lb, "ip", "link", "set", "w0", "up")
        self.penstock = lab.penstock(self.lb, self.config, "lb", build=build, environment=environment)
        for interface, space in (("c0", self.client), ("o0", self.switch)):
            lab.run(self.lb, "ip", "link", "set", interface, "netns", space)
        lab.address(self.client, "c0", "198.18.0.2/24", "198.18.0.1")
        # net_tap gives both ends one MAC; a bridge keeps frames to the address of its own port for itself.
        lab.run(self.switch, "ip", "link", "set", "o0", "address", "02:00:00:00:00:0f")
        lab.run(self.switch, "ip", "link", "set", "o0", "master", "bridge", "up")

    url = "http://198.18.0.10"

    def curl(self, *args, timeout=30, check=True):
        return self.lab.run(self.client, "curl", "-sS", "--max-time", str(timeout), *args, timeout=timeout + 5, check=check)

    def status(self, *args, **kwargs):
        return self.curl("-o", "/dev/null", "-w", "%{http_code}", *args, **kwargs).stdout

    def expect_quiet_end(self, mbufs_before=None):
        """No connection left, nothing unaccounted, mbufs back; then a clean stop."""
        p = self.penstock
        wait_until(lambda: p.metric("penstock_http_connections") == 0, "client connections are gone", 15)
        time.sleep(1.2)  # the audit runs each second
        expect_equal(p.metric("penstock_packets_unaccounted"), 0, "unaccounted packets")
        if mbufs_before is not None:
            wait_until(
                lambda: p.mbufs_in_use() <= mbufs_before,
                f"mbufs return to their start level {mbufs_before:.0f} (now {p.mbufs_in_use():.0f})",
                45,
                0.5,
            )
        p.stop()
