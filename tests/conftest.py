"""How tests run JAX: strict, on four CPU devices, with real Keras on JAX as the oracle."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Most of the time of these tests is compiling: programs that run once need no polish. The
# benchmarks and `lamella demo` run fully optimized ones.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_force_host_platform_device_count=4 --xla_backend_optimization_level=0 "
    "--xla_llvm_disable_expensive_passes=true",
)
# Many tests compile the same program; one folder for all processes of this run.
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
_OWN_FOLDER = "JAX_COMPILATION_CACHE_DIR" not in os.environ
if _OWN_FOLDER:
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="lamella-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Removes the folder of compiled programs, in the process that made it."""
    if _OWN_FOLDER and not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)
