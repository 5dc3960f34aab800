"""Windows that slide over a time series."""

from typing import Any

import numpy as np

from lamella._base import InvalidArgument, check
from lamella.data.samples import Samples


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Samples:
    """Batches of windows that slide over a series, for `fit`, `evaluate` and `predict`.

    Window i begins at s = start_index + i * sequence_stride and has the steps
    s, s + sampling_rate, ..., s + (sequence_length - 1) * sampling_rate. Its target is targets[s].

    Args:
        data: the series as an array, a memory-mapped one too, or a list; the first axis is time.
        targets: the target of the window that begins at that step, for each step; windows that
            begin behind the last target are left out. None gives windows alone.
        sequence_length: steps in a window, 1 or more.
        sequence_stride: steps between the beginnings of two windows, 1 or more.
        sampling_rate: steps of the series for one step of a window, 1 or more.
        batch_size: windows in a batch, 1 or more; None gives single windows.
        shuffle: whether windows come in a new order in each pass.
        seed: of these orders, a whole number; by default Python's `random` draws them.
        start_index: the first step that is used, by default 0.
        end_index: the step behind the last one that is used, smaller than the length of the
            series, whose end is the default.
        format: "tf" or "grain", as in Keras. Both give the same: neither package is needed.

    Shapes: data (steps, ...) gives x (batch_size, sequence_length, ...); targets (steps, ...) give
    y (batch_size, ...). The last batch of a pass may be smaller.

    Raises: InvalidArgument for numbers outside of the series, or if no window fits.

    Example:
        >>> series = np.arange(8)
        >>> windows = timeseries_dataset_from_array(series[:-1], series[3:], 3, batch_size=2)
        >>> len(windows)
        3
        >>> x, y = next(iter(windows))
        >>> x.tolist(), y.tolist()
        ([[0, 1, 2], [1, 2, 3]], [3, 4])

    Source: Keras, `keras.utils.timeseries_dataset_from_array`.
    """
    check.one_of(format, ("tf", "grain"), "format")
    data, targets = np.asarray(data), None if targets is None else np.asarray(targets)
    start = start_index or 0
    for name, value, least in (
        ("sequence_stride", sequence_stride, 1),
        ("sampling_rate", sampling_rate, 1),
        ("start_index", start, 0),
        ("end_index", end_index, start + 1),
    ):
        inside = isinstance(value, check.INTEGRAL) and least <= value < max(len(data), 2)
        if not inside and (value, name) != (None, "end_index"):
            raise InvalidArgument(
                f"Argument `{name}` must be a whole number from {least} on, below {len(data)}, the "
                f"length of the series. Received: {value!r}.",
                help=f"Pass another {name}, or leave it out.",
            )
    offsets = np.arange(check.positive_int(sequence_length, "sequence_length")) * sampling_rate
    last = (len(data) if end_index is None else end_index) - offsets[-1]
    starts = np.arange(start, min(last, len(data if targets is None else targets)), sequence_stride)
    if not len(starts):
        raise InvalidArgument(
            f"No window fits: it spans {offsets[-1] + 1} steps from step {start} on; there are "
            f"{len(data)} steps, end_index={end_index}"
            + ("." if targets is None else f", {len(targets)} targets."),
            help="Pass a smaller sequence_length or sampling_rate, or more data.",
        )

    def make(rows: np.ndarray) -> Any:
        begins = starts[rows]
        x = data[begins[:, None] + offsets]
        return x if targets is None else (x, targets[begins])

    return Samples(make, len(starts), batch_size, shuffle, seed)
