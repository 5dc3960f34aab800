"""A training run on one page of HTML."""

import base64
import math
import os
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lamella._base import InvalidData, write_whole
from lamella._chart.lines import HEIGHT, WIDTH, line_chart
from lamella._chart.pictures import encode_png

MOST_PICTURES = 24
STYLE = Path(__file__).parent / "_data" / "report.css"
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
    matrix = confusion(truth, probabilities.argmax(axis=1), len(labels))
    sections = [
        ("Facts", _facts(facts, matrix)),
        ("Training", _curves(history)),
        ("Confusion matrix", _matrix(matrix, labels)),
        ("Scores by class", _scores(matrix, labels)),
    ]
    if images is not None:
        sections.append(_mistakes(truth, probabilities, np.asarray(images), labels))
    sections.append(("Model", f'<div class="paper">{_inline(diagram_svg)}</div>'))
    sections.append(("Summary", f"<pre>{escape(summary_text)}</pre>"))
    body = "\n".join(_section(heading, content) for heading, content in sections)
    style = STYLE.read_text(encoding="utf-8")
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n"
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


class ClassScore(NamedTuple):
    """How one class fared; a share without cases is NaN.

    Args:
        precision: share of its predictions that are right.
        recall: share of its examples that were found.
        f1: harmonic mean of both.
        examples: how many it has.
    """

    precision: float
    recall: float
    f1: float
    examples: int


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
    found, held = matrix.sum(axis=0), matrix.sum(axis=1)
    return [
        ClassScore(_share(hits, f), _share(hits, h), _share(2 * hits, f + h), int(h))
        for hits, f, h in zip(np.diag(matrix), found, held, strict=True)
    ]


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else math.nan


def _facts(facts: Mapping[str, str], matrix: np.ndarray) -> str:
    total = int(matrix.sum())
    # A caller's own "accuracy" stands in for ours.
    if total and "accuracy" not in map(str.lower, facts):
        facts = {"Accuracy": f"{np.trace(matrix) / total:.2%} of {total:,}"} | dict(facts)
    pairs = [(escape(str(name)), escape(str(value))) for name, value in facts.items()]
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in pairs)
    return f'<dl class="facts">{cells}</dl>'


def _curves(history: Mapping[str, Sequence[float]]) -> str:
    charts = []
    for name, values in history.items():
        if name.startswith("val_") and name.removeprefix("val_") in history:
            continue
        kinds = {"training": values, "validation": history.get(f"val_{name}")}
        series = {kind: (range(1, len(v) + 1), v) for kind, v in kinds.items() if v is not None}
        (panel,) = line_chart(series, name, "epoch").panels
        charts.append(
            f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{escape(name)} over epochs">{panel}</svg>'
        )
    return f'<div class="charts">{"".join(charts)}</div>'


def _table(kind: str, head: str, rows: list[tuple[str, str]]) -> str:
    body = "".join(f'<tr><th scope="row">{escape(label)}</th>{row}</tr>' for label, row in rows)
    head = f"<thead><tr>{head}</tr></thead>"
    return f'<div class="wide"><table class="{kind}">{head}<tbody>{body}</tbody></table></div>'


def _matrix(matrix: np.ndarray, labels: Sequence[str]) -> str:
    head = "".join(f'<th scope="col"><span>{escape(label)}</span></th>' for label in labels)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    rows = []
    for number, label in enumerate(labels):
        cells = ""
        for other, (count, share) in enumerate(zip(matrix[number], shares[number], strict=True)):
            kind = ("right" if number == other else "wrong") + (" strong" if share > 0.3 else "")
            # A square root keeps single mistakes visible beside hundreds of right answers.
            tint = f' style="--share:{math.sqrt(share):.3f}"' if count else ""
            tip = escape(f"{label} taken for {labels[other]}: {count} ({share:.1%})")
            cells += f'<td class="{kind}"{tint} title="{tip}">{count or ""}</td>'
        rows.append((label, cells))
    note = '<p class="note">Rows: true class. Columns: predicted class.</p>'
    return note + _table("matrix", f"<td></td>{head}", rows)


def _scores(matrix: np.ndarray, labels: Sequence[str]) -> str:
    rows = []
    for label, (*shares, count) in zip(labels, class_scores(matrix), strict=True):
        texts = ["–" if math.isnan(share) else f"{share:.1%}" for share in shares]
        rows.append((label, "".join(f"<td>{text}</td>" for text in (*texts, f"{count:,}"))))
    head = "".join(f"<th>{name}</th>" for name in ("", "Precision", "Recall", "F1", "Images"))
    return _table("scores", head, rows)


def _mistakes(
    truth: np.ndarray, probabilities: np.ndarray, images: np.ndarray, labels: Sequence[str]
) -> tuple[str, str]:
    """Heading and content of the section with the surest ones."""
    answers, surety = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(truth != answers)
    wrong = wrong[np.argsort(-surety[wrong], kind="stable")]
    heading = f"Surest mistakes ({len(wrong)} of {len(truth)} misread)"
    if not len(wrong):
        return heading, "<p>None: every image was read right.</p>"
    # One scale for all, so that digits of 0 to 16 are as bright as those of 0 to 255.
    least, most = float(images.min()), float(images.max())
    figures = ""
    for number in wrong[:MOST_PICTURES]:
        right, said = escape(labels[truth[number]]), escape(labels[answers[number]])
        png = encode_png((images[number] - least) / ((most - least) or 1.0))
        figures += (
            f'<figure><img src="data:image/png;base64,{base64.b64encode(png).decode()}" '
            f'alt="{right}, read as {said}">'
            f"<figcaption><b>{said}</b> {surety[number]:.0%}<br>is {right}</figcaption></figure>"
        )
    return heading, f'<div class="mistakes">{figures}</div>'


def _inline(svg: str) -> str:
    """An SVG file's text without the prolog, which HTML does not know."""
    return re.sub(r"^\s*(<\?xml[^>]*>|<!DOCTYPE[^>]*>|\s)*", "", svg)
