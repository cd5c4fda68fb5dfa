#!/usr/bin/env python3
"""Whole instances with real peers: one JSON object per test on stdout, progress on stderr.

usage: run.py --build BUILD [--asan BUILD] [--full] [NAME...]     (NAME: only tests whose name contains it)
"""
import argparse
import importlib
import json
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(__file__))
from lab import Failure, Lab, Skip  # noqa: E402

MODULES = ["balancer", "transfers", "bad_wire", "workers", "faults", "hostile", "network", "operation"]


def tests():
    """Functions named test_* of the modules, in their order."""
    for name in MODULES:
        module = importlib.import_module(name)
        for key, value in list(vars(module).items()):
            if key.startswith("test_"):
                yield f"{name}.{key[5:]}", value


def missing():
    if os.geteuid() != 0:
        return "root"
    for program in ("ip", "nginx", "curl"):
        if not any(os.access(os.path.join(p, program), os.X_OK) for p in (*os.environ["PATH"].split(":"), "/usr/sbin", "/sbin")):
            return f"the program {program}"
    if not os.path.exists("/dev/net/tun"):
        return "/dev/net/tun"
    return None


def run_one(test, options):
    lab = None
    start = time.monotonic()
    result, detail = "passed", ""
    try:
        with Lab(options.build, options.asan, options.full) as lab:
            detail = test(lab) or ""
    except Skip as why:
        result, detail = "skipped", f"needs {why}"
    except Failure as why:
        result, detail = "failed", str(why)
    except Exception:  # a broken test is a failed test
        result, detail = "failed", traceback.format_exc()
    if result == "failed" and lab:
        detail += "".join(f"\n--- {i.name}: {getattr(i, 'last_words', '')}" for i in lab.instances)
    return result, time.monotonic() - start, detail


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--asan")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    lacking = missing()
    failed = False
    for name, test in tests():
        if options.names and not any(n in name for n in options.names):
            continue
        result, seconds, detail = ("skipped", 0.0, f"needs {lacking}") if lacking else run_one(test, options)
        failed |= result == "failed"
        print(
            f"{result:7} {name} {seconds:.1f} s {detail if result != 'passed' or sys.stderr.isatty() else ''}",
            file=sys.stderr,
            flush=True,
        )
        print(json.dumps({"name": name, "result": result, "seconds": seconds, "detail": detail}), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
