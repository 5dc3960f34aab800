"""Handwritten digits of 8 by 8 pixels, part of this package: no download, no file to find."""

from importlib import resources

import numpy as np

from lamella._base.check import fraction

Split = tuple[np.ndarray, np.ndarray]


def load_data(test_share: float = 0.2, seed: int | None = 0) -> tuple[Split, Split]:
    """Loads 1,797 images of handwritten digits, divided into a training and a test part.

    Pixels count the dark points, 0 (none) to 16 (all), of a 4 by 4 field of the scanned page.

    Args:
        test_share: share of the images that goes to the test part, 0 <= test_share < 1.
        seed: the same whole number gives the same division on every machine. None keeps the
            file's own order and takes the test part from its end.

    Shapes: images (n, 8, 8) uint8, labels (n,) uint8.

    Raises: InvalidArgument, if the share is outside its range.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
        >>> x_train.shape, y_train.shape, x_test.shape
        ((1438, 8, 8), (1438,), (359, 8, 8))
        >>> int(x_train.max()), sorted(set(y_test.tolist()))
        (16, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])

    Source: Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning
        Repository, doi:10.24432/C50P49, CC BY 4.0.
    """
    fraction(test_share, "test_share")
    with (
        resources.files("lamella.datasets").joinpath("_data/digits.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as stored,
    ):
        images, labels = stored["images"], stored["labels"]
    if seed is not None:
        # RandomState, because NumPy promises its stream for all versions; Generator's may change.
        order = np.random.RandomState(seed).permutation(len(images))
        images, labels = images[order], labels[order]
    first_test = len(images) - round(len(images) * test_share)
    return (images[:first_test], labels[:first_test]), (images[first_test:], labels[first_test:])
