"""MNIST: 70,000 handwritten digits of 28 by 28 pixels."""

import os

from lamella.datasets._download import RemoteFile
from lamella.datasets._images import ImageSet, Splits, load

_MNIST = ImageSet(
    title="MNIST",
    name="mnist",
    archive="mnist.npz",
    remotes=(
        RemoteFile(
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
            "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
            size=16 << 20,
        ),
    ),
    advice="Put mnist.npz or the four idx files into ~/.lamella/datasets/mnist, or pass path=.",
)


def load_data(path: str | os.PathLike[str] | None = None) -> Splits:
    """Loads MNIST: 60,000 training and 10,000 test images of handwritten digits.

    Without a path, the first place that has it is used: the folder `mnist` inside `$LAMELLA_DATA`,
    then `~/.lamella/datasets/mnist` (`$LAMELLA_HOME/datasets/mnist` if that is set), then a
    download of 11 MB, verified and kept in the latter.

    Args:
        path: a folder with the four idx files, packed or not, or an .npz file with x_train,
            y_train, x_test and y_test. A bare name such as "mnist.npz", Keras's spelling, is
            looked for in the places above.

    Shapes: images (n, 28, 28) uint8, 0 (paper) to 255 (ink); labels (n,) uint8, 0 to 9.

    Raises: FileProblem, if `path` is absent or damaged; DownloadFailed, if no place has it.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
        >>> x_train.shape, y_test.shape  # doctest: +SKIP
        ((60000, 28, 28), (10000,))

    Source: LeCun, Bottou, Bengio & Haffner 1998, Proc. IEEE 86:2278; CC BY-SA 3.0.
    """
    return load(_MNIST, path)
