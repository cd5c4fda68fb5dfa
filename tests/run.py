#!/usr/bin/env python3
"""Runs the test tiers on finished builds, prints one line per program or case, and a sum.

Units, scripts, cases and simulations are GoogleTest programs that meson knows. All of them run with the address and undefined-behaviour
sanitizers. As released run the simulations, with many more seeds, and what promises something of a release (suite "release"). Then come
whole instances with real peers (tests/e2e). Exit status 77 of a program means "skipped", its last line says why.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

SKIPPED = 77


class Totals:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, name, passed, failed, skipped, seconds, detail=""):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        verdict = "FAIL" if failed else "skip" if skipped and not passed else "ok"
        counts = f"{passed} passed" + (f", {failed} failed" if failed else "") + (f", {skipped} skipped" if skipped else "")
        print(f"{verdict:4}  {name:<40} {counts:<34} {seconds:6.1f} s", flush=True)
        if detail:
            print("      " + detail.rstrip().replace("\n", "\n      "), flush=True)


def programs(build):
    """The tests that meson knows of a build: name, command, environment, protocol."""
    text = subprocess.run(["meson", "introspect", "--tests", build], check=True, capture_output=True, text=True).stdout
    return json.loads(text)


def run_gtest(test, environment, timeout):
    """Returns (passed, failed, skipped, seconds, detail) of one GoogleTest program."""
    with tempfile.TemporaryDirectory() as directory:
        report = os.path.join(directory, "report.json")
        start = time.time()
        try:
            done = subprocess.run(
                test["cmd"] + [f"--gtest_output=json:{report}", "--gtest_brief=1"],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                env={**os.environ, **test.get("env", {}), **environment},
            )
        except subprocess.TimeoutExpired as late:
            return 0, 1, 0, time.time() - start, f"no end after {late.timeout:.0f} s"
        seconds = time.time() - start
        try:
            with open(report) as file:
                suites = json.load(file)["testsuites"]
        except (OSError, ValueError):
            return 0, 1, 0, seconds, f"exit status {done.returncode}\n" + (done.stdout + done.stderr)[-6000:]
    passed = failed = skipped = 0
    reasons = []
    said = re.findall(
        r": Skipped\n(.*)", done.stdout
    )  # GoogleTest 1.12's report has no reasons; its output has, in the same order

    def why(number):
        return said[number] if number < len(said) else "no reason given"

    for case in (case for suite in suites for case in suite["testsuite"]):
        if case.get("failures"):
            failed += 1
        elif case.get("result") == "SKIPPED":
            skipped += 1
            reasons.append(f"{case['classname']}.{case['name']}: {why(len(reasons))}")
        else:
            passed += 1
    if done.returncode != 0 and not failed:  # a sanitizer's report after the last test
        failed += 1
    detail = (
        (done.stdout + done.stderr)[-6000:]
        if failed
        else "\n".join(reasons + [line for line in done.stdout.splitlines() if " seeds: " in line])
    )
    return passed, failed, skipped, seconds, detail


def run_program(test, environment, timeout):
    """A program that is one test."""
    start = time.time()
    try:
        done = subprocess.run(
            test["cmd"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env={**os.environ, **test.get("env", {}), **environment},
        )
    except subprocess.TimeoutExpired as late:
        return 0, 1, 0, time.time() - start, f"no end after {late.timeout:.0f} s"
    output = (done.stdout + done.stderr).strip()
    if done.returncode == SKIPPED:
        return 0, 0, 1, time.time() - start, output.splitlines()[-1] if output else "no reason given"
    return (1, 0, 0, time.time() - start, "") if done.returncode == 0 else (0, 1, 0, time.time() - start, output[-6000:])


def run_build(title, build, environment, totals, is_wanted):
    tests = [t for t in programs(build) if is_wanted(t)]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        jobs = [(t, pool.submit(run_gtest if t["protocol"] == "gtest" else run_program, t, environment, 900)) for t in tests]
        for test, job in jobs:
            totals.add(f"{title}: {test['name']}", *job.result())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="release build")
    parser.add_argument("--asan", help="build with sanitizers")
    parser.add_argument("--full", action="store_true", help="ten times the seeds")
    options = parser.parse_args()
    totals = Totals()
    start = time.time()
    run_build(
        "release",
        options.build,
        {"PENSTOCK_SIM_SEEDS": "10000" if options.full else "1000"},
        totals,
        lambda t: options.full or t["protocol"] != "gtest" or any(s.endswith((":simulation", ":release")) for s in t["suite"]),
    )
    if options.asan:
        run_build(
            "sanitized",
            options.asan,
            {"PENSTOCK_SIM_SEEDS": "600" if options.full else "60"},
            totals,
            lambda t: t["protocol"] == "gtest",
        )
    e2e = os.path.join(os.path.dirname(__file__), "e2e", "run.py")
    command = (
        [sys.executable, e2e, "--build", options.build]
        + (["--asan", options.asan] if options.asan else [])
        + (["--full"] if options.full else [])
    )
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    # One JSON object per line: {"name", "result": "passed|failed|skipped", "seconds", "detail"}
    for line in done.stdout.splitlines():
        case = json.loads(line)
        totals.add(
            "whole: " + case["name"],
            *(int(case["result"] == r) for r in ("passed", "failed", "skipped")),
            case["seconds"],
            case["detail"],
        )
    if done.returncode not in (0, 1):
        totals.add("whole: runner", 0, 1, 0, 0.0, f"exit status {done.returncode}")
    print(f"\n{time.time() - start:.0f} s")
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped")
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main())
