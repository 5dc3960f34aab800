"""The arguments that every optimizer takes, after its own."""

from __future__ import annotations

from typing import TypedDict


class MoreOptions(TypedDict, total=False):
    """What an optimizer with a `weight_decay` of its own takes; see `Optimizer` for the words."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None


class Options(MoreOptions, total=False):
    """What every other optimizer takes."""

    weight_decay: float | None
