"""Which number types a layer computes in and stores its variables in."""

from __future__ import annotations

from typing import Any

from lamella._base import Configurable, check, dtypes, floatx, register

_chosen: list[DTypePolicy] = []


@register("policy", "FloatDTypePolicy", module="keras")
class DTypePolicy(Configurable):
    """The number types of a layer.

    Args:
        name: a dtype for everything, or "mixed_float16" / "mixed_bfloat16": compute in the half
            type, keep variables in float32. None means the default float type.

    Example:
        >>> DTypePolicy("mixed_bfloat16").compute_dtype
        'bfloat16'
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = floatx() if name is None else name
        example = 'Pass for example "float32" or "mixed_bfloat16".'
        check.of_kind(self.name, str, "A dtype policy's name", example)
        mixed = self.name.startswith("mixed_")
        self.compute_dtype = dtypes.dtype_name(self.name.removeprefix("mixed_"))
        self.variable_dtype = "float32" if mixed else self.compute_dtype

    @property
    def quantization_mode(self) -> None:
        return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given none.

    Example:
        >>> dtype_policy()
        DTypePolicy(name='float32')
    """
    return _chosen[0] if _chosen else DTypePolicy(floatx())


def set_dtype_policy(policy: str | DTypePolicy) -> None:
    """Sets the policy of layers that are given none from now on."""
    _chosen[:] = [policy_from(policy)]


def policy_from(dtype: Any) -> DTypePolicy:
    """The policy that a layer's `dtype` argument means."""
    if dtype is None:
        return dtype_policy()
    if isinstance(dtype, DTypePolicy):
        return dtype
    if isinstance(dtype, dict):
        return DTypePolicy(**dtype.get("config", dtype))
    if isinstance(dtype, str) and dtype.startswith("mixed_"):
        return DTypePolicy(dtype)
    return DTypePolicy(dtypes.dtype_name(dtype))


# The names of these in `mixed_precision`, and the shared one of all families.
Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy
get = policy_from
