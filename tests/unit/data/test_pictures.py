"""Folders of pictures: beside Pillow, and beside Keras's orders, splits, labels and pixels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras.src.backend.jax import image as oracle_image
from PIL import Image

import lamella as keras
from lamella import LamellaError
from lamella.utils import image_dataset_from_directory as pictures_of

RANDOM = np.random.default_rng(0)
QUIET: dict[str, Any] = {"image_size": (6, 8), "verbose": False, "shuffle": False}


def save(path: Path, mode: str = "RGB", size: tuple[int, int] = (9, 7)) -> np.ndarray:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RANDOM.integers(0, 256, (size[1], size[0], 3), dtype="uint8")
    Image.fromarray(pixels).convert(mode).save(path)
    return pixels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "top"
    for name in ("b", "a", "c"):
        for number, ending in enumerate(("png", "PNG", "bmp", "gif", "jpg", "jpeg"), start=9):
            save(top / name / f"{number}.{ending}")
    save(top / "a" / "sub" / "z.png")
    save(top / ".ipynb_checkpoints" / "1.png")
    save(top / "a" / ".ipynb_checkpoints" / "1.png")
    save(top / "a" / ".hidden.png")
    (top / "a" / "notes.txt").write_text("no picture")
    return top


def names_of(dataset: Any, folder: Path) -> list[str]:
    return [os.path.relpath(path, folder) for path in dataset.file_paths]


def test_classes_and_files_are_sorted_and_hidden_ones_left_out(folder: Path) -> None:
    made = pictures_of(folder, **QUIET)
    assert made.class_names == ["a", "b", "c"]
    files = ["10.PNG", "11.bmp", "12.gif", "13.jpg", "14.jpeg", "9.png"]
    expected = [f"{name}/{file}" for name in "abc" for file in files]
    assert names_of(made, folder) == [*expected[:6], "a/sub/z.png", *expected[6:]]
    ((x, y),) = made
    assert x.shape == (19, 6, 8, 3) and x.dtype == "float32" and 0 <= x.min() <= x.max() <= 255
    assert y.dtype == "int32" and y.tolist() == [0] * 7 + [1] * 6 + [2] * 6


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("int", [0, 1]), ("binary", [[0.0], [1.0]]), ("categorical", [[1.0, 0.0], [0.0, 1.0]])],
)
def test_labels(tmp_path: Path, mode: str, expected: list) -> None:
    save(tmp_path / "a" / "1.png")
    save(tmp_path / "b" / "1.png")
    ((_, y),) = pictures_of(tmp_path, label_mode=mode, **QUIET)
    assert y.tolist() == expected and y.dtype == ("int32" if mode == "int" else "float32")
    ((_, y),) = pictures_of(tmp_path, [1, 0], label_mode=mode, **QUIET)
    assert y.tolist() == expected[::-1]
    ((_, y),) = pictures_of(tmp_path, class_names=["b", "a"], label_mode="int", **QUIET)
    assert y.tolist() == [0, 1]
    for none in ({"labels": None}, {"label_mode": None}):
        made = pictures_of(tmp_path, **none, **QUIET)
        assert made.class_names is None and next(iter(made)).shape == (2, 6, 8, 3)


@pytest.mark.parametrize("way", ["bilinear", "nearest", "bicubic", "lanczos3"])
@pytest.mark.parametrize("size", [(9, 7), (31, 23), (4, 5), (40, 6), (3, 4)])
def test_pixels_are_those_of_keras(tmp_path: Path, way: str, size: tuple[int, int]) -> None:
    if way in ("bicubic", "lanczos3") and size not in ((4, 5), (3, 4)):
        return  # Keras reads points there, Pillow looks at all pixels
    if way == "nearest" and size == (3, 4):
        return  # points half way between two pixels
    pixels = save(tmp_path / "1.png", size=size).astype("float32")
    for named in ({}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}):
        (ours,) = pictures_of(tmp_path, None, interpolation=way, **named, **QUIET)
        theirs = oracle_image.resize(
            pixels, (6, 8), interpolation=way, data_format="channels_last", **named
        )
        np.testing.assert_allclose(ours[0], theirs, atol=0.01)


def test_area_and_lanczos_look_at_all_pixels(tmp_path: Path) -> None:
    pixels = save(tmp_path / "1.png", size=(16, 12))
    (area,) = pictures_of(tmp_path, None, interpolation="area", **QUIET)
    np.testing.assert_allclose(area[0], pixels.reshape(6, 2, 8, 2, 3).mean((1, 3)), atol=1e-3)
    (weighted,) = pictures_of(tmp_path, None, interpolation="lanczos3", **QUIET)
    red = Image.fromarray(pixels[..., 0]).convert("F").resize((8, 6), Image.Resampling.LANCZOS)
    np.testing.assert_allclose(weighted[0, ..., 0], np.asarray(red), atol=1e-3)


@pytest.mark.parametrize(("mode", "kind"), [("grayscale", "L"), ("rgb", "RGB"), ("rgba", "RGBA")])
@pytest.mark.parametrize("stored", ["L", "RGB", "RGBA", "P", "LA", "1"])
def test_channels(tmp_path: Path, mode: str, kind: str, stored: str) -> None:
    save(tmp_path / "1.png", stored, (8, 6))
    (x,) = pictures_of(tmp_path, None, color_mode=mode, **QUIET)
    with Image.open(tmp_path / "1.png") as file:
        expected = np.atleast_3d(np.asarray(file.convert(kind)))
    np.testing.assert_allclose(x[0], expected, atol=1e-4)
    (turned,) = pictures_of(tmp_path, None, color_mode=mode, data_format="channels_first", **QUIET)
    np.testing.assert_array_equal(np.moveaxis(turned, 1, -1), x)


def test_sixteen_bits_are_not_clipped(tmp_path: Path) -> None:
    pixels = RANDOM.integers(0, 65536, (6, 8), dtype="uint16")
    Image.fromarray(pixels).save(tmp_path / "1.png")
    (x,) = pictures_of(tmp_path, None, color_mode="grayscale", **QUIET)
    np.testing.assert_allclose(x[0, ..., 0], pixels // 256, atol=1e-4)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_the_split_is_that_of_keras(folder: Path, share: float, capsys: Any) -> None:
    """Keras shuffles the sorted files by a RandomState and takes the last ones."""
    files = names_of(pictures_of(folder, **QUIET), folder)
    np.random.RandomState(1).shuffle(files)
    cut = len(files) - int(share * len(files))
    named: dict[str, Any] = {"image_size": (6, 8), "validation_split": share, "seed": 1}
    training = pictures_of(folder, subset="training", **named)
    validation = pictures_of(folder, subset="validation", **named)
    assert names_of(training, folder) == files[:cut]
    assert names_of(validation, folder) == files[cut:]
    assert capsys.readouterr().out == (
        f"Found 19 files belonging to 3 classes.\nUsing {cut} files for training.\n"
        f"Found 19 files belonging to 3 classes.\nUsing {19 - cut} files for validation.\n"
    )
    both = pictures_of(folder, subset="both", **named)
    assert [one.file_paths for one in both] == [training.file_paths, validation.file_paths]
    labels = np.concatenate([y for _, y in validation])
    assert [validation.class_names[label] for label in labels] == [name[0] for name in files[cut:]]


def test_a_seed_gives_new_orders_that_come_again(folder: Path) -> None:
    named = QUIET | {"shuffle": True, "seed": 5, "batch_size": 4}
    made, again = pictures_of(folder, **named), pictures_of(folder, **named)
    passes = [np.concatenate([x for x, _ in made]) for _ in range(2)]
    assert len(made) == 5 and not np.array_equal(*passes)
    np.testing.assert_array_equal(np.concatenate([x for x, _ in again]), passes[0])


def test_links(folder: Path, tmp_path: Path) -> None:
    save(tmp_path / "other" / "k.png")
    (folder / "a" / "link").symlink_to(tmp_path / "other")
    assert len(pictures_of(folder, **QUIET).file_paths) == 19
    assert "a/link/k.png" in names_of(pictures_of(folder, follow_links=True, **QUIET), folder)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"validation_split": 0.2}, "need each other"),
        ({"subset": "training"}, "need each other"),
        ({"validation_split": 0.2, "subset": "both", "shuffle": True}, "the same seed"),
        ({"validation_split": 1.2, "subset": "both"}, "0 <= validation_split < 1"),
        ({"validation_split": 0.01, "subset": "validation"}, "leaves no file of 19"),
        ({"subset": "test"}, "subset"),
        ({"labels": "x"}, "labels"),
        ({"labels": [1, 2]}, "labels must be 19 whole numbers"),
        ({"labels": None, "class_names": ["a"]}, "class_names are for"),
        ({"class_names": ["a", "x"]}, "some of the folders"),
        ({"label_mode": "x"}, "label_mode"),
        ({"label_mode": "binary"}, "classes 0 to 1"),
        ({"color_mode": "x"}, "color_mode"),
        ({"image_size": (1, 2, 3)}, "image_size"),
        ({"interpolation": "gaussian"}, "interpolation"),
        ({"interpolation": "mitchellcubic"}, "interpolation"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "cropped or padded"),
        ({"data_format": "x"}, "data_format"),
        ({"format": "x"}, "format"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_what_does_not_fit_is_refused(folder: Path, bad: dict[str, Any], said: str) -> None:
    with pytest.raises(LamellaError) as caught:
        pictures_of(folder, **QUIET | bad)
    assert isinstance(caught.value, ValueError) and said in str(caught.value)


def test_folders_without_pictures(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(OSError, match=r"has no pictures|There is no folder"):
            pictures_of(path, **QUIET)
    save(tmp_path / "1.png")
    with pytest.raises(OSError, match="no pictures in folders of classes"):
        pictures_of(tmp_path, **QUIET)


def test_files_are_read_when_their_batch_is_due_and_a_broken_one_is_named(folder: Path) -> None:
    made = pictures_of(folder, batch_size=6, **QUIET)
    (folder / "b" / "10.PNG").write_bytes((folder / "b" / "10.PNG").read_bytes()[:60])
    batches = iter(made)
    assert len(next(batches)[0]) == 6
    with pytest.raises(OSError, match=r"b/10.PNG' cannot be read"):
        next(batches)


def test_without_pillow_the_error_names_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(ImportError, match=r"(?s)needed to read pictures.*lamella\[images\]"):
        pictures_of(folder, **QUIET)


def test_single_pictures_and_fit(folder: Path) -> None:
    x, y = next(iter(pictures_of(folder, batch_size=None, **QUIET)))
    assert x.shape == (6, 8, 3) and np.shape(y) == ()
    made = keras.Sequential(
        [keras.Input((6, 8, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
    )
    made.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    training, validation = pictures_of(
        folder, image_size=(6, 8), validation_split=0.3, subset="both", seed=1, batch_size=4
    )
    history = made.fit(training, epochs=2, validation_data=validation, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert made.predict(validation, verbose=0).shape == (5, 3)
