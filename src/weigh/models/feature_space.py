"""Rows of a table as vectors: each column prepared as its kind asks for, then put side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, ClassVar

from weigh import layers
from weigh.compute.lazy import numpy
from weigh.compute.values import Array
from weigh.declare import naming
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, total
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError, ArgumentTypeError, DataError, StateError
from weigh.layers.base import Layer
from weigh.layers.preprocessing.base import Preprocessor
from weigh.models.catalogue import resolve

_HOUSE = "keras.src.layers.preprocessing.feature_space"
_BATCH = 32
"""Rows that `adapt` takes at once, as Keras does; the boundaries that Discretization finds depend on it."""


class Cross:
    """Several features whose combinations are a feature too.

    Args:
        feature_names: of the features.
        crossing_dim: number of bins that the combinations are hashed into.
        output_mode: ``"one_hot"`` or ``"int"``.
    """

    keras_module: ClassVar[str] = _HOUSE

    def __init__(self, feature_names: Iterable[str], crossing_dim: int, output_mode: str = "one_hot") -> None:
        self.feature_names = tuple(feature_names)
        self.crossing_dim = crossing_dim
        self.output_mode = _one_of("output_mode", output_mode, ("int", "one_hot"))

    @property
    def name(self) -> str:
        """The names of the features, joined."""
        return "_X_".join(self.feature_names)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {
            "feature_names": self.feature_names,
            "crossing_dim": self.crossing_dim,
            "output_mode": self.output_mode,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Cross:
        """Make one from what `get_config` returned."""
        return cls(**config)


class Feature:
    """A column: what it holds, and how it is prepared.

    Args:
        dtype: of its values.
        preprocessor: the layer that prepares it.
        output_mode: ``"float"``: as the layer gives it; ``"int"``: likewise, whole numbers; ``"one_hot"``: these as
            vectors.
    """

    keras_module: ClassVar[str] = _HOUSE

    def __init__(self, dtype: str, preprocessor: Any, output_mode: str) -> None:
        self.dtype = dtype
        self.preprocessor = preprocessor
        self.output_mode = _one_of("output_mode", output_mode, ("int", "one_hot", "float"))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {"dtype": self.dtype, "preprocessor": self.preprocessor, "output_mode": self.output_mode}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Feature:
        """Make one from what `get_config` returned."""
        return cls(**{**config, "preprocessor": _revived(config["preprocessor"], custom_objects)})


class TFDIdentity(Preprocessor):
    """Passes a feature on as it is; named as in Keras' files."""

    keras_module: ClassVar[str] = _HOUSE

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def compute_cost(self, input_shape: Shape) -> Cost:
        return Cost()

    def call(self, inputs: Array) -> Array:
        return inputs


class TFDConcat(Layer):
    """Puts features side by side; named as in Keras' files."""

    keras_module: ClassVar[str] = _HOUSE

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def compute_output_shape(self, input_shape: Any) -> Shape:
        return (*input_shape[0][:-1], total(shape[-1] for shape in input_shape))

    def compute_cost(self, input_shape: Any) -> Cost:
        return Cost()

    def call(self, inputs: list[Array]) -> Array:
        from weigh.compute.lazy import jax

        return jax.numpy.concatenate(inputs, axis=self.axis)


class FeatureSpace(Layer):
    """Prepares rows of a table, given as a dict of columns: numbers, categories, and combinations of categories.

    Args:
        features: by name, what each column is: a kind in words, ``"float"``, ``"float_normalized"``,
            ``"float_rescaled"``, ``"float_discretized"``, ``"integer_categorical"``, ``"string_categorical"``,
            ``"integer_hashed"``, ``"string_hashed"``; or what the methods of these names return.
        output_mode: ``"concat"``: one vector for each row; ``"dict"``: each feature by its name.
        crosses: tuples of names of features, or what `cross` returns.
        crossing_dim: bins of a cross that does not say.
        hashing_dim: bins of a hashed feature in words.
        num_discretization_bins: bins of a discretized feature in words.
        name: automatic where none is given.

    Raises:
        ArgumentError: there are no features, one is of an unknown kind, or a cross names one that is not there.
        StateError: it is used before `adapt`, where a feature needs it.

    Example:
        >>> space = FeatureSpace({"size": "float_normalized", "colour": "string_categorical"})
        >>> space.adapt({"size": [1.0, 3.0], "colour": ["red", "blue"]})
        >>> space({"size": 3.0, "colour": "red"}).tolist()
        [0.0, 1.0, 0.0, 1.0]
    """

    keras_module: ClassVar[str] = "keras.utils"
    optimizer: ClassVar[None] = None  # in a file it stands where networks do

    def __init__(
        self,
        features: dict[str, Any],
        output_mode: str = "concat",
        crosses: Any = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if not features:
            raise ArgumentError(f"FeatureSpace {self.name!r} needs at least one feature.")
        self.crossing_dim = crossing_dim
        self.hashing_dim = hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.output_mode = _one_of("output_mode", output_mode, ("concat", "dict"))
        self.features = {key: self._standard(key, value) for key, value in features.items()}
        self.crosses = [self._cross_of(cross) for cross in crosses or ()]
        self.inputs = {
            key: layers.Input(shape=(1,), dtype=feature.dtype, name=key) for key, feature in self.features.items()
        }
        self.preprocessors = {key: feature.preprocessor for key, feature in self.features.items()}
        self.crossers = {
            cross.name: layers.HashedCrossing(cross.crossing_dim, name=cross.name) for cross in self.crosses
        }
        self.one_hot_encoders: dict[str, Layer] = {}
        self.concat: TFDConcat | None = None
        self.encoded_features: Any = None
        self._adapted = not self._to_adapt()

    # Kinds of features ------------------------------------------------------------------------------------------

    @classmethod
    def cross(cls, feature_names: Iterable[str], crossing_dim: int, output_mode: str = "one_hot") -> Cross:
        """Return the combinations of some features, hashed into `crossing_dim` bins."""
        return Cross(feature_names, crossing_dim, output_mode)

    @classmethod
    def feature(cls, dtype: str, preprocessor: Any, output_mode: str) -> Feature:
        """Return a feature that a layer of the caller's prepares."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """Return numbers that are taken as they are."""
        return Feature("float32", TFDIdentity(dtype="float32", name=_preprocessor("float", name)), "float")

    @classmethod
    def float_rescaled(cls, scale: Any = 1.0, offset: Any = 0.0, name: str | None = None) -> Feature:
        """Return numbers that are multiplied by `scale`, with `offset` added."""
        name = _preprocessor("float_rescaled", name)
        return Feature("float32", layers.Rescaling(scale=scale, offset=offset, name=name), "float")

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """Return numbers that are brought to mean 0 and variance 1."""
        name = _preprocessor("float_normalized", name)
        return Feature("float32", layers.Normalization(axis=-1, name=name), "float")

    @classmethod
    def float_discretized(
        cls,
        num_bins: int | None = None,
        bin_boundaries: Any = None,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Return numbers that are put into bins; `bin_boundaries` hold against `num_bins`."""
        layer = layers.Discretization(
            num_bins=num_bins if bin_boundaries is None else None,
            bin_boundaries=bin_boundaries,
            name=_preprocessor("float_discretized", name),
        )
        return Feature("float32", layer, output_mode)

    @classmethod
    def integer_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Return whole numbers that are looked up in a vocabulary."""
        name = _preprocessor("integer_categorical", name)
        return Feature("int32", layers.IntegerLookup(max_tokens, num_oov_indices, name=name), output_mode)

    @classmethod
    def string_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Return strings that are looked up in a vocabulary."""
        name = _preprocessor("string_categorical", name)
        return Feature("string", layers.StringLookup(max_tokens, num_oov_indices, name=name), output_mode)

    @classmethod
    def string_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Return strings that are hashed into bins."""
        return Feature("string", layers.Hashing(num_bins, name=_preprocessor("string_hashed", name)), output_mode)

    @classmethod
    def integer_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Return whole numbers that are hashed into bins."""
        return Feature("int32", layers.Hashing(num_bins, name=_preprocessor("integer_hashed", name)), output_mode)

    def _standard(self, name: str, value: Any) -> Feature:
        if isinstance(value, Feature):
            return value
        sizes = {
            "float": (),
            "float_normalized": (),
            "float_rescaled": (),
            "float_discretized": (self.num_discretization_bins,),
            "integer_categorical": (),
            "string_categorical": (),
            "integer_hashed": (self.hashing_dim,),
            "string_hashed": (self.hashing_dim,),
        }
        if value not in sizes:
            raise ArgumentError(
                f"FeatureSpace {self.name!r}: the feature {name!r} is of the unknown kind {value!r}. Known: "
                f"{', '.join(sizes)}; or what the methods of these names return."
            )
        feature: Feature = getattr(self, value)(*sizes[value], name=name)
        return feature

    def _cross_of(self, cross: Any) -> Cross:
        made = cross if isinstance(cross, Cross) else Cross(cross, self.crossing_dim)
        unknown = sorted(set(made.feature_names) - set(self.features))
        if unknown:
            raise ArgumentError(
                f"FeatureSpace {self.name!r}: the cross {made.feature_names} names {unknown}, but the features are "
                f"{sorted(self.features)}."
            )
        return made

    # Adapting ---------------------------------------------------------------------------------------------------

    def _to_adapt(self) -> list[str]:
        """Return the features whose layers learn from data and were not given what they would learn."""
        given = ("input_mean", "has_input_vocabulary")
        return [
            name
            for name, layer in self.preprocessors.items()
            if hasattr(layer, "adapt")
            and not any(getattr(layer, one, None) not in (None, False) for one in given)
            and not (isinstance(layer, layers.Discretization) and layer.num_bins is None)
            and not (isinstance(layer, layers.TextVectorization) and layer._lookup_layer.has_input_vocabulary)
        ]

    def adapt(self, dataset: Any) -> None:
        """Let the layers of all features that need it see the data.

        Args:
            dataset: a dict of columns, each ``(rows,)`` or ``(rows, 1)``; or an iterable of such dicts.

        Raises:
            ArgumentTypeError: it is neither.
            DataError: a column is missing, or there are no rows.
        """
        if not isinstance(dataset, dict) and not hasattr(dataset, "__iter__"):
            raise ArgumentTypeError(
                f"FeatureSpace {self.name!r}: `adapt` takes a dict of columns or an iterable of such dicts, not "
                f"{type(dataset).__name__}."
            )
        parts = [dataset] if isinstance(dataset, dict) else list(dataset)
        if not parts:
            raise DataError(f"FeatureSpace {self.name!r}: `adapt` got no data.")
        for name in self._to_adapt():
            self.preprocessors[name].adapt(self._column(name, parts))
        self._adapted = True
        self.encoded_features, self.one_hot_encoders, self.concat = None, {}, None
        self.get_encoded_features()

    def _column(self, name: str, parts: list[Any]) -> Iterator[Any]:
        """Yield the batches of a column."""
        columns = [self._checked(part)[name] for part in parts]
        single = [column for column in columns if numpy.ndim(column) == 0]
        whole = [numpy.asarray(column) for column in columns if numpy.ndim(column)]
        for column in chain(whole, [numpy.asarray(single)] if single else []):
            rows = column[:, None] if column.ndim == 1 else column
            size = _BATCH if len(parts) == 1 or single else max(len(rows), 1)
            yield from (rows[start : start + size] for start in range(0, len(rows), size))

    def _checked(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise ArgumentTypeError(
                f"FeatureSpace {self.name!r} takes a dict of columns, not {data!r:.60} of type {type(data).__name__}."
            )
        missing = sorted(set(self.features) - set(data))
        if missing:
            raise DataError(f"FeatureSpace {self.name!r}: the columns {missing} are missing; got {sorted(data)}.")
        return data

    # Using it ---------------------------------------------------------------------------------------------------

    def get_inputs(self) -> dict[str, Tensor]:
        """Return a symbolic tensor for each column, for a network to begin with."""
        self.get_encoded_features()
        return self.inputs

    def get_encoded_features(self) -> Any:
        """Return what comes out for `get_inputs`, symbolic too."""
        if not self._adapted:
            raise StateError(f"FeatureSpace {self.name!r} does not know its data yet: call `adapt(data)` first.")
        if self.encoded_features is None:
            self.encoded_features = self._encoded(self.inputs)
            self.built = True
        return self.encoded_features

    def __call__(self, data: Any, **options: Any) -> Any:
        """Return the encoded features of rows, or of one row given as single values."""
        self.get_encoded_features()
        columns = {name: self._checked(data)[name] for name in self.features}
        if any(isinstance(column, Tensor) for column in columns.values()):
            return self._encoded(columns)
        arrays = {name: numpy.asarray(column) for name, column in columns.items()}
        alone = any(array.ndim == 0 for array in arrays.values())
        encoded = self._encoded(
            {name: array.reshape(-1, 1) if array.ndim < 2 else array for name, array in arrays.items()}
        )
        if not alone:
            return encoded
        return {name: one[0] for name, one in encoded.items()} if isinstance(encoded, dict) else encoded[0]

    def _encoded(self, columns: dict[str, Any]) -> Any:
        prepared = {name: self.preprocessors[name](columns[name]) for name in sorted(self.features)}
        crossed = {
            cross.name: self.crossers[cross.name]([prepared[name] for name in cross.feature_names])
            for cross in sorted(self.crosses, key=lambda cross: cross.name)
        }
        specs: dict[str, Any] = {**self.features, **{cross.name: cross for cross in self.crosses}}
        encoded = {name: self._vector(name, value, specs[name]) for name, value in (prepared | crossed).items()}
        if self.output_mode == "dict":
            return encoded
        if self.concat is None:
            self.concat = TFDConcat(axis=-1)
        return self.concat(list(encoded.values()))

    def _vector(self, name: str, value: Any, spec: Any) -> Any:
        if spec.output_mode == "one_hot":
            if name not in self.one_hot_encoders:
                self.one_hot_encoders[name] = layers.CategoryEncoding(self._categories(name, value))
            return self.one_hot_encoders[name](value)
        if self.output_mode == "concat" and "float" not in str(value.dtype):
            raise ArgumentError(
                f"FeatureSpace {self.name!r}: the feature {name!r} comes out as {value.dtype}, which cannot stand in "
                "one vector with others. Use output_mode='dict', or 'one_hot' for the feature."
            )
        return value

    def _categories(self, name: str, value: Any) -> int:
        layer: Any = self.preprocessors.get(name) or self.crossers[name]
        if hasattr(layer, "vocabulary_size") and "int" in str(value.dtype):
            return int(layer.vocabulary_size())
        if isinstance(layer, layers.Discretization) and layer.num_bins is None:
            return len(layer.bin_boundaries or ()) + 1
        categories: int | None = getattr(layer, "num_bins", getattr(layer, "num_tokens", None))
        if categories is None or "int" not in str(value.dtype):
            raise ArgumentError(
                f"FeatureSpace {self.name!r}: the feature {name!r} cannot be one-hot: {type(layer).__name__} gives "
                f"{value.dtype} and does not say how many categories there are. Use output_mode='int' or 'float'."
            )
        return categories

    # Files and configuration ------------------------------------------------------------------------------------

    def save(self, filepath: Any, overwrite: bool = True) -> None:
        """Write it to a ``.keras`` file, from which `weigh.models.load_model` reads it."""
        from weigh.models.saving import save_model

        save_model(self, filepath, overwrite=overwrite)

    def get_config(self) -> dict[str, Any]:
        names = ("features", "output_mode", "crosses", "crossing_dim", "hashing_dim", "num_discretization_bins")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> FeatureSpace:
        """Make one from what `get_config` returned."""
        features, crosses = (_revived(config.get(name), custom_objects) for name in ("features", "crosses"))
        return cls(**{**config, "features": features, "crosses": crosses})

    def get_build_config(self) -> dict[str, Any]:
        """Return the shapes that the layers of its features were built for."""
        return {name: layer.get_build_config() for name, layer in self.preprocessors.items()}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build the layers of its features; what they learned comes with the file."""
        for name, shapes in config.items():
            layer = self.preprocessors.get(name)
            if layer is not None and shapes and not layer.built:
                layer.build_from_config(shapes)
        self._adapted = True


def _preprocessor(kind: str, name: str | None) -> str:
    return f"{name or naming.automatic(kind)}_preprocessor"


def _one_of(argument: str, value: Any, options: tuple[str, ...]) -> str:
    if value not in options:
        raise ArgumentError(f"`{argument}` must be one of {', '.join(map(repr, options))}, not {value!r}.")
    return str(value)


def _revived(record: Any, custom_objects: dict[str, Any] | None) -> Any:
    from weigh.declare import config as configuration

    return configuration.deserialize(record, resolve, custom_objects)


__all__ = ["Cross", "Feature", "FeatureSpace", "TFDConcat", "TFDIdentity"]
