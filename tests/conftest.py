"""How tests run JAX: strict, on four CPU devices, with real Keras on JAX as the oracle."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
# Most of the time of these tests is compiling: programs that run once need no polish. The
# benchmarks and `lamella demo` run fully optimized ones.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_force_host_platform_device_count=4 --xla_backend_optimization_level=0 "
    "--xla_llvm_disable_expensive_passes=true",
)
os.environ.setdefault("JAX_PLATFORMS", "cpu")
