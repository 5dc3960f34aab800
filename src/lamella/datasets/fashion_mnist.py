"""Fashion-MNIST: 70,000 pictures of clothes, 28 by 28 pixels, in MNIST's form."""

import os

from lamella.datasets._download import RemoteFile
from lamella.datasets._images import ImageSet, Splits, load

CLASS_NAMES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)

_HOST = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
# SHA-256 of the unpacked files: Debian's package holds the same data in another gzip header.
_CONTENTS = {
    "train-images-idx3": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
_FASHION_MNIST = ImageSet(
    title="Fashion-MNIST",
    name="fashion_mnist",
    archive="fashion_mnist.npz",
    remotes=tuple(
        RemoteFile(f"{_HOST}{name}-ubyte.gz", sha256, size=48 << 20, unpacked=True)
        for name, sha256 in _CONTENTS.items()
    ),
    advice="Run `apt-get install dataset-fashion-mnist`, or put the four idx files into "
    "~/.lamella/datasets/fashion_mnist, or pass path=.",
    system_folder="/usr/share/datasets/fashion-mnist",
)


def load_data(path: str | os.PathLike[str] | None = None) -> Splits:
    """Loads Fashion-MNIST: 60,000 training and 10,000 test pictures of ten kinds of clothes.

    Without a path, the first place that has it is used: the folder `fashion_mnist` inside
    `$LAMELLA_DATA`, then `~/.lamella/datasets/fashion_mnist` (`$LAMELLA_HOME/datasets/...` if that
    is set), then the folder of Debian's package dataset-fashion-mnist, then a download of 31 MB,
    verified and kept in the second.

    Args:
        path: a folder with the four idx files, packed or not, or an .npz file with x_train,
            y_train, x_test and y_test.

    Shapes: images (n, 28, 28) uint8, 0 (background) to 255; labels (n,) uint8, 0 to 9, which
        `CLASS_NAMES` names.

    Raises: FileProblem, if `path` is absent or damaged; DownloadFailed, if no place has it.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
        >>> x_train.shape, CLASS_NAMES[y_train[0]]  # doctest: +SKIP
        ((60000, 28, 28), 'Ankle boot')

    Source: Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747; MIT licence, Zalando SE.
    """
    return load(_FASHION_MNIST, path)
