"""Colours by family of layer, dark enough for white text."""

import re
import tomllib
from pathlib import Path

FAMILIES = tomllib.loads((Path(__file__).parent / "_data" / "families.toml").read_text("utf-8"))
COLOURS = {family: colour for family, (colour, _) in FAMILIES.items()}


def family_of(name: str) -> str:
    """The family of a layer, judged by its class name.

    Args:
        name: a class name.

    Example:
        >>> [family_of(name) for name in ("Conv2D", "LayerNormalization", "Add", "MyBlock")]
        ['convolution', 'normalization', 'merging', 'other']
    """
    return next(family for family, (_, pattern) in FAMILIES.items() if re.search(pattern, name))
