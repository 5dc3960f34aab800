"""RowWise: what most layers are."""

from lamella._layer.layer import Layer


class RowWise(Layer):
    """A layer that computes each row of a batch without a look at the others."""

    mixes_rows = False
