"""Colours by family of layer, dark enough for white text."""

from __future__ import annotations

import re

COLOURS = {
    "input": "#475569",
    "convolution": "#0f766e",
    "pooling": "#0e7490",
    "dense": "#1d4ed8",
    "recurrent": "#6d28d9",
    "attention": "#be185d",
    "normalization": "#92400e",
    "regularization": "#57534e",
    "activation": "#b91c1c",
    "reshaping": "#3f6212",
    "merging": "#166534",
    "embedding": "#86198f",
    "preprocessing": "#155e75",
    "model": "#0f172a",
    "other": "#334155",
}

# The first pattern found in the class name decides, so the special ones come first.
_PATTERNS = (
    ("input", r"^Input"),
    ("normalization", r"Normalization$"),
    ("preprocessing", r"^Random|Rescaling|Resizing|Crop|Hashing|Lookup|Vectorization|Encoding"),
    ("recurrent", r"LSTM|GRU|RNN|Bidirectional|TimeDistributed"),
    ("attention", r"Attention"),
    ("pooling", r"Pool"),
    ("convolution", r"Conv"),
    ("regularization", r"Drop|Noise|Regularization"),
    ("embedding", r"Embedding"),
    ("merging", r"^(Add|Subtract|Multiply|Average|Maximum|Minimum|Concatenate|Concat|Dot)$"),
    ("reshaping", r"Reshape|Flatten|Permute|Repeat|Padding|UpSampling|Transpose|Squeeze|Expand"),
    ("activation", r"ReLU|Relu|ELU|Softmax|Sigmoid|Tanh|Activation|Swish|Silu|Gelu"),
    ("dense", r"Dense"),
)


def family_of(name: str) -> str:
    """The family of a layer, judged by its class name.

    Args:
        name: a class name.

    Example:
        >>> [family_of(name) for name in ("Conv2D", "LayerNormalization", "Add", "MyBlock")]
        ['convolution', 'normalization', 'merging', 'other']
    """
    return next((family for family, pattern in _PATTERNS if re.search(pattern, name)), "other")
