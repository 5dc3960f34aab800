"""Saving and loading of models and weights."""

import io
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lamella._base import FileProblem, InvalidArgument, NotReady, WrongType, publish, warn_person
from lamella._base.atomic import replacing
from lamella._base.serialize import deserialize, serialize
from lamella._layer.layer import Layer
from lamella.saving.archive import IN_MEMORY, opened_archive, require_file, write_archive
from lamella.saving.walk import saved_objects
from lamella.saving.weights_h5 import read_weights, write_weights

_WEIGHTS = ".weights.h5"
_OLD = (".h5", ".hdf5")


def save_model(
    model: Any, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
) -> None:
    """Writes a model to a `.keras` file: architecture, weights, and how it was compiled.

    Keras 3 can read the file. If writing is stopped, an older file stays as it was.

    Args:
        model: the model.
        filepath: the file, its name ending in `.keras`.
        overwrite: whether a file of that name may be replaced.
        zipped: None or True; folders are not written.
        include_optimizer: False leaves the optimizer's state out.

    Raises: InvalidArgument for another ending; FileProblem, if it cannot be written there.

    Example:
        >>> from lamella import layers, models
        >>> model = models.Sequential([layers.Input((4,)), layers.Dense(3)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_model(model, Path(folder, "model.keras"))
        ...     load_model(Path(folder, "model.keras")).count_params()
        15
    """
    path = Path(filepath)
    with_optimizer = bool(kwargs.pop("include_optimizer", True))
    if kwargs.pop("save_format", "keras") not in ("keras", None) or kwargs:
        raise InvalidArgument(
            f"save_model does not take {sorted(kwargs) or 'another save_format than keras'}.",
            help="The form follows from the file's name: model.save('name.keras').",
        )
    if zipped not in (None, True):
        raise InvalidArgument(
            "Models are written as one `.keras` file only. Received: zipped=False.",
            help="Leave `zipped` out.",
        )
    if not path.name.endswith(".keras"):
        raise InvalidArgument(
            f"A model's file must end in `.keras`. Received: '{filepath}'.",
            help=f"Write model.save('{path.with_suffix('.keras').name}')"
            + (", or model.save_weights for weights alone." if path.suffix in _OLD else "."),
        )
    _may_write(path, overwrite)
    if not model.built:
        warn_person(
            f"Model '{model.name}' is not built yet, so the file has no weights. Call it on data, "
            "or model.build(input_shape), before saving."
        )
    config = serialize(model)
    skip = [] if with_optimizer else [getattr(model, "optimizer", None)]
    with replacing(path) as target:
        weights = _weights_of(model, target.parent / "weights", skip)
        assets = target.parent / "assets"
        _save_assets(model, assets)
        write_archive(target, config, weights, assets)


def load_model(
    filepath: Any,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """A model from a `.keras` file that lamella or Keras 3 wrote.

    Nothing in the file is run: it can only name classes and functions that are registered.

    Args:
        filepath: the file.
        custom_objects: your own classes and functions by name.
        compile: whether to compile the model as it was, with the optimizer's state.
        safe_mode: accepted; lambdas are never run, safe or not.

    Raises: FileProblem, if the file is missing, damaged, unsafe or does not fit; UnknownName, if
    it names a class that is not registered.

    Example:
        >>> load_model("nowhere.keras")
        Traceback (most recent call last):
        lamella._base.errors.FileProblem: There is no file 'nowhere.keras'.
        help: Check the path, relative to the working folder.
    """
    path = Path(filepath)
    if path.suffix in _OLD:
        raise FileProblem(
            f"'{path}' is named as an HDF5 file; whole models are read from `.keras` files only.",
            help="Save it as `.keras` with Keras, or make the model and call load_weights.",
        )
    if path.is_dir():
        raise FileProblem(
            f"'{path}' is a folder; models are read from `.keras` files only.",
            help="Save the model again with model.save('name.keras').",
        )
    with opened_archive(path) as archive:
        config = archive.config()
        if not compile:
            config.pop("compile_config", None)
        model = deserialize(config, custom_objects)
        if not isinstance(model, Layer):
            raise FileProblem(
                f"'{path.name}' holds a {type(model).__name__}, not a model.",
                help="Save a model with model.save('name.keras').",
            )
        with archive.weights() as weights:
            read_weights(model, weights, path.name)
        with tempfile.TemporaryDirectory() as folder:
            if archive.extract_assets(Path(folder)):
                _load_assets(model, Path(folder))
    return model


def save_weights(
    model: Any,
    filepath: Any,
    overwrite: bool = True,
    max_shard_size: float | None = None,
    objects_to_skip: Iterable[Any] | None = None,
) -> None:
    """Writes the weights of a model, and its optimizer's state, to a `.weights.h5` file.

    Args:
        model: a built model.
        filepath: the file, its name ending in `.weights.h5`.
        overwrite: whether a file of that name may be replaced.
        max_shard_size: must be None: there is always one file.
        objects_to_skip: layers to leave out.

    Raises: NotReady, if the model is not built; InvalidArgument for another ending; FileProblem,
    if it cannot be written there.

    Example:
        >>> from lamella import layers, models
        >>> model = models.Sequential([layers.Input((4,)), layers.Dense(3)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_weights(model, Path(folder, "model.weights.h5"))
        ...     load_weights(model, Path(folder, "model.weights.h5"))
    """
    path = Path(filepath)
    if max_shard_size is not None:
        raise InvalidArgument(
            f"Weights are written to one file. Received: max_shard_size={max_shard_size}.",
            help="Leave `max_shard_size` out.",
        )
    if path.suffix not in _OLD:
        raise InvalidArgument(
            f"A file of weights must end in `.weights.h5`. Received: '{filepath}'.",
            help=f"Write model.save_weights('{path.stem or 'model'}{_WEIGHTS}').",
        )
    if not path.name.endswith(_WEIGHTS):
        warn_person(
            f"'{path.name}' is written in Keras 3's form, which Keras reads only under a name that "
            f"ends in `.weights.h5`: '{path.stem}{_WEIGHTS}'."
        )
    _require_built(model, "saved")
    _may_write(path, overwrite)
    with replacing(path) as target:
        write_weights(model, target, objects_to_skip or ())


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Gives a model the weights of a `.weights.h5` or `.keras` file.

    The model must be made like the one that was saved. If anything does not fit, nothing changes.

    Args:
        model: a built model.
        filepath: the file.
        skip_mismatch: whether to leave out, with a warning each, layers that do not fit.
        objects_to_skip: layers to leave alone.

    Raises: NotReady, if the model is not built; FileProblem, if the file is missing, damaged,
    unsafe or does not fit.

    Example:
        >>> from lamella import layers, models
        >>> model = models.Sequential([layers.Input((4,)), layers.Dense(3)])
        >>> load_weights(model, "nowhere.weights.h5")
        Traceback (most recent call last):
        lamella._base.errors.FileProblem: There is no file 'nowhere.weights.h5'.
        help: Check the path, relative to the working folder.
    """
    skip = kwargs.pop("objects_to_skip", None) or ()
    if kwargs.pop("by_name", False):
        raise InvalidArgument(
            "Weights are found by their place in the model, not by name. Received: by_name=True.",
            help="Pass skip_mismatch=True to load the layers that fit.",
        )
    if kwargs:
        raise WrongType(
            f"load_weights does not take the argument `{next(iter(kwargs))}`.",
            help="It takes skip_mismatch and objects_to_skip.",
        )
    path = Path(filepath)
    _require_built(model, "loaded")
    require_file(path)
    if path.suffix == ".keras":
        with opened_archive(path) as archive, archive.weights() as weights:
            read_weights(model, weights, path.name, skip_mismatch, skip)
    elif path.suffix in _OLD:
        read_weights(model, path, path.name, skip_mismatch, skip)
    else:
        raise InvalidArgument(
            f"A file of weights must end in `.weights.h5` or `.keras`. Received: '{filepath}'.",
            help="Rename the file if it is one of those.",
        )


def _weights_of(model: Any, path: Path, skip: Iterable[Any]) -> Path | bytes:
    """The content of the weights file; if it is large, the file itself, written at a path."""
    variables = [*model.variables, *getattr(getattr(model, "optimizer", None), "variables", ())]
    if sum(variable.size * variable.value.dtype.itemsize for variable in variables) > IN_MEMORY:
        write_weights(model, path, skip)
        return path
    content = io.BytesIO()
    write_weights(model, content, skip)
    return content.getvalue()


def _require_built(model: Any, wish: str) -> None:
    if not model.built:
        raise NotReady(
            f"Model '{model.name}' is not built, so it has no weights that can be {wish}.",
            help="Call it on data first, or model.build(input_shape).",
        )


def _may_write(path: Path, overwrite: bool) -> None:
    if not overwrite and path.exists():
        raise FileProblem(
            f"The file '{path}' exists. Received: overwrite=False.",
            help="Choose another name, or pass overwrite=True.",
        )


def _save_assets(model: Any, folder: Path) -> None:
    """Lets layers that have files of their own, such as a vocabulary, write them."""
    for saved in saved_objects(model):
        write = getattr(saved.target, "save_assets", None)
        if write is not None:
            place = folder / saved.path
            place.mkdir(parents=True, exist_ok=True)
            write(str(place))


def _load_assets(model: Any, folder: Path) -> None:
    for saved in saved_objects(model):
        read = getattr(saved.target, "load_assets", None)
        place = folder / saved.path
        if read is not None and place.is_dir():
            read(str(place))


publish(__name__)
