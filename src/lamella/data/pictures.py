"""Pictures from a folder, read when their batch is due."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from lamella._base import FileProblem, InvalidArgument, check, checked_format, optional
from lamella.data.encoding import to_categorical
from lamella.data.samples import Samples

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
# Keras's names, and Pillow's filters. The first ones read points, the others look at all pixels.
POINTS = {"bilinear": "BILINEAR", "nearest": "NEAREST"}
AREAS = {"bicubic": "BICUBIC", "area": "BOX", "lanczos3": "LANCZOS", "lanczos5": "LANCZOS"}


def image_dataset_from_directory(
    directory: str | os.PathLike,
    labels: str | Sequence[int] | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of pictures from a folder with a folder for each class, for `fit` and the others.

    The files of a batch are read when it is asked for, with Pillow: `pip install
    "lamella[images]"`. Files end in .bmp, .gif, .jpeg, .jpg or .png; hidden ones are left out. Of a
    GIF the first picture counts.

    Args:
        directory: the folder.
        labels: "inferred" makes the classes of the folders in it, None gives pictures alone. A
            list has a whole number for each file, in the order of `file_paths` without shuffle.
        label_mode: "int" gives int32 numbers, "binary" 0.0 or 1.0 for two classes, "categorical"
            one-hot rows, None pictures alone.
        class_names: folders in the order of their numbers, by default sorted; others are left out.
        color_mode: "grayscale", "rgb" or "rgba": 1, 3 or 4 channels.
        batch_size: pictures in a batch, 1 or more; None gives single pictures.
        image_size: (height, width) in pixels to which pictures are resized.
        shuffle: whether pictures come in a new order in each pass. Those of a validation subset
            stay in the order of `file_paths`, so that predictions can be laid beside them.
        seed: of these orders and of the split; by default Python's `random` draws the orders.
        validation_split: the share of files for validation, between 0 and 1.
        subset: with validation_split "training", "validation", or "both" for a pair of data sets.
        interpolation: "bilinear" and "nearest" read points between pixels, as in Keras, also where
            a picture gets smaller. "area", "bicubic" and "lanczos3" look at all pixels then, so
            fine patterns do not flicker; the last two may leave 0 to 255 at edges, as in Keras.
            "lanczos5" is taken as "lanczos3".
        follow_links: whether folders inside of a class folder may be links.
        crop_to_aspect_ratio: whether edges are cut off so that nothing is stretched.
        pad_to_aspect_ratio: whether black edges are added so that nothing is stretched.
        data_format: "channels_last" or "channels_first", by default that of the settings.
        format: "tf" or "grain", as in Keras. Both give the same: neither package is needed.
        verbose: whether the numbers of files and classes are printed.

    Returns an iterable with a length, `class_names` and `file_paths`.

    Shapes: x (batch_size, height, width, channels), float32 from 0 to 255; y (batch_size,), for
    "binary" (batch_size, 1), for "categorical" (batch_size, classes).

    Raises: InvalidArgument for arguments that do not fit; FileProblem for a folder without
    pictures, and at the batch for a file that cannot be read; MissingPackage without Pillow.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> folder = tempfile.mkdtemp()
        >>> for name, color in {"cat": "red", "dog": "blue"}.items():
        ...     os.mkdir(f"{folder}/{name}")
        ...     Image.new("RGB", (6, 4), color).save(f"{folder}/{name}/1.png")
        >>> pictures = image_dataset_from_directory(folder, image_size=(8, 8), shuffle=False)
        Found 2 files belonging to 2 classes.
        >>> x, y = next(iter(pictures))
        >>> x.shape, x[1, 0, 0].tolist(), y.tolist(), pictures.class_names
        ((2, 8, 8, 3), [0.0, 0.0, 255.0], [0, 1], ['cat', 'dog'])

    Source: Keras, `keras.utils.image_dataset_from_directory`.
    """
    check.one_of(format, ("tf", "grain"), "format")
    check.one_of(label_mode, ("int", "binary", "categorical", None), "label_mode")
    check.one_of(subset, ("training", "validation", "both", None), "subset")
    share = check.fraction(validation_split or 0.0, "validation_split")
    read = partial(
        read_picture,
        mode=MODES[check.one_of(color_mode, list(MODES), "color_mode")],
        size=check.tuple_of_ints(image_size, 2, "image_size"),
        filter=check.one_of(interpolation, [*POINTS, *AREAS], "interpolation"),
        fit=max if pad_to_aspect_ratio else min if crop_to_aspect_ratio else None,
        axis=0 if checked_format(data_format) == "channels_first" else -1,
    )
    both = crop_to_aspect_ratio and pad_to_aspect_ratio
    _refuse(both, "Pictures are cropped or padded, not both.")
    _refuse(bool(share) != bool(subset), f"{validation_split=} and {subset=} need each other.")
    _refuse(
        subset and shuffle and seed is None,
        "Subsets of shuffled files would overlap: pass the same seed for both, such as seed=1.",
    )
    optional.require("PIL", purpose="to read pictures", extra="images")
    wanted = labels if label_mode else None
    files, numbers, names = _found(os.fspath(directory), wanted, class_names, follow_links)
    y = _encoded(numbers, label_mode, names)
    if verbose:
        print(f"Found {len(files)} files{f' belonging to {len(names)} classes' if names else ''}.")
    order = np.arange(len(files))
    if shuffle and seed is not None:  # Keras's draw: the same files are for validation
        order = np.random.RandomState(seed & 0xFFFFFFFF).permutation(order)
    cut = len(files) - int(share * len(files))

    def subset_of(part: str | None) -> Samples:
        rows = order[cut:] if part == "validation" else order[:cut]
        _refuse(not len(rows), f"{validation_split=} leaves no file of {len(files)} for {part}.")
        if part and verbose:
            print(f"Using {len(rows)} files for {part}.")
        paths, own = [files[row] for row in rows], None if y is None else y[rows]

        def make(rows: np.ndarray) -> Any:
            with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
                x = np.stack([*pool.map(read, [paths[row] for row in rows])])
            return x if own is None else (x, own[rows])

        mixed = shuffle and part != "validation"
        named = {"class_names": names, "file_paths": paths}
        return Samples(make, len(paths), batch_size, mixed, seed, **named)

    if subset == "both":
        return subset_of("training"), subset_of("validation")
    return subset_of(subset)


def _refuse(bad: Any, message: str) -> None:
    if bad:
        raise InvalidArgument(message, help="See help(utils.image_dataset_from_directory).")


def _found(
    directory: str, labels: Any, class_names: Sequence[str] | None, follow_links: bool
) -> tuple[list[str], np.ndarray | None, list[str] | None]:
    """The files, the number of the class of each, and the names of the classes."""
    inferred = isinstance(labels, str) and check.one_of(labels, ("inferred",), "labels")
    _refuse(class_names and not inferred, "class_names are for labels='inferred' only.")
    if not os.path.isdir(directory):
        raise FileProblem(f"There is no folder '{directory}'.", help="Check the path.")
    folders = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
    names = [*(class_names or (name for name in folders if name[0] != "."))]
    _refuse({*names} - {*folders}, f"class_names={names} must be some of the folders {folders}.")
    tops = [os.path.join(directory, name) for name in names] if inferred else [directory]
    found = [_files(top, follow_links) for top in tops]
    files = [path for part in found for path in part]
    if not files:
        raise FileProblem(
            f"'{directory}' has no pictures{' in folders of classes' * bool(inferred)}.",
            help=f"Files end in one of {ENDINGS}; labels=None if there are no folders of classes.",
        )
    if labels is None:
        return files, None, None
    if inferred:
        return files, np.repeat(np.arange(len(names)), [*map(len, found)]).astype("int32"), names
    numbers = np.asarray(labels)
    _refuse(
        numbers.shape != (len(files),) or numbers.dtype.kind not in "iu",
        f"labels must be {len(files)} whole numbers, one for each file. Received: "
        f"{numbers.dtype} of shape {numbers.shape}.",
    )
    return files, numbers.astype("int32"), [str(number) for number in np.unique(numbers)]


def _files(folder: str, follow_links: bool) -> list[str]:
    """The paths of the pictures below a folder, sorted, without hidden ones."""
    folders = sorted(os.walk(folder, followlinks=follow_links))
    paths = [os.path.join(root, name) for root, _, names in folders for name in sorted(names)]
    paths = [path for path in paths if path.lower().endswith(ENDINGS)]
    return [path for path in paths if os.sep + "." not in path[len(folder.rstrip(os.sep)) :]]


def _encoded(numbers: np.ndarray | None, mode: str | None, names: Any) -> np.ndarray | None:
    """Numbers of classes in the form that `label_mode` asks for."""
    if numbers is None or mode == "int":
        return numbers
    most = 2 if mode == "binary" else len(names)
    _refuse(
        len(names) != most or numbers.min() < 0 or numbers.max() >= most,
        f"{mode} labels are of classes 0 to {most - 1}. Received: {names}.",
    )
    if mode == "binary":
        return numbers.astype("float32")[:, None]
    return to_categorical(numbers, most)


def read_picture(
    path: str, mode: str, size: tuple[int, ...], filter: str, fit: Any = None, axis: int = -1
) -> np.ndarray:
    """One picture as float32 from 0 to 255.

    Args:
        path: its file.
        mode: Pillow's name for the channels.
        size: height and width that it gets.
        filter: a name of POINTS or AREAS.
        fit: `min` cuts edges off until the shape fits, `max` adds black ones; None stretches.
        axis: where channels stand.

    Raises: FileProblem with the path, if it is damaged.
    """
    images = optional.require("PIL.Image", purpose="to read pictures", extra="images")
    try:
        with images.open(path) as picture:
            if picture.mode.startswith("I"):  # 16 bits, which Pillow would clip
                picture = images.fromarray((np.asarray(picture) // 256).astype("uint8"))
            picture = picture.convert(mode)
    except Exception as cause:  # whatever decoders raise
        raise FileProblem(
            f"The picture '{path}' cannot be read: {cause}", help="Repair the file, or delete it."
        ) from cause
    (width, height), (rows, columns) = picture.size, size
    if fit is not None:
        high, wide = fit(height, width * rows // columns), fit(width, height * columns // rows)
        left, top = int((width - wide) / 2), int((height - high) / 2)
        picture = picture.crop((left, top, left + wide, top + high))
        height, width = high, wide
    channels = [channel.convert("F") for channel in picture.split()]
    if filter in POINTS:
        how = images.Transform.AFFINE, (width / columns, 0, 0, 0, height / rows, 0)
        way = images.Resampling[POINTS[filter]]
        made = [channel.transform((columns, rows), *how, way) for channel in channels]
    else:
        way = images.Resampling[AREAS[filter]]
        made = [channel.resize((columns, rows), way) for channel in channels]
    return np.stack([np.asarray(channel) for channel in made], axis)
