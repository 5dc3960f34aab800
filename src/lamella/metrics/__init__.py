"""Numbers that are gathered over many batches."""

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella.losses.crossentropy import binary_crossentropy as binary_crossentropy
from lamella.losses.crossentropy import categorical_crossentropy as categorical_crossentropy
from lamella.losses.crossentropy import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from lamella.losses.focal import binary_focal_crossentropy as binary_focal_crossentropy
from lamella.losses.focal import categorical_focal_crossentropy as categorical_focal_crossentropy
from lamella.losses.likelihood import kl_divergence as kl_divergence
from lamella.losses.likelihood import poisson as poisson
from lamella.losses.margin import categorical_hinge as categorical_hinge
from lamella.losses.margin import hinge as hinge
from lamella.losses.margin import squared_hinge as squared_hinge
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
from lamella.metrics.accuracy import Accuracy as Accuracy
from lamella.metrics.accuracy import BinaryAccuracy as BinaryAccuracy
from lamella.metrics.accuracy import CategoricalAccuracy as CategoricalAccuracy
from lamella.metrics.accuracy import SparseCategoricalAccuracy as SparseCategoricalAccuracy
from lamella.metrics.accuracy import SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy
from lamella.metrics.accuracy import TopKCategoricalAccuracy as TopKCategoricalAccuracy
from lamella.metrics.accuracy import binary_accuracy as binary_accuracy
from lamella.metrics.accuracy import categorical_accuracy as categorical_accuracy
from lamella.metrics.accuracy import sparse_categorical_accuracy as sparse_categorical_accuracy
from lamella.metrics.accuracy import (
    sparse_top_k_categorical_accuracy as sparse_top_k_categorical_accuracy,
)
from lamella.metrics.accuracy import top_k_categorical_accuracy as top_k_categorical_accuracy
from lamella.metrics.base import *  # noqa: F403
from lamella.metrics.confusion import *  # noqa: F403
from lamella.metrics.curves import *  # noqa: F403
from lamella.metrics.iou import *  # noqa: F403
from lamella.metrics.of_losses import *  # noqa: F403
from lamella.metrics.reduction import *  # noqa: F403
from lamella.metrics.regression import ConcordanceCorrelation as ConcordanceCorrelation
from lamella.metrics.regression import CosineSimilarity as CosineSimilarity
from lamella.metrics.regression import LogCoshError as LogCoshError
from lamella.metrics.regression import MeanAbsoluteError as MeanAbsoluteError
from lamella.metrics.regression import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from lamella.metrics.regression import MeanSquaredError as MeanSquaredError
from lamella.metrics.regression import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from lamella.metrics.regression import PearsonCorrelation as PearsonCorrelation
from lamella.metrics.regression import R2Score as R2Score
from lamella.metrics.regression import RootMeanSquaredError as RootMeanSquaredError
from lamella.metrics.regression import concordance_correlation as concordance_correlation
from lamella.metrics.regression import pearson_correlation as pearson_correlation

_serve_old_names(__name__)
