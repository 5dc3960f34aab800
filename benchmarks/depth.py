"""What depth costs before the first step: models of 10, 100 and 1,000 equal blocks.

Run `python -m benchmarks.depth`. A block is a layer normalization, a Dense of 64 and a shortcut.
Each model has a process of its own, and nothing that was compiled before is read.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

BLOCKS = (10, 100, 1000)


def measure(blocks: int) -> None:
    """Prints the seconds that building, compiling a step and the whole first fit take."""
    import lamella
    from benchmarks.workloads import SCALING, whole_data

    workload = SCALING[f"deep_{blocks}"]
    (x,), (y,) = whole_data(workload)
    rows = 2 * workload.batch
    started = time.perf_counter()
    model = workload.model(lamella)
    built = time.perf_counter()
    model.compile(workload.optimizer, workload.losses[0])
    model.fit(x[:rows], y[:rows], batch_size=workload.batch, verbose=0)
    fitted = time.perf_counter()
    print(built - started, model.compile_report().seconds, fitted - built)


def main() -> None:
    """Prints one line for each number of blocks, with the ratio to the first."""
    print(
        f"{'blocks':>8}{'build s':>10}{'compile s':>11}{'ratio':>7}{'first fit s':>13}{'ratio':>7}"
    )
    first: tuple[float, float] | None = None
    for blocks in BLOCKS:
        command = [sys.executable, "-m", "benchmarks.depth", str(blocks)]
        environment = {**os.environ, "LAMELLA_CACHE": "0"}
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        build, compiled, fit = map(float, said.stdout.split())
        first = first or (compiled, fit)
        line = f"{blocks:8}{build:10.2f}{compiled:11.2f}{compiled / first[0]:7.2f}"
        print(f"{line}{fit:13.2f}{fit / first[1]:7.2f}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(int(sys.argv[1]))
    else:
        main()
