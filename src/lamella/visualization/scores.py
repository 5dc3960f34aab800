"""What a confusion matrix says about each class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClassScore:
    """How one class fared; a share without cases is NaN.

    Args:
        precision: share of its predictions that are right.
        recall: share of its examples that were found.
        f1: harmonic mean of both.
        count: how many examples it has.
    """

    precision: float
    recall: float
    f1: float
    count: int


def confusion(y_true: np.ndarray, y_predicted: np.ndarray, classes: int) -> np.ndarray:
    """Counts how often each class (row) was taken for each class (column).

    Args:
        y_true, y_predicted: class numbers, 0 <= number < classes.
        classes: how many there are.

    Shapes: (n,), (n,) -> (classes, classes)

    Example:
        >>> confusion(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
        [[1, 0], [1, 1]]
    """
    pairs = y_true.astype(np.int64) * classes + y_predicted.astype(np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def class_scores(matrix: np.ndarray) -> list[ClassScore]:
    """Precision, recall and F1 of each class.

    Args:
        matrix: counts, true classes in rows.

    Example:
        >>> class_scores(np.array([[1, 0], [1, 1]]))[0].precision
        0.5
    """
    right = np.diag(matrix)
    scores = []
    for hits, found, held in zip(right, matrix.sum(axis=0), matrix.sum(axis=1), strict=True):
        precision, recall = _share(hits, found), _share(hits, held)
        f1 = _share(2 * hits, found + held)
        scores.append(ClassScore(precision, recall, f1, int(held)))
    return scores


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
