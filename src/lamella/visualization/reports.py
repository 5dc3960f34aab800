"""A training run on one page of HTML."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from lamella._base.errors import InvalidData
from lamella.visualization._files import write_whole
from lamella.visualization._style import STYLE
from lamella.visualization.charts import line_chart
from lamella.visualization.pictures import data_uri
from lamella.visualization.scores import class_scores, confusion

MOST_PICTURES = 24
SIDE_BY_SIDE = ("Confusion matrix", "Scores by class")


def training_report(
    path: str | os.PathLike[str],
    *,
    title: str,
    history: Mapping[str, Sequence[float]],
    labels: Sequence[str],
    y_true: Any,
    y_pred_probabilities: Any,
    images: Any,
    summary_text: str,
    diagram_svg: str,
    facts: Mapping[str, str],
) -> None:
    """Writes a page with curves, confusion matrix, misread images, scores and the model's picture.

    The page is one file that loads nothing and runs nothing, light or dark as the reader's system.

    Args:
        path: the file, usually report.html.
        title: its heading.
        history: metric to values per epoch; "val_loss" is drawn into the chart of "loss".
        labels: the name of each class.
        y_true: class numbers, 0 <= number < len(labels).
        y_pred_probabilities: what the model gave for each class; the greatest is its answer.
        images: the images, of which the surest mistakes are shown; the least number among all of
            them is black, the greatest white. None shows none.
        summary_text: what `summary_text` gives.
        diagram_svg: what `render_svg` gives, trusted as it is.
        facts: lines for the top of the page, such as accuracy or time.

    Shapes: y_true (n,), y_pred_probabilities (n, classes), images (n, h, w) or (n, h, w, c)

    Raises: InvalidData, if the shapes do not fit together or a class number has no label;
        FileProblem, if the file cannot be written.

    Example:
        >>> import pathlib, tempfile
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "report.html"
        >>> training_report(
        ...     file,
        ...     title="Coins",
        ...     history={"loss": [0.7, 0.4], "val_loss": [0.8, 0.6]},
        ...     labels=["heads", "tails"],
        ...     y_true=[0, 1],
        ...     y_pred_probabilities=[[0.9, 0.1], [0.6, 0.4]],
        ...     images=np.zeros((2, 8, 8)),
        ...     summary_text="",
        ...     diagram_svg="",
        ...     facts={"Flips": "2"},
        ... )
        >>> "50.00% of 2" in file.read_text()
        True
    """
    truth, probabilities = _checked(labels, y_true, y_pred_probabilities, images)
    answers = probabilities.argmax(axis=1)
    matrix = confusion(truth, answers, len(labels))
    mistakes = _surest_mistakes(truth, answers, probabilities)
    sections = [
        ("Facts", _facts(facts, matrix)),
        ("Training", _curves(history)),
        ("Confusion matrix", _matrix(matrix, labels)),
        ("Scores by class", _scores(matrix, labels)),
    ]
    if images is not None:
        shown = _mistakes(mistakes, truth, answers, probabilities, images, labels)
        sections.append((f"Surest mistakes ({len(mistakes)} of {len(truth)} misread)", shown))
    sections.append(("Model", f'<div class="paper">{_inline(diagram_svg)}</div>'))
    sections.append(("Summary", f"<pre>{escape(summary_text)}</pre>"))
    body = "\n".join(_section(heading, content) for heading, content in sections)
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )
    write_whole(path, page.encode())


def _section(heading: str, content: str) -> str:
    kind = ' class="half"' if heading in SIDE_BY_SIDE else ""
    return f"<section{kind}><h2>{escape(heading)}</h2>\n{content}</section>"


def _checked(
    labels: Sequence[str], y_true: Any, y_pred_probabilities: Any, images: Any
) -> tuple[np.ndarray, np.ndarray]:
    truth, probabilities = np.asarray(y_true), np.asarray(y_pred_probabilities, np.float64)
    if truth.ndim == 2 and truth.shape[1] == 1:
        truth = truth[:, 0]
    if truth.ndim != 1 or probabilities.shape != (len(truth), len(labels)):
        raise InvalidData(
            f"A report on {len(labels)} labels expects y_true of shape (n,) and probabilities of "
            f"shape (n, {len(labels)}). Received: {truth.shape} and {probabilities.shape}.",
            help="Pass class numbers and model.predict(x) of the same rows.",
        )
    if len(truth) and not (truth.min() >= 0 and truth.max() < len(labels)):
        raise InvalidData(
            f"Class numbers must satisfy 0 <= number < {len(labels)}. Received numbers from "
            f"{truth.min()} to {truth.max()}.",
            help="Pass one label for each class.",
        )
    if images is not None and len(images) != len(truth):
        raise InvalidData(
            f"There are {len(images)} images for {len(truth)} class numbers.",
            help="Pass the images that were predicted, in the same order.",
        )
    return truth.astype(np.int64), probabilities


def _surest_mistakes(
    truth: np.ndarray, answers: np.ndarray, probabilities: np.ndarray
) -> np.ndarray:
    wrong = np.flatnonzero(truth != answers)
    return wrong[np.argsort(-probabilities[wrong, answers[wrong]], kind="stable")]


def _facts(facts: Mapping[str, str], matrix: np.ndarray) -> str:
    total = int(matrix.sum())
    known = {"Accuracy": f"{np.trace(matrix) / total:.2%} of {total:,}"} if total else {}
    # A caller's own "accuracy" stands in for ours.
    given = {name.lower() for name in facts}
    rows = {k: v for k, v in known.items() if k.lower() not in given} | dict(facts)
    cells = "".join(
        f"<div><dt>{escape(str(name))}</dt><dd>{escape(str(value))}</dd></div>"
        for name, value in rows.items()
    )
    return f'<dl class="facts">{cells}</dl>'


def _curves(history: Mapping[str, Sequence[float]]) -> str:
    charts = []
    for name, values in history.items():
        if name.startswith("val_") and name.removeprefix("val_") in history:
            continue
        series = {"training": [float(value) for value in values]}
        if f"val_{name}" in history:
            series["validation"] = [float(value) for value in history[f"val_{name}"]]
        charts.append(line_chart(name, series))
    return f'<div class="charts">{"".join(charts)}</div>'


def _matrix(matrix: np.ndarray, labels: Sequence[str]) -> str:
    head = "".join(f'<th scope="col"><span>{escape(label)}</span></th>' for label in labels)
    held = matrix.sum(axis=1, keepdims=True)
    shares = matrix / np.where(held == 0, 1, held)
    rows = []
    for number, label in enumerate(labels):
        cells = []
        for other, (count, share) in enumerate(zip(matrix[number], shares[number], strict=True)):
            kind = "right" if number == other else "wrong"
            # A square root keeps single mistakes visible beside hundreds of right answers.
            tint = f' style="--share:{math.sqrt(share):.3f}"' if count else ""
            tip = f"{label} taken for {labels[other]}: {count} ({share:.1%})"
            strong = " strong" if share > 0.3 else ""
            cells.append(
                f'<td class="{kind}{strong}"{tint} title="{escape(tip)}">{count or ""}</td>'
            )
        rows.append(f'<tr><th scope="row">{escape(label)}</th>{"".join(cells)}</tr>')
    return (
        '<p class="note">Rows: true class. Columns: predicted class.</p><div class="wide">'
        f'<table class="matrix"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _scores(matrix: np.ndarray, labels: Sequence[str]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td>{_percent(score.precision)}</td>'
        f"<td>{_percent(score.recall)}</td><td>{_percent(score.f1)}</td>"
        f"<td>{score.count:,}</td></tr>"
        for label, score in zip(labels, class_scores(matrix), strict=True)
    )
    head = "".join(f"<th>{name}</th>" for name in ("", "Precision", "Recall", "F1", "Images"))
    return (
        f'<div class="wide"><table class="scores"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{share:.1%}"


def _mistakes(
    mistakes: np.ndarray,
    truth: np.ndarray,
    answers: np.ndarray,
    probabilities: np.ndarray,
    images: Any,
    labels: Sequence[str],
) -> str:
    if not len(mistakes):
        return "<p>None: every image was read right.</p>"
    pixels = np.asarray(images)
    # One scale for all, so that digits of 0 to 16 are as bright as those of 0 to 255.
    least, most = float(pixels.min()), float(pixels.max())
    figures = []
    for number in mistakes[:MOST_PICTURES]:
        answer = answers[number]
        right, said = labels[truth[number]], labels[answer]
        image = (pixels[number] - least) / ((most - least) or 1.0)
        figures.append(
            f'<figure><img src="{data_uri(image)}" alt="{escape(right)}, read as {escape(said)}">'
            f"<figcaption><b>{escape(said)}</b> {probabilities[number, answer]:.0%}<br>"
            f"is {escape(right)}</figcaption></figure>"
        )
    return f'<div class="mistakes">{"".join(figures)}</div>'


def _inline(svg: str) -> str:
    """An SVG file's text without the prolog, which HTML does not know."""
    return re.sub(r"^\s*(<\?xml[^>]*>|<!DOCTYPE[^>]*>|\s)*", "", svg)
