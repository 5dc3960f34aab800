"""Keras's two functions that draw a model."""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from typing import Any

from lamella._base.errors import InvalidArgument
from lamella._base.registry import near_miss
from lamella.visualization.diagram import from_model
from lamella.visualization.dot import Dot


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "curved",
    layer_range: Sequence[str] | None = None,
    **kwargs: Any,
) -> Dot:
    """Turns a built model into a drawing, which writes itself as SVG, PNG or DOT.

    Args:
        model: a built model.
        show_shapes: whether boxes tell input and output shapes.
        show_dtype: whether they tell the number type of their output.
        show_layer_names: whether they tell the layer's name.
        rankdir: direction of flow, "TB" (downwards), "LR", "BT" or "RL".
        expand_nested: whether a model inside the model is drawn with its layers.
        dpi: dots per inch of a PNG.
        subgraph: whether the DOT text is a cluster, to be put into another graph.
        show_layer_activations: whether boxes tell the activation function.
        show_trainable: whether they tell if training changes them.
        splines: how edges bend, "curved" (or "spline"), "ortho" for right angles, "polyline" (or
            "line") for slanted lines.
        layer_range: first and last layer to draw, as names or regular expressions.
        **kwargs: none; a name that is not among those above is refused.

    Raises: NotReady, if the model is not built; InvalidArgument, if an argument is unknown.

    Example:
        >>> import lamella
        >>> layers = [lamella.layers.Input((4,)), lamella.layers.Dense(2, name="head")]
        >>> model = lamella.Sequential(layers, name="net")
        >>> model_to_dot(model)
        <Dot 'net': 1 boxes, 0 edges>
    """
    _refuse_unknown(kwargs, "model_to_dot")
    diagram = from_model(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        expand_nested=expand_nested,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        layer_range=layer_range,
    )
    return Dot(diagram, rankdir, dpi, subgraph, splines)


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "curved",
    layer_range: Sequence[str] | None = None,
    **kwargs: Any,
) -> Dot:
    """Draws a built model into a file and gives the drawing, which notebooks show.

    Args:
        model: a built model.
        to_file: the file; its ending, .svg, .html, .png or .dot, decides what it holds. PNG needs
            `pip install "lamella[plot]"` or Graphviz, .pdf and .jpg need Graphviz.
        show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi: as for
            `model_to_dot`.
        show_layer_activations, show_trainable, splines, layer_range: as for `model_to_dot`.
        **kwargs: none; a name that is not among those above is refused.

    Raises: NotReady, if the model is not built; InvalidArgument, if an argument or the ending is
        unknown; MissingPackage, if nothing can make a PNG; FileProblem, if the file cannot be
        written.

    Example:
        >>> import pathlib, tempfile
        >>> import lamella
        >>> layers = [lamella.layers.Input((4,)), lamella.layers.Dense(2, name="head")]
        >>> model = lamella.Sequential(layers, name="net")
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "net.svg"
        >>> drawing = plot_model(model, file, show_shapes=True)
        >>> file.read_text()[:4]
        '<svg'
    """
    _refuse_unknown(kwargs, "plot_model")
    drawing = model_to_dot(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
        layer_range=layer_range,
    )
    drawing.write(to_file)
    return drawing


def _refuse_unknown(kwargs: dict[str, Any], function: str) -> None:
    if kwargs:
        unknown = next(iter(kwargs))
        known = list(inspect.signature(plot_model).parameters)[1:-1]
        raise InvalidArgument(
            f"{function} has no argument '{unknown}'. {near_miss(unknown, known)}".rstrip(),
            help=f"Its arguments are {', '.join(known)}.",
        )
