"""The demo's two figures: pictures with what the network saw in them, and the curves of its training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
from numpy.typing import ArrayLike

PAPER, INK, QUIET = "white", "#1f2933", "#616e7c"
BLUE, AMBER, RED = "#1769aa", "#a65f00", "#b3261e"
COLOURS = {"right": (BLUE, BLUE, PAPER), "missed": (PAPER, AMBER, AMBER), "wrongly seen": ("#fdecea", RED, RED)}

PICTURES_A_ROW = 6
WIDE, HIGH = 1.16, 1.4  # of a picture with its margin and its boxes, in picture widths
BOX, STEP = 0.125, 0.155
INCHES = 1.5  # of a picture's width


def save_examples(
    path: str | Path, images: ArrayLike, truths: ArrayLike, predictions: ArrayLike, glyphs: Sequence[str]
) -> None:
    """Draw pictures (pictures, rows, columns), each above a box for every glyph that is there or was seen in it.

    `truths` and `predictions` (pictures, glyphs) are read as yes above one half, so probabilities will do.
    """
    images, there, seen = np.asarray(images), np.asarray(truths) > 0.5, np.asarray(predictions) > 0.5
    verdicts = {"right": there & seen, "missed": there & ~seen, "wrongly seen": seen & ~there}
    columns = min(PICTURES_A_ROW, len(images))
    rows = -(-len(images) // columns)
    figure, axes = _canvas(left=-0.08, right=max(columns, 3) * WIDE - 0.08, bottom=-rows * HIGH + 0.1, top=0.38)

    for number, (verdict, which) in enumerate(verdicts.items()):
        _draw_box(axes, number * 0.98, 0.17, verdict, "A")
        label = f"{verdict} ({which.sum()})"
        axes.text(number * 0.98 + STEP + 0.02, 0.17 + BOX / 2, label, color=INK, size=9.5, va="center_baseline")

    for number, image in enumerate(images):
        left, bottom = number % columns * WIDE, -(number // columns) * HIGH - 1
        extent = (left, left + 1, bottom, bottom + 1)
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest", extent=extent, zorder=1)
        boxes = [(verdict, glyph) for verdict, which in verdicts.items() for glyph in which[number].nonzero()[0]]
        step = min(STEP, (1 - BOX) / max(1, len(boxes) - 1))
        for place, (verdict, glyph) in enumerate(boxes):
            _draw_box(axes, left + place * step, bottom - 0.06 - BOX, verdict, glyphs[glyph])
    _save(figure, path)


def save_curves(path: str | Path, history: Mapping[str, Sequence[float]]) -> None:
    """Draw the loss and the AUC of every epoch, in training and on the validation data.

    `history` is what a `fit` with validation data and a metric named "auc" returned, its `.history`.
    """
    figure = Figure(figsize=(8.4, 3.1), layout="constrained", facecolor=PAPER)
    panels = (("loss", "Loss", "log"), ("auc", "AUC", "linear"))
    for axes, (key, title, scale) in zip(figure.subplots(1, 2), panels, strict=True):
        epochs = range(1, len(history[key]) + 1)
        axes.plot(epochs, history[key], color=AMBER, linestyle="--", marker="o", label="training")
        axes.plot(epochs, history[f"val_{key}"], color=BLUE, marker="s", label="validation")
        axes.set_title(title, loc="left", color=INK, weight="bold", size=11)
        axes.set_xlabel("epoch", color=QUIET)
        axes.set_yscale(scale)
        if scale == "log":
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter("{x:.2f}")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.tick_params(colors=QUIET, labelsize=8, length=0)
        axes.grid(axis="y", color="#e4e7eb", linewidth=0.8)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color("#cbd2d9")
        axes.legend(frameon=False, labelcolor=INK, fontsize=9)
    _save(figure, path)


def _canvas(left: float, right: float, bottom: float, top: float) -> tuple[Figure, Axes]:
    """A figure and axes that fill it, without a frame, one unit a picture's width."""
    figure = Figure(figsize=((right - left) * INCHES, (top - bottom) * INCHES), facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(left, right), ylim=(bottom, top), autoscale_on=False)
    return figure, axes


def _draw_box(axes: Axes, left: float, bottom: float, verdict: str, glyph: str) -> None:
    fill, edge, letter = COLOURS[verdict]
    box = FancyBboxPatch((left, bottom), BOX, BOX, boxstyle="round,pad=0,rounding_size=0.025", fc=fill, ec=edge, lw=1.1)
    if verdict == "missed":
        box.set_linestyle((0, (2, 1.2)))
    axes.add_patch(box)
    font = {"family": "monospace", "weight": "bold", "size": 9.5, "ha": "center", "va": "center_baseline"}
    axes.text(left + BOX / 2, bottom + BOX / 2, glyph, font, color=letter, parse_math=False)
    if verdict == "wrongly seen":
        axes.plot((left, left + BOX), (bottom, bottom + BOX), color=RED, linewidth=1.1)


def _save(figure: Figure, path: str | Path) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=160)
