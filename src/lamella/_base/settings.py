"""The three numbers of habit: default float type, epsilon, image layout."""

from typing import Literal

from lamella._base import check

ImageDataFormat = Literal["channels_last", "channels_first"]

_values = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}


def floatx() -> str:
    """The default float type, "float32" unless set.

    Example:
        >>> floatx()
        'float32'
    """
    return str(_values["floatx"])


def set_floatx(value: Literal["float16", "bfloat16", "float32", "float64"]) -> None:
    """Sets the default float type of new layers and variables."""
    _values["floatx"] = check.one_of(value, ("float16", "bfloat16", "float32", "float64"), "floatx")


def epsilon() -> float:
    """The small number added where a division by zero could happen, 1e-7 unless set.

    Example:
        >>> epsilon()
        1e-07
    """
    return float(_values["epsilon"])  # type: ignore[arg-type]


def set_epsilon(value: float) -> None:
    """Sets the small number that `epsilon()` gives."""
    _values["epsilon"] = float(check.positive(value, "epsilon"))


def image_data_format() -> ImageDataFormat:
    """Where the channels of an image stand: "channels_last" unless set.

    Example:
        >>> image_data_format()
        'channels_last'
    """
    return _values["image_data_format"]  # type: ignore[return-value]


def set_image_data_format(value: ImageDataFormat) -> None:
    """Sets the default of every `data_format` argument."""
    _values["image_data_format"] = checked_format(value)


def checked_format(value: str | None) -> ImageDataFormat:
    """Checks a `data_format` argument; None means the default."""
    if value is None:
        return image_data_format()
    checked = check.one_of(str(value).lower(), ("channels_last", "channels_first"), "data_format")
    return checked
