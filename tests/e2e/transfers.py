"""Large bodies, both ways, clean and lossy."""
import hashlib
import os
import re

from lab import World, expect, expect_equal


def make_file(path, megabytes):
    """Random bytes; returns their SHA-256."""
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        for _ in range(megabytes):
            block = os.urandom(1 << 20)
            digest.update(block)
            file.write(block)
    os.chmod(path, 0o644)
    return digest.hexdigest()


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def download(world, lab, digest, timeout):
    done = lab.run(world.client, "sh", "-c", f"curl -sS --max-time {timeout} {world.url}/big | sha256sum", timeout=timeout + 10)
    expect_equal(done.stdout.split()[0], digest, "SHA-256 of the download")


def upload(world, lab, digest, timeout):
    """nginx keeps the body as a file; its last hop is checked on disk."""
    status = world.status("-T", lab.directory / "big", f"{world.url}/upload/big", timeout=timeout)
    expect_equal(status, "201", "status of the upload")
    expect_equal(sha256_of(lab.directory / "origin1/html/upload/big"), digest, "SHA-256 of the upload")


def bulk_world(lab, megabytes, **options):
    server = "location /upload { dav_methods PUT; create_full_put_path on; client_body_buffer_size 1m; }"
    world = World(lab, origin_server=server, origins=1, **options)
    digest = make_file(lab.directory / "big", megabytes)
    (lab.directory / "origin1/html/upload").mkdir()
    (lab.directory / "origin1/html/upload").chmod(0o777)
    os.link(lab.directory / "big", lab.directory / "origin1/html/big")
    return world, digest


def test_gigabyte_both_ways(lab):
    world, digest = bulk_world(lab, 1024)
    before = world.penstock.mbufs_in_use()
    download(world, lab, digest, 120)
    upload(world, lab, digest, 180)
    world.expect_quiet_end(before)


def lossy(family, hook_in, hook_out):
    """An nftables file: one packet in a hundred is dropped at each of two hooks."""
    chains = "".join(
        f"  chain {name} {{\n    type filter hook {hook} priority 0;\n    numgen random mod 100 0 drop\n  }}\n"
        for name, hook in (("in", hook_in), ("out", hook_out))
    )
    return f"table {family} lossy {{\n{chains}}}\n"


def test_one_percent_loss(lab):
    """nftables drops one packet in a hundred, both directions, on both sides of Penstock: 100 MB arrive intact."""
    world, digest = bulk_world(lab, 100)
    for space, device in ((world.client, "c0"), (world.switch, "o0")):
        path = lab.directory / f"{device}.nft"
        path.write_text(lossy("netdev", f"ingress device {device}", f"egress device {device}"))
        if lab.run(space, "nft", "-f", path, check=False).returncode != 0:
            # A kernel without the egress hook: the hosts themselves lose what they receive and what they send.
            path.write_text(lossy("inet", "input", "output"))
            lab.run(world.client if device == "c0" else world.origin_spaces[0], "nft", "-f", path)
    download(world, lab, digest, 150)
    upload(world, lab, digest, 150)
    retransmitted = world.penstock.metric("penstock_tcp_retransmitted_segments_total")
    expect(retransmitted > 100, f"only {retransmitted} retransmissions: was anything lost?")
    world.expect_quiet_end()
    return f"{retransmitted:.0f} segments retransmitted by Penstock"


def test_slow_reader_holds_the_origin_back(lab):
    """A client that reads 1 MB/s: Penstock's memory stays bounded while the origin could send 100 MB at once."""
    world, digest = bulk_world(lab, 100)
    before = world.penstock.mbufs_in_use()
    reader = lab.start(
        world.client, "curl", "-sS", "--limit-rate", "1M", "--max-time", "8", "-o", "/dev/null", f"{world.url}/big"
    )
    most = 0.0
    while reader.poll() is None:
        most = max(most, world.penstock.mbufs_in_use() - before)
    # Send and receive buffers of two connections, 4 MiB each at most.
    expect(most * 2048 < 20 << 20, f"{most:.0f} mbufs in use for one slow reader")
    download(world, lab, digest, 60)
    world.expect_quiet_end(before)
    return f"at most {most:.0f} mbufs"
