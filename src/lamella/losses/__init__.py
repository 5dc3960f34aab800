"""How far predictions are from the truth."""

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella.losses.base import Loss as Loss
from lamella.losses.base import LossFunctionWrapper as LossFunctionWrapper
from lamella.losses.crossentropy import BinaryCrossentropy as BinaryCrossentropy
from lamella.losses.crossentropy import CategoricalCrossentropy as CategoricalCrossentropy
from lamella.losses.crossentropy import (
    CategoricalGeneralizedCrossEntropy as CategoricalGeneralizedCrossEntropy,
)
from lamella.losses.crossentropy import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from lamella.losses.crossentropy import binary_crossentropy as binary_crossentropy
from lamella.losses.crossentropy import categorical_crossentropy as categorical_crossentropy
from lamella.losses.crossentropy import (
    categorical_generalized_cross_entropy as categorical_generalized_cross_entropy,
)
from lamella.losses.crossentropy import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from lamella.losses.focal import BinaryFocalCrossentropy as BinaryFocalCrossentropy
from lamella.losses.focal import CategoricalFocalCrossentropy as CategoricalFocalCrossentropy
from lamella.losses.focal import binary_focal_crossentropy as binary_focal_crossentropy
from lamella.losses.focal import categorical_focal_crossentropy as categorical_focal_crossentropy
from lamella.losses.likelihood import KLDivergence as KLDivergence
from lamella.losses.likelihood import Poisson as Poisson
from lamella.losses.likelihood import kl_divergence as kl_divergence
from lamella.losses.likelihood import poisson as poisson
from lamella.losses.lookup import deserialize as deserialize
from lamella.losses.lookup import get as get
from lamella.losses.lookup import serialize as serialize
from lamella.losses.margin import CategoricalHinge as CategoricalHinge
from lamella.losses.margin import Hinge as Hinge
from lamella.losses.margin import SquaredHinge as SquaredHinge
from lamella.losses.margin import categorical_hinge as categorical_hinge
from lamella.losses.margin import hinge as hinge
from lamella.losses.margin import squared_hinge as squared_hinge
from lamella.losses.metric_learning import Circle as Circle
from lamella.losses.metric_learning import circle as circle
from lamella.losses.overlap import Dice as Dice
from lamella.losses.overlap import Tversky as Tversky
from lamella.losses.overlap import dice as dice
from lamella.losses.overlap import tversky as tversky
from lamella.losses.reduction import Reduction as _Reduction
from lamella.losses.regression import CosineSimilarity as CosineSimilarity
from lamella.losses.regression import Huber as Huber
from lamella.losses.regression import LogCosh as LogCosh
from lamella.losses.regression import MeanAbsoluteError as MeanAbsoluteError
from lamella.losses.regression import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from lamella.losses.regression import MeanSquaredError as MeanSquaredError
from lamella.losses.regression import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from lamella.losses.regression import cosine_similarity as cosine_similarity
from lamella.losses.regression import huber as huber
from lamella.losses.regression import log_cosh as log_cosh
from lamella.losses.regression import mean_absolute_error as mean_absolute_error
from lamella.losses.regression import (
    mean_absolute_percentage_error as mean_absolute_percentage_error,
)
from lamella.losses.regression import mean_squared_error as mean_squared_error
from lamella.losses.regression import (
    mean_squared_logarithmic_error as mean_squared_logarithmic_error,
)
from lamella.losses.sequence import CTC as CTC
from lamella.losses.sequence import ctc as ctc

_serve_old_names(__name__, Reduction=_Reduction)
