"""Colours by family of layer, dark enough for white text."""

import re

# Colour, and pattern of class names. The first that is found decides: the special ones come first.
FAMILIES = {
    "input": ("#475569", r"^Input"),
    "normalization": ("#92400e", r"Normalization$"),
    "preprocessing": (
        "#155e75",
        r"^Random|Rescaling|Resizing|Crop|Hashing|Lookup|Vectorization|Encoding",
    ),
    "recurrent": ("#6d28d9", r"LSTM|GRU|RNN|Bidirectional|TimeDistributed"),
    "attention": ("#be185d", r"Attention"),
    "pooling": ("#0e7490", r"Pool"),
    "convolution": ("#0f766e", r"Conv"),
    "regularization": ("#57534e", r"Drop|Noise|Regularization"),
    "embedding": ("#86198f", r"Embedding"),
    "merging": (
        "#166534",
        r"^(Add|Subtract|Multiply|Average|Maximum|Minimum|Concatenate|Concat|Dot)$",
    ),
    "reshaping": (
        "#3f6212",
        r"Reshape|Flatten|Permute|Repeat|Padding|UpSampling|Transpose|Squeeze|Expand",
    ),
    "activation": ("#b91c1c", r"ReLU|Relu|ELU|Softmax|Sigmoid|Tanh|Activation|Swish|Silu|Gelu"),
    "dense": ("#1d4ed8", r"Dense"),
    "model": ("#0f172a", r"$^"),
    "other": ("#334155", r""),
}
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
