"""A process that holds one peer and measures what it is told: a line of JSON in, one out."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers import EVALUATED_EPOCHS, make
from benchmarks.workloads import ALL

SECONDS = 0.2
MOST_TIMES = 2000
GEMM = 2048


class Worker:
    """Measures a peer. The first call of a measure warms up and finds out how often to repeat it.

    Args:
        peer: what is measured.
        steps: training steps of an epoch.
    """

    def __init__(self, peer: Any, steps: int) -> None:
        self.peer = peer
        self.steps = steps
        self.times: dict[str, int] = {}
        self.peak = 0.0
        self.product: Any = None

    def answer(self, what: str) -> float:
        """Seconds of one step, pass or prediction; or a loss, megabytes, operations per second."""
        if what == "loss":
            return self.peer.train(1, shuffle=False)
        if what == "memory":
            return self.peak
        if what == "first":
            started = time.perf_counter()
            self.peer.first()
            return time.perf_counter() - started
        if what == "gemm":
            return self._gemm()
        if what == "train":
            seconds = self._repeated(what, self.peer.train) / self.steps
            # That of training: what a peer is evaluated on is larger, and not alike for all.
            self.peak = self.peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            return seconds
        call = getattr(self.peer, what)
        seconds = self._repeated(what, lambda times: [call() for _ in range(times)])
        return seconds if what == "predict_one" else seconds / (EVALUATED_EPOCHS * self.steps)

    def _repeated(self, what: str, run: Callable[[int], Any]) -> float:
        if what not in self.times:
            run(1)
            started = time.perf_counter()
            run(1)
            spent = time.perf_counter() - started
            self.times[what] = max(1, min(MOST_TIMES, int(SECONDS / spent)))
        started = time.perf_counter()
        run(self.times[what])
        return (time.perf_counter() - started) / self.times[what]

    def _gemm(self) -> float:
        """Operations per second of a large matrix product in JAX."""
        import jax

        if self.product is None:
            self.product = jax.jit(lambda a: a @ a), np.ones((GEMM, GEMM), "float32")
        product, array = self.product
        seconds = self._repeated(
            "gemm", lambda times: jax.block_until_ready([product(array) for _ in range(times)])
        )
        return 2 * GEMM**3 / seconds


def main(name: str, workload: str, weights: str) -> None:
    """Answers until standard input ends."""
    with np.load(weights) as kept:
        arrays = [kept[f"arr_{index}"] for index in range(len(kept.files))]
    # "gemm" is no peer: it measures the machine in a process of its own.
    peer = None if name == "gemm" else make(name, workload, arrays)
    worker = Worker(peer, ALL[workload].steps)
    answers = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        print(json.dumps(worker.answer(line.strip())), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
