"""The main job: real clients reach real servers through Penstock."""
import re
import shutil
import struct
import zlib

from lab import Skip, World, expect, expect_equal, wait_until


def test_every_origin_answers(lab):
    world = World(lab)
    names = [world.curl(f"{world.url}/name").stdout.strip() for _ in range(9)]
    expect_equal(sorted(set(names)), ["origin1", "origin2", "origin3"], "origins that answered")
    expect_equal(world.status(f"{world.url}/hello"), "200", "a respond rule")
    metrics = world.penstock.metrics()
    expect_equal(
        sum(v for k, v in metrics.items() if k.startswith("penstock_http_requests_total") and 'pool="origins"' in k),
        9,
        "requests counted",
    )
    expect_equal(world.penstock.metric("penstock_tcp_retransmitted_segments_total"), 0, "retransmissions on a clean link")
    world.expect_quiet_end()


def test_methods_and_bodies(lab):
    world = World(lab, origin_server="location /put { dav_methods PUT; client_body_in_file_only off; }")
    expect_equal(world.status("-I", f"{world.url}/name"), "200", "HEAD")
    expect_equal(world.status("-X", "OPTIONS", f"{world.url}/hello"), "200", "OPTIONS to a respond rule")
    expect_equal(world.status("--http1.0", f"{world.url}/name"), "200", "HTTP/1.0")
    expect_equal(world.status("-H", "Connection: close", f"{world.url}/name"), "200", "Connection: close")
    expect_equal(world.status("--path-as-is", f"{world.url}/a/../name"), "200", "a path to be normalised")
    for i in (1, 2, 3):
        path = lab.directory / f"origin{i}/html/file"
        path.write_text("a file\n")
        path.chmod(0o644)
    # nginx answers a POST to a file with 405, after the body.
    expect_equal(world.status("-d", "x" * 100_000, "-H", "Expect:", f"{world.url}/file"), "405", "POST with a body")
    expect_equal(
        world.status("-d", "x" * 5_000, "-H", "Expect: 100-continue", f"{world.url}/name"), "200", "Expect: 100-continue"
    )
    expect_equal(
        world.status("-H", "Transfer-Encoding: chunked", "-d", "y" * 70_000, f"{world.url}/name"), "200", "chunked upload"
    )
    many = world.curl(
        "-w", "%{http_code} %{num_connects}\\n", *[a for _ in range(5) for a in ("-o", "/dev/null", f"{world.url}/name")]
    ).stdout.split("\n")
    expect_equal(sum(int(line.split()[1]) for line in many if line), 1, "TCP connections for five requests of one curl")
    world.expect_quiet_end()


def test_forwarded_fields(lab):
    world = World(
        lab,
        origin_server='location /fields { return 200 "$http_x_forwarded_for|$http_x_forwarded_proto|$http_via|$http_connection|$host"; }',
    )
    got = world.curl("-H", "Host: site.example", "-H", "X-Forwarded-For: 6.6.6.6", f"{world.url}/fields").stdout
    expect_equal(
        got,
        "198.18.0.2|http|1.1 penstock||site.example",
        "fields that the origin sees (an untrusted client cannot forge its address)",
    )


def png(width, height, rgb):
    """A PNG of one colour."""
    raw = b"".join(b"\0" + bytes(rgb) * width for _ in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(raw))
        + chunk(b"IEND", b"")
    )


def test_page_in_chromium(lab):
    """A page with images, a style sheet and a script loads whole."""
    if not shutil.which("chromium"):
        raise Skip("Chromium")
    world = World(lab)
    images = 24
    for i in (1, 2, 3):  # each origin has the same page: parts come from all of them
        html = lab.directory / f"origin{i}/html"
        (html / "style.css").write_text("#box { width: 123px; height: 45px; }")
        (html / "late.js").write_text("window.late = 'yes';")
        for n in range(images):
            (html / f"image{n}.png").write_bytes(png(40 + n, 30, (n * 10, 100, 50)))
        tags = "".join(f'<img src="/image{n}.png?{n}">' for n in range(images))
        (html / "page.html").write_text(
            f"""<!doctype html><html><head><link rel="stylesheet" href="/style.css"><script src="/late.js"></script></head>
<body><div id="box"></div>{tags}<p id="result">loading</p><script>
window.addEventListener('load', () => {{
  const good = [...document.images].filter((im, n) => im.complete && im.naturalWidth === 40 + n).length;
  document.getElementById('result').textContent = `images=${{good}} style=${{document.getElementById('box').offsetWidth}} script=${{window.late}}`;
}});</script></body></html>"""
        )
        for path in html.iterdir():
            path.chmod(0o644)
    done = lab.run(
        world.client,
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={lab.directory}/chromium",
        "--virtual-time-budget=20000",
        "--dump-dom",
        f"{world.url}/page.html",
        timeout=90,
    )
    found = re.search(r'id="result">([^<]*)', done.stdout)
    expect_equal(found and found.group(1), f"images={images} style=123 script=yes", "what the page says of itself")
    world.expect_quiet_end()


def test_wrk_without_an_error(lab):
    """256 connections for ten seconds: no socket error, no answer but 200."""
    world = World(lab)
    before = world.penstock.mbufs_in_use()
    output = lab.run(world.client, "wrk", "-t2", "-c256", "-d10s", f"{world.url}/name", timeout=40).stdout
    expect("Socket errors" not in output and "Non-2xx" not in output, output)
    requests = int(re.search(r"(\d+) requests in", output).group(1))
    expect(requests > 1000, output)
    counted = world.penstock.metric("penstock_http_requests_total")
    expect(requests <= counted <= requests + 256, f"wrk counted {requests}, Penstock {counted}")
    wait_until(lambda: world.penstock.metric("penstock_http_connections") == 0, "connections of wrk are gone")
    world.expect_quiet_end(before)
    return f"{requests / 10:.0f} requests/s (wrk, nginx and Penstock on the same cores)"
