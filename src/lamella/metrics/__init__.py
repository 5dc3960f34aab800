"""Numbers that are gathered over many batches."""

from lamella._base.old_spellings import serve_old_names as _serve_old_names
from lamella.losses import binary_crossentropy as binary_crossentropy
from lamella.losses import binary_focal_crossentropy as binary_focal_crossentropy
from lamella.losses import categorical_crossentropy as categorical_crossentropy
from lamella.losses import categorical_focal_crossentropy as categorical_focal_crossentropy
from lamella.losses import categorical_hinge as categorical_hinge
from lamella.losses import hinge as hinge
from lamella.losses import huber as huber
from lamella.losses import kl_divergence as kl_divergence
from lamella.losses import log_cosh as log_cosh
from lamella.losses import mean_absolute_error as mean_absolute_error
from lamella.losses import mean_absolute_percentage_error as mean_absolute_percentage_error
from lamella.losses import mean_squared_error as mean_squared_error
from lamella.losses import mean_squared_logarithmic_error as mean_squared_logarithmic_error
from lamella.losses import poisson as poisson
from lamella.losses import sparse_categorical_crossentropy as sparse_categorical_crossentropy
from lamella.losses import squared_hinge as squared_hinge
from lamella.metrics.accuracy import *  # noqa: F403
from lamella.metrics.base import *  # noqa: F403
from lamella.metrics.confusion import *  # noqa: F403
from lamella.metrics.curves import *  # noqa: F403
from lamella.metrics.iou import *  # noqa: F403
from lamella.metrics.of_losses import *  # noqa: F403
from lamella.metrics.reduction import *  # noqa: F403
from lamella.metrics.regression import *  # noqa: F403

_serve_old_names(__name__)
