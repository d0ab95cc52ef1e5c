"""What all networks for images have around their stages: where images enter, what becomes of the features, whose
weights.

A family writes a body, a function from a :class:`Frame` to the output; the frame has the arguments that Keras gives all
of them, checked.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

from weigh.declare import settings
from weigh.declare.dim import Shape
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError, FormatError
from weigh.layers import Dense, Dropout, GlobalAveragePooling2D, GlobalMaxPooling2D, Input
from weigh.models import Model

CLASSES = 1000
"""How many classes the official weights tell apart: those of ImageNet."""

Network = Callable[..., Model]


class Frame:
    """The arguments of a network for images, checked, and where images enter it.

    Args:
        title: what the network is called in messages: ``"ResNet50"``.
        include_top: whether it ends in a classifier; else in features.
        weights: ``None`` for weights as the initializers make them, the path of a file, or ``"imagenet"`` for the
            official file where Keras keeps it.
        input_tensor: the symbolic tensor to work on, instead of an Input of its own.
        input_shape: sizes of an image, without the batch's; by default `size` with a classifier and any without.
        pooling: without a classifier: ``"avg"`` or ``"max"`` over all places of the image, ``None`` for neither.
        classes: how many the classifier tells apart.
        classifier_activation: what it ends in.
        size: rows and columns of the images that it was made for.
        least: the fewest rows and columns that it can work on.
        files: names of the official files with and without classifier.
        shape: the input's shape where the family chooses it in its own way; it is then not checked.

    Raises:
        ArgumentError: `weights` is neither of these, `classes` or `classifier_activation` do not fit the official
            weights, or `input_shape` cannot work.
        FormatError: the official weights are asked for and are not on this machine.

    Attributes:
        image: the symbolic tensor where the network begins.
        official: whether the official weights are asked for by name.
    """

    def __init__(
        self,
        title: str,
        include_top: bool,
        weights: Any,
        input_tensor: Tensor | None,
        input_shape: Any,
        pooling: str | None,
        classes: int,
        classifier_activation: Any,
        *,
        size: int,
        files: tuple[str, str],
        least: int = 32,
        shape: Shape | None = None,
    ) -> None:
        self.title = title
        self.include_top = include_top
        self.pooling = pooling
        self.classes = classes
        self.classifier_activation = classifier_activation
        self.official = isinstance(weights, str) and weights == "imagenet"
        self._input_tensor = input_tensor
        if weights is not None:
            self._check_weights(weights)
        self.shape = self._shape(input_shape, size, least) if shape is None else shape
        self.path = official_file(title, files[0] if include_top else files[1]) if self.official else weights
        self.image = Input(self.shape) if input_tensor is None else input_tensor

    def _check_weights(self, weights: Any) -> None:
        if not self.official and not os.path.exists(weights):
            raise ArgumentError(
                f"{self.title}: `weights` must be None (untrained), 'imagenet' (the official weights) or the path of a "
                f"file that is there, not {weights!r}."
            )
        if self.official and self.include_top and self.classes != CLASSES:
            raise ArgumentError(
                f"{self.title}: the official classifier tells {CLASSES} classes apart, not {self.classes}: leave "
                "`classes` "
                "away, or pass `include_top=False` or `weights=None`."
            )
        name = getattr(self.classifier_activation, "__name__", self.classifier_activation)
        if self.include_top and name not in ("softmax", "linear", None):
            raise ArgumentError(
                f"{self.title}: with trained weights `classifier_activation` must be 'softmax' or None, not {name!r}."
            )

    def _shape(self, given: Any, size: int, least: int) -> Shape:
        """Return the shape of an image."""
        first = channels_first()

        def image(rows: int | None, columns: int | None, channels: int) -> Shape:
            return (channels, rows, columns) if first else (rows, columns, channels)

        if not given:
            return image(size, size, 3) if self.include_top else image(None, None, 3)
        shape = tuple(given)
        if len(shape) != 3:
            raise ArgumentError(
                f"{self.title}: `input_shape` must have three sizes, "
                f"{'channels, rows, columns' if first else 'rows, columns, channels'}"
                f", not {given!r}."
            )
        channels, (rows, columns) = (shape[0], shape[1:]) if first else (shape[2], shape[:2])
        if self.official and self.include_top and shape != image(size, size, 3):
            raise ArgumentError(
                f"{self.title}: the official weights with classifier need `input_shape={image(size, size, 3)}`, not "
                f"{shape}."
            )
        if self.official and channels != 3:
            raise ArgumentError(
                f"{self.title}: the official weights need images of 3 channels, not `input_shape={shape}`."
            )
        if channels not in (1, 3):
            warnings.warn(
                f"{self.title} is made for images of 1 or 3 channels; `input_shape={shape}` has {channels}.",
                stacklevel=4,
            )
        if any(one is not None and one < least for one in (rows, columns)):
            raise ArgumentError(f"{self.title} needs images of at least {least} × {least}, not `input_shape={shape}`.")
        if self.include_top and None in shape:
            raise ArgumentError(
                f"{self.title}: with a classifier every size of `input_shape` must be known, but it is {shape}. "
                "Give them all, or pass `include_top=False`."
            )
        return shape

    # The end of a network ---------------------------------------------------------------------------------------

    def end(
        self,
        x: Tensor,
        average: str | None = "avg_pool",
        poolings: tuple[str | None, str | None] = (None, None),
        dropout: float = 0.0,
        **dense: Any,
    ) -> Tensor:
        """Return the output for features `x`: classes where a classifier is wanted, else the features, pooled or not.

        Args:
            x: the features.
            average: name of the layer before the classifier.
            poolings: names of those that pool where there is no classifier.
            dropout: rate of a Dropout before the classifier; 0 for none.
            **dense: further arguments of the classifier.
        """
        if not self.include_top:
            return self.pooled(x, poolings)
        x = GlobalAveragePooling2D(name=average)(x)
        if dropout > 0:
            x = Dropout(dropout, name="top_dropout")(x)
        return self.classified(x, **dense)

    def classified(self, x: Tensor, **dense: Any) -> Tensor:
        """Return the scores of the classes for a vector of features."""
        return Dense(self.classes, activation=self.classifier_activation, **{"name": "predictions", **dense})(x)

    def pooled(self, x: Tensor, names: tuple[str | None, str | None] = (None, None)) -> Tensor:
        """Return the features as `pooling` wants them; the layers for ``"avg"`` and ``"max"`` have these names."""
        if self.pooling == "avg":
            return GlobalAveragePooling2D(name=names[0])(x)
        if self.pooling == "max":
            return GlobalMaxPooling2D(name=names[1])(x)
        return x

    def model(self, outputs: Tensor, name: str | None) -> Model:
        """Return the network that ends in `outputs`, with the weights that were asked for."""
        inputs = self.image if self._input_tensor is None else sources(self._input_tensor)
        model = Model(inputs, outputs, name=name)
        if self.path is not None:
            model.load_weights(self.path)
        return model


def standard(
    title: str,
    label: str,
    body: Callable[..., Tensor],
    *,
    size: int,
    least: int = 32,
    files: tuple[str, str] | None = None,
    **variant: Any,
) -> Network:
    """Return the function that declares one network of a family, with the arguments that most have in Keras.

    Args:
        title: its name: ``"ResNet50"``.
        label: the name of the networks that it makes, and of the official files.
        body: from a Frame and `variant` to the output.
        size: as of a Frame.
        least: as of a Frame.
        files: as of a Frame; by default as most official files are called.
        **variant: what makes this network of the family's.
    """
    stem = f"{label}_weights_tf_dim_ordering_tf_kernels"
    official = files or (f"{stem}.h5", f"{stem}_notop.h5")

    def network(
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Tensor | None = None,
        input_shape: Any = None,
        pooling: str | None = None,
        classes: int = CLASSES,
        classifier_activation: Any = "softmax",
        name: str | None = label,
    ) -> Model:
        frame = Frame(
            title,
            include_top,
            weights,
            input_tensor,
            input_shape,
            pooling,
            classes,
            classifier_activation,
            size=size,
            least=least,
            files=official,
        )
        return frame.model(body(frame, **variant), name)

    return named(network, title, body)


def named(network: Network, title: str, body: Callable[..., Any]) -> Network:
    """Return `network`, which declares a `title`, called that and described by its family's `body`."""
    network.__name__ = network.__qualname__ = title
    network.__module__ = body.__module__
    network.__doc__ = f"Return {title}: {body.__doc__}\n\nArguments as of Keras; see `weigh.applications.frame.Frame`."
    return network


# Official files -----------------------------------------------------------------------------------------------------


def keras_home() -> str:
    """Return the folder in which Keras keeps what it downloads."""
    return os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")


def official_file(title: str, file: str) -> str:
    """Return the path of an official file where Keras keeps it.

    Raises:
        FormatError: it is not there. This library downloads nothing.
    """
    path = os.path.join(keras_home(), "models", file)
    if not os.path.exists(path):
        raise FormatError(
            f"{title}: `weights='imagenet'` stands for the official weights, which are not on this machine, and weigh "
            f"downloads nothing. Put {file!r} where Keras keeps it, {path!r} (`keras.applications.{title}()` does), or "
            "pass "
            "the path of a file as `weights`; `weights=None` declares the network untrained."
        )
    return path


# What bodies share --------------------------------------------------------------------------------------------------


def channels_first() -> bool:
    """Return whether the channels' axis of images comes before rows and columns."""
    return settings.image_data_format() == "channels_first"


def channel_axis() -> int:
    """Return the channels' axis of a batch of images."""
    return 1 if channels_first() else -1


def channels(x: Tensor) -> int:
    """Return how many channels a batch of images has."""
    size = x.shape[channel_axis()]
    assert size is not None, "the layers before have made sure of it"
    return size


def only_channels_last(title: str) -> None:
    """Refuse to declare a network that exists for channels in the last place only.

    Raises:
        ArgumentError: channels are set to come first.
    """
    if channels_first():
        raise ArgumentError(f"{title} exists for `image_data_format` 'channels_last' only, but it is 'channels_first'.")


def padding_before_stride(x: Tensor, kernel: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the padding before an unpadded convolution of stride 2 that makes its output as large as a padded one's.

    It is that of TensorFlow's ``"same"``, which puts the odd row and column behind the image.
    """
    first = 2 if channels_first() else 1
    rows, columns = x.shape[first : first + 2]
    half = kernel // 2
    odd = (0, 0) if rows is None or columns is None else (rows % 2, columns % 2)
    return (half - 1 + odd[0], half), (half - 1 + odd[1], half)


def divisible(filters: float, by: int = 8) -> int:
    """Return a multiple of `by` near `filters`, at least `by`, and not more than a tenth below `filters`."""
    near = max(by, int(filters + by / 2) // by * by)
    return near + by if near < 0.9 * filters else near


def sources(tensor: Tensor) -> list[Tensor]:
    """Return the tensors that `tensor` is computed from in the end: those that no call on others made."""
    found: dict[int, Tensor] = {}
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if one.node is None or not one.node.inputs:
            found[id(one)] = one
        else:
            waiting.extend(reversed(one.node.inputs))
    return list(found.values())
