"""Functions of arrays, the same on arrays, variables and symbolic tensors.

All of `numpy`, `nn` and `linalg`, each of which is a list of names and holds nothing else, and what
stands in none of them.
"""

from lamella.ops import linalg as linalg
from lamella.ops import nn as nn
from lamella.ops import numpy as numpy
from lamella.ops.control import associative_scan as associative_scan
from lamella.ops.control import cond as cond
from lamella.ops.control import custom_gradient as custom_gradient
from lamella.ops.control import fori_loop as fori_loop
from lamella.ops.control import map as map
from lamella.ops.control import scan as scan
from lamella.ops.control import switch as switch
from lamella.ops.control import vectorized_map as vectorized_map
from lamella.ops.control import while_loop as while_loop
from lamella.ops.convert import cast as cast
from lamella.ops.convert import convert_to_numpy as convert_to_numpy
from lamella.ops.convert import convert_to_tensor as convert_to_tensor
from lamella.ops.convert import dtype as dtype
from lamella.ops.convert import is_tensor as is_tensor
from lamella.ops.convert import saturate_cast as saturate_cast
from lamella.ops.convert import shape as shape
from lamella.ops.convert import stop_gradient as stop_gradient
from lamella.ops.crossentropy import log_chances as log_chances
from lamella.ops.crossentropy import same_shape as same_shape
from lamella.ops.decompositions import logdet as logdet
from lamella.ops.elementary import erf as erf
from lamella.ops.elementary import erfc as erfc
from lamella.ops.elementary import erfinv as erfinv
from lamella.ops.elementary import rsqrt as rsqrt
from lamella.ops.indexing import scatter as scatter
from lamella.ops.indexing import scatter_update as scatter_update
from lamella.ops.indexing import slice as slice
from lamella.ops.indexing import slice_update as slice_update
from lamella.ops.linalg import *  # noqa: F403
from lamella.ops.nn import *  # noqa: F403
from lamella.ops.numpy import *  # noqa: F403
from lamella.ops.ranking import in_top_k as in_top_k
from lamella.ops.ranking import top_k as top_k
from lamella.ops.reduce import logsumexp as logsumexp
from lamella.ops.rounding import view_as_complex as view_as_complex
from lamella.ops.rounding import view_as_real as view_as_real
from lamella.ops.segments import cdist as cdist
from lamella.ops.segments import extract_sequences as extract_sequences
from lamella.ops.segments import fft as fft
from lamella.ops.segments import fft2 as fft2
from lamella.ops.segments import ifft2 as ifft2
from lamella.ops.segments import irfft as irfft
from lamella.ops.segments import rfft as rfft
from lamella.ops.segments import segment_max as segment_max
from lamella.ops.segments import segment_min as segment_min
from lamella.ops.segments import segment_prod as segment_prod
from lamella.ops.segments import segment_sum as segment_sum
from lamella.ops.shaping import unstack as unstack
