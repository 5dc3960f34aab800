"""The ops that neural networks are made of."""

from lamella.ops.activation import celu as celu
from lamella.ops.activation import elu as elu
from lamella.ops.activation import gelu as gelu
from lamella.ops.activation import glu as glu
from lamella.ops.activation import hard_shrink as hard_shrink
from lamella.ops.activation import hard_sigmoid as hard_sigmoid
from lamella.ops.activation import hard_silu as hard_silu
from lamella.ops.activation import hard_swish as hard_swish
from lamella.ops.activation import hard_tanh as hard_tanh
from lamella.ops.activation import leaky_relu as leaky_relu
from lamella.ops.activation import log_sigmoid as log_sigmoid
from lamella.ops.activation import log_softmax as log_softmax
from lamella.ops.activation import relu as relu
from lamella.ops.activation import relu6 as relu6
from lamella.ops.activation import selu as selu
from lamella.ops.activation import sigmoid as sigmoid
from lamella.ops.activation import silu as silu
from lamella.ops.activation import soft_shrink as soft_shrink
from lamella.ops.activation import softmax as softmax
from lamella.ops.activation import softplus as softplus
from lamella.ops.activation import softsign as softsign
from lamella.ops.activation import sparse_plus as sparse_plus
from lamella.ops.activation import sparse_sigmoid as sparse_sigmoid
from lamella.ops.activation import sparsemax as sparsemax
from lamella.ops.activation import squareplus as squareplus
from lamella.ops.activation import swish as swish
from lamella.ops.activation import tanh_shrink as tanh_shrink
from lamella.ops.activation import threshold as threshold
from lamella.ops.attention import dot_product_attention as dot_product_attention
from lamella.ops.convolution import average_pool as average_pool
from lamella.ops.convolution import conv as conv
from lamella.ops.convolution import depth_to_space as depth_to_space
from lamella.ops.convolution import depthwise_conv as depthwise_conv
from lamella.ops.convolution import max_pool as max_pool
from lamella.ops.convolution import separable_conv as separable_conv
from lamella.ops.convolution import space_to_depth as space_to_depth
from lamella.ops.crossentropy import binary_crossentropy as binary_crossentropy
from lamella.ops.crossentropy import categorical_crossentropy as categorical_crossentropy
from lamella.ops.crossentropy import one_hot as one_hot
from lamella.ops.crossentropy import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from lamella.ops.normalization import batch_normalization as batch_normalization
from lamella.ops.normalization import layer_normalization as layer_normalization
from lamella.ops.normalization import moments as moments
from lamella.ops.normalization import normalize as normalize
from lamella.ops.normalization import rms_normalization as rms_normalization
from lamella.ops.products import multi_hot as multi_hot
from lamella.ops.products import psnr as psnr
from lamella.ops.rounding import polar as polar
