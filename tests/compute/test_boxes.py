"""Bounding boxes as arrays, beside `keras.utils.bounding_boxes`."""

import numpy as np
import pytest

import weigh
from weigh.compute import boxes
from weigh.errors import ArgumentError, ShapeError

RNG = np.random.default_rng(0)
SOME = np.sort(RNG.random((2, 5, 2, 2)).astype("float32") * 9, axis=2).reshape(2, 5, 4)


def theirs():
    import keras

    return keras.utils.bounding_boxes


def close(mine, its):
    np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("source", boxes.FORMATS)
def test_formats_are_converted_as_in_keras_and_back(source):
    for target in ("xyxy", "center_yxhw", "rel_xywh", "rel_center_xywh", "yxyx"):
        converted = boxes.convert_format(SOME, source, target, 8, 12)
        close(boxes.convert_format(converted, target, source, 8, 12), SOME)
        if not (source.startswith("rel") and target.startswith("rel")):  # Keras does the same, the case is covered
            close(converted, theirs().convert_format(SOME, source, target, 8, 12))


@pytest.mark.parametrize(("form", "size"), [("xyxy", {"height": 4, "width": 5}), ("rel_xyxy", {})])
def test_boxes_that_leave_the_image_lose_their_label(form, size):
    given = {"boxes": SOME - 2, "labels": np.arange(10).reshape(2, 5)}
    mine = boxes.clip_to_image_size(given, bounding_box_format=form, **size)
    its = theirs().clip_to_image_size(dict(given), bounding_box_format=form, **size)
    close(mine["boxes"], its["boxes"])
    close(mine["labels"], its["labels"])


def test_boxes_are_moved_as_in_keras():
    assert weigh.utils.bounding_boxes.crop is boxes.crop
    close(boxes.crop(SOME, 1, 2, 4, 5), theirs().crop(SOME, 1, 2, 4, 5))
    close(boxes.pad(SOME, 1, 2), theirs().pad(SOME, 1, 2))
    numbers = [np.array(pair, "float32") for pair in ((30, -50), (0.1, 0), (0, 0.2), (1, 0.8), (5, -9), (3, 12))]
    close(
        boxes.affine_transform(SOME, *numbers, height=8, width=12),
        theirs().affine_transform(SOME, *numbers, height=8, width=12),
    )


def test_overlap_is_that_of_keras():
    away = SOME[0] - 6
    close(boxes.compute_iou(away, away[:3], "xyxy", True), theirs().compute_iou(away, away[:3], "xyxy", True))
    np.testing.assert_allclose(np.diagonal(boxes.compute_iou(SOME, SOME, "xyxy"), 0, 1, 2), 1, atol=1e-5)
    close(boxes.compute_ciou(SOME, SOME[::-1], "xyxy"), theirs().compute_ciou(SOME, SOME[::-1], "xyxy"))


def test_deltas_to_anchors_are_those_of_keras_and_come_back():
    options = {"anchor_format": "xyxy", "box_format": "xywh", "variance": [0.1, 0.1, 0.2, 0.2]}
    deltas = boxes.encode_box_to_deltas(SOME[0], SOME, **options)
    close(deltas, theirs().encode_box_to_deltas(SOME[0], SOME, **options))
    close(boxes.decode_deltas_to_boxes(SOME[0], deltas, **options), SOME)
    levels = boxes.decode_deltas_to_boxes({"P3": SOME[0]}, {"P3": deltas}, **options)
    close(levels["P3"], SOME)


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: boxes.convert_format(SOME, "xyxy", "uv"), ArgumentError, "'center_xywh'.*'uv'"),
        (lambda: boxes.convert_format(SOME, "rel_xyxy", "xyxy"), ArgumentError, "`height` and `width`"),
        (lambda: boxes.convert_format(SOME[..., :3], "xyxy", "xywh"), ShapeError, "4 numbers.*3"),
        (lambda: boxes.clip_to_image_size({"boxes": SOME}), ArgumentError, "`height` and `width`"),
        (lambda: boxes.clip_to_image_size({"boxes": SOME}, 4, 4, "xywh"), ArgumentError, "not in 'xywh'"),
        (lambda: boxes.crop(SOME, 0, 0, 4, 4, "xywh"), ArgumentError, "'xyxy'.*'xywh'"),
        (lambda: boxes.compute_iou(SOME[0, 0], SOME, "xyxy"), ShapeError, r"\(boxes, 4\).*\(4,\)"),
        (lambda: boxes.compute_ciou(SOME, SOME, "rel_xyxy"), ArgumentError, "pixels.*'rel_xyxy'"),
        (
            lambda: boxes.encode_box_to_deltas(SOME, SOME, "xyxy", "xyxy", "xywh"),
            ArgumentError,
            "'center_yxhw'.*'xywh'",
        ),
        (lambda: boxes.encode_box_to_deltas(SOME, SOME, "xyxy", "xyxy", variance=[1]), ArgumentError, "4 numbers"),
    ],
)
def test_what_cannot_be_done_is_refused(attempt, error, message):
    with pytest.raises(error, match=message):
        attempt()
