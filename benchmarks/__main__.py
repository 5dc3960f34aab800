"""lamella beside its peers: `python -m benchmarks`.

Each library sits in a process of its own with the same two threads, and they take turns, round by
round. A ratio is the peer's time over lamella's of the same round: above 1, lamella is faster.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers import PEERS, missing
from benchmarks.workloads import ALL, WORKLOADS

OURS = "lamella"
MEASURES = ("train", "evaluate", "predict", "predict_one")


class Process:
    """One worker. What it writes beside its answers goes to a file that is shown if it ends early.

    Args:
        peer: which library.
        workload: which workload.
        folder: where the weights lie, and compiled programs are kept.
    """

    def __init__(self, peer: str, workload: str, folder: Path) -> None:
        self.peer = peer
        threads = dict.fromkeys(
            ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "2"
        )
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "LAMELLA_CACHE": str(folder / "cache")}
        self.log = (folder / f"{peer}.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", peer, workload, str(folder / "first.npz")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env={**os.environ, **threads, **quiet, **PEERS.get(peer, ((), {}))[1]},
        )

    def ask(self, what: str) -> float:
        """What the worker measured."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            print(what, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise RuntimeError(f"{self.peer} ended at '{what}':\n{self.log.read()[-3000:]}")
        return json.loads(line)

    def end(self) -> None:
        """Ends the worker."""
        self.process.kill()
        self.process.wait()
        self.log.close()


def rounds_of(
    workload: str, peers: list[str], rounds: int, starts: int, measures: list[str]
) -> list[dict[str, Any]]:
    """All numbers of one workload: a record for each peer, measure and round."""
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _save_weights(workload, folder / "first.npz")
        workers: dict[str, Process] = {}

        def note(peer: str, measure: str, round_number: int, value: float) -> None:
            found.append(
                {
                    "workload": workload,
                    "peer": peer,
                    "measure": measure,
                    "round": round_number,
                    "value": value,
                }
            )

        for start in range(starts):
            for peer in peers:
                # The second start of each round finds what the first one compiled.
                for measure in ("first", "first_warm") if peer == OURS else ("first",):
                    if measure == "first":
                        _empty(folder / "cache")
                    if peer in workers:
                        workers[peer].end()
                    workers[peer] = Process(peer, workload, folder)
                    note(peer, measure, start, workers[peer].ask("first"))
        for peer, worker in workers.items():
            note(peer, "loss", 0, worker.ask("loss"))
        counted = ALL[workload].gflop is not None and "train" in measures
        product = Process("gemm", workload, folder) if counted else None
        for number in range(rounds):
            for measure in measures:
                for peer, worker in workers.items():
                    note(peer, measure, number, worker.ask(measure))
            if product is not None:
                note(OURS, "gemm", number, product.ask("gemm"))
        for peer, worker in workers.items():
            note(peer, "memory", 0, worker.ask("memory"))
            worker.end()
        if product is not None:
            product.end()
    return found


def _save_weights(workload: str, path: Path) -> None:
    import lamella

    lamella.utils.set_random_seed(0)
    np.savez(path, *ALL[workload].model(lamella).get_weights())


def _empty(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink()


def ratios(records: list[dict[str, Any]], peer: str, measure: str) -> list[float]:
    """The peer's value over lamella's, by round."""

    def by_round(name: str, what: str) -> dict[int, float]:
        rows = [one for one in records if one["peer"] == name and one["measure"] == what]
        return {one["round"]: one["value"] for one in rows}

    ours = by_round(OURS, measure)
    theirs = by_round(peer, "first" if measure == "first_warm" else measure)
    return [theirs[number] / ours[number] for number in sorted(ours) if number in theirs]


def shown(values: list[float]) -> str:
    """The median, and the quartiles round it."""
    if not values:
        return "-"
    middle = statistics.median(values)
    if len(values) < 3:
        return f"{middle:.2f}"
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def table(records: list[dict[str, Any]], peers: list[str]) -> str:
    """Ratios as a Markdown table, and what lamella itself takes."""
    others = [peer for peer in peers if peer != OURS]
    lines = [
        f"| workload | measure | lamella | {' | '.join(others)} |",
        "|---" * (3 + len(others)) + "|",
    ]
    for workload in dict.fromkeys(one["workload"] for one in records):
        rows = [one for one in records if one["workload"] == workload]
        for measure in (*MEASURES, "first", "first_warm", "memory"):
            ours = [
                one["value"] for one in rows if one["peer"] == OURS and one["measure"] == measure
            ]
            if ours:
                cells = [shown(ratios(rows, peer, measure)) for peer in others]
                own = _with_unit(measure, statistics.median(ours))
                lines.append(f"| {workload} | {measure} | {own} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _with_unit(measure: str, value: float) -> str:
    if measure == "memory":
        return f"{value:.0f} MB"
    return f"{value:.2f} s" if measure.startswith("first") else f"{value * 1e6:,.0f} us"


def losses(records: list[dict[str, Any]]) -> list[str]:
    """The loss of the same first epoch, and whether everyone did the same work."""
    lines = []
    for workload in dict.fromkeys(one["workload"] for one in records):
        rows = [one for one in records if one["workload"] == workload]
        found = {one["peer"]: one["value"] for one in rows if one["measure"] == "loss"}
        off = [
            peer
            for peer, value in found.items()
            if abs(value - found[OURS]) > ALL[workload].tolerance * abs(found[OURS])
        ]
        said = ", ".join(f"{peer} {value:.5f}" for peer, value in found.items())
        lines.append(f"{workload}: {said}{f' NOT THE SAME: {off}' if off else ''}")
        rates = [one["value"] for one in rows if one["measure"] == "gemm"]
        steps = [one["value"] for one in rows if one["measure"] == "train" and one["peer"] == OURS]
        gflop = ALL[workload].gflop
        if gflop and rates:
            shares = [gflop * 1e9 / step / rate for step, rate in zip(steps, rates)]
            lines.append(
                f"{workload}: GEMM {statistics.median(rates) / 1e9:.0f} GFLOP/s, a step is "
                f"{gflop:.2f} GFLOP: {statistics.median(shares):.0%} of that rate"
            )
    return lines


def machine() -> str:
    """The machine and the versions, in a line."""
    from importlib.metadata import PackageNotFoundError, version

    names = []
    for package in ("jax", "keras", "tensorflow", "tensorflow-cpu", "torch", "optax"):
        try:
            names.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    info = Path("/proc/cpuinfo")
    models = [line for line in info.read_text().splitlines() if "model name" in line] or [
        f": {platform.processor()}"
    ]
    processor = models[0].split(":")[1].strip()
    return f"{os.cpu_count()} cores, {processor}, Python {platform.python_version()}, " + ", ".join(
        names
    )


def main() -> None:
    """Measures and prints; `--json` keeps every number."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--workloads", default=",".join(WORKLOADS))
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--measures", default=" ".join(MEASURES), help="with blanks between")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--starts", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where to add every number")
    parser.add_argument("--shown", type=Path, help="show such a file, measure nothing")
    options = parser.parse_args()
    if options.shown:
        known = [json.loads(line) for line in options.shown.read_text().splitlines()]
        print(table(known, list(dict.fromkeys(one["peer"] for one in known))))
        print("", *losses(known), sep="\n")
        return
    wanted = [OURS, *(name for name in options.peers.split(",") if name != OURS)]
    peers = [name for name in wanted if not missing(name)]
    for name in wanted:
        if name not in peers:
            print(f"{name} is skipped: {', '.join(missing(name))} not installed")
    print(machine(), flush=True)
    records: list[dict[str, Any]] = []
    for workload in options.workloads.split(","):
        new = rounds_of(workload, peers, options.rounds, options.starts, options.measures.split())
        records += new
        print(table(new, peers), *losses(new), sep="\n", end="\n\n", flush=True)
        if options.json:
            with options.json.open("a") as file:
                file.writelines(json.dumps(one) + "\n" for one in new)
    print(table(records, peers))
    print(*losses(records), sep="\n")


if __name__ == "__main__":
    main()
