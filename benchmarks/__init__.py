"""Timings behind the choices of the library; run one with `python -m benchmarks.<name>`."""
