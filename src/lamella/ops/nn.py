"""The ops that neural networks are made of."""

from lamella.ops.activation import *  # noqa: F403
from lamella.ops.attention import dot_product_attention as dot_product_attention
from lamella.ops.convolution import *  # noqa: F403
from lamella.ops.crossentropy import binary_crossentropy as binary_crossentropy
from lamella.ops.crossentropy import categorical_crossentropy as categorical_crossentropy
from lamella.ops.crossentropy import multi_hot as multi_hot
from lamella.ops.crossentropy import one_hot as one_hot
from lamella.ops.crossentropy import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from lamella.ops.math import polar as polar
from lamella.ops.normalization import *  # noqa: F403
