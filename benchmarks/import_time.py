"""Prints what `import lamella` costs over `import jax`: `python -m benchmarks.import_time`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

# Byte code is kept, as in any installed package; the first round writes it.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def seconds(code: str) -> float:
    """The time of a fresh process that runs the code."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=ENVIRONMENT)
    return time.perf_counter() - started


def main(rounds: int = 7) -> None:
    """Measures both in turn and prints medians, the difference and the ratio."""
    jax, lamella = [], []
    for _ in range(rounds + 1):
        jax.append(seconds("import jax"))
        lamella.append(seconds("import lamella"))
    base, whole = statistics.median(jax[1:]), statistics.median(lamella[1:])
    print(
        f"import jax {base:.3f} s, import lamella {whole:.3f} s: "
        f"{whole - base:+.3f} s, ratio {whole / base:.2f} (median of {rounds} pairs)"
    )


if __name__ == "__main__":
    main()
