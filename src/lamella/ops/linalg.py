"""The ops of linear algebra."""

from lamella.ops.control import jvp as jvp
from lamella.ops.decompositions import cholesky as cholesky
from lamella.ops.decompositions import cholesky_inverse as cholesky_inverse
from lamella.ops.decompositions import det as det
from lamella.ops.decompositions import eig as eig
from lamella.ops.decompositions import eigh as eigh
from lamella.ops.decompositions import inv as inv
from lamella.ops.decompositions import lstsq as lstsq
from lamella.ops.decompositions import lu_factor as lu_factor
from lamella.ops.decompositions import matrix_rank as matrix_rank
from lamella.ops.decompositions import norm as norm
from lamella.ops.decompositions import pinv as pinv
from lamella.ops.decompositions import qr as qr
from lamella.ops.decompositions import solve as solve
from lamella.ops.decompositions import solve_triangular as solve_triangular
from lamella.ops.decompositions import svd as svd
