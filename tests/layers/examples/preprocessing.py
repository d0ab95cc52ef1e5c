"""Examples of the layers that prepare data."""

from tests.layers.example import Bad, Example

import weigh
from weigh.compute.lazy import numpy as np  # examples are declared without it
from weigh.errors import ArgumentError, ArgumentTypeError, DataError, ShapeError, StateError
from weigh.layers import (
    CategoryEncoding,
    Dense,
    Discretization,
    HashedCrossing,
    Hashing,
    IntegerLookup,
    MelSpectrogram,
    Normalization,
    STFTSpectrogram,
    StringLookup,
    TextVectorization,
)

WORDS = ["a", "b", "c"]

EXAMPLES = [
    Example("Normalization", {}, (3, 4)),
    Example("Normalization", {"axis": None, "mean": 2.0, "variance": 4.0, "invert": True}, (4,), peer=False),
    Example("Discretization", {"bin_boundaries": [0.25, 0.5]}, (3,)),
    Example("Discretization", {"bin_boundaries": [0.5], "output_mode": "count"}, (3,), peer=False),
    Example("CategoryEncoding", {"num_tokens": 4}, (3,), dtype="int32", below=4),
    Example("Hashing", {"num_bins": 5}, (3,), dtype="string", peer=False),
    Example(
        "Hashing", {"num_bins": 5, "mask_value": 0, "salt": 7, "output_mode": "one_hot"}, (1,), "int32", peer=False
    ),
    Example("HashedCrossing", {"num_bins": 5}, [(1,), (1,)], dtype="string", peer=False),
    Example("IntegerLookup", {"vocabulary": [1, 4, 6]}, (3,), dtype="int32", below=9, peer=False),
    Example("IntegerLookup", {"vocabulary": [5], "output_mode": "multi_hot"}, (3,), dtype="int32", peer=False),
    Example("StringLookup", {"vocabulary": WORDS}, (3,), dtype="string", peer=False),
    Example("StringLookup", {"vocabulary": WORDS, "output_mode": "count", "max_tokens": 9}, (3,), "string", peer=False),
    Example("StringLookup", {"vocabulary": WORDS, "invert": True}, (3,), dtype="int32", peer=False),
    Example("TextVectorization", {"vocabulary": WORDS, "output_sequence_length": 4}, (1,), "string", peer=False),
    Example(
        "TextVectorization",
        {"vocabulary": WORDS, "output_mode": "tf_idf", "idf_weights": [0.5, 1.0, 2.0], "ngrams": 2},
        (1,),
        dtype="string",
        peer=False,
    ),
    Example("STFTSpectrogram", {"frame_length": 8}, (20, 2)),
    Example("MelSpectrogram", {"fft_length": 16, "sequence_stride": 5, "num_mel_bins": 3}, (40,)),
]


def _text(*shape):
    return np.full(shape, "a")


def _adapted(layer, data):
    layer.adapt(data)
    return layer


BAD = [
    Bad("Normalization: a mean alone", lambda: Normalization(mean=1.0), ArgumentError, "'normalization'.*together"),
    Bad(
        "Normalization: a mean and a variance that differ",
        lambda: Normalization(mean=[1.0], variance=[1.0, 2.0]),
        ArgumentError,
        "alike in shape",
    ),
    Bad("Normalization: a mean of too many axes", lambda: Normalization(None, [1.0], [1.0]), ArgumentError, "at most"),
    Bad(
        "Normalization: a mean that does not fit",
        lambda: Normalization(-1, [1.0, 2.0], [1.0, 2.0])(np.ones((2, 3))),
        ShapeError,
        r"\(2,\).*does not fit",
    ),
    Bad("Normalization: an axis in words", lambda: Normalization("last"), ArgumentError, "'last'"),
    Bad("Normalization: an axis that is missing", lambda: Normalization(2)(weigh.Input((3,))), ShapeError, "axis 2"),
    Bad("Normalization: an unknown size", lambda: Normalization()(weigh.Input((None,))), ShapeError, "axis -1"),
    Bad(
        "Normalization: adapted though given",
        lambda: Normalization(None, 1.0, 2.0).adapt(np.ones(3)),
        ArgumentError,
        "nothing to adapt",
    ),
    Bad("Normalization: adapted to nothing", lambda: Normalization().adapt([]), DataError, "at least one"),
    Bad("Normalization: adapted to text", lambda: Normalization().adapt(_text(3, 1)), ArgumentTypeError, "numbers"),
    Bad(
        "Normalization: adapted to other sizes",
        lambda: Normalization().adapt([np.ones((2, 3)), np.ones((2, 4))]),
        ShapeError,
        "size 3",
    ),
    Bad("Normalization: adapted to one number", lambda: Normalization().adapt(3.0), ArgumentTypeError, "iterable"),
    Bad(
        "Normalization: called on text",
        lambda: Normalization()(_text(3, 1)),
        ArgumentTypeError,
        "numbers.*StringLookup",
    ),
    Bad("Dense: called on text", lambda: Dense(3)(_text(3, 1)), ArgumentTypeError, "'dense'.*numbers"),
    Bad("Discretization: no bins", lambda: Discretization(), ArgumentError, "either `bin_boundaries`"),
    Bad("Discretization: bins twice", lambda: Discretization([1.0], 3), ArgumentError, "either `bin_boundaries`"),
    Bad("Discretization: boundaries in disorder", lambda: Discretization([2.0, 1.0]), ArgumentError, "ascending"),
    Bad("Discretization: no number of bins", lambda: Discretization(num_bins=0), ArgumentError, "above 0"),
    Bad("Discretization: no epsilon", lambda: Discretization(num_bins=2, epsilon=0), ArgumentError, "`epsilon`"),
    Bad("Discretization: an unknown mode", lambda: Discretization([1.0], output_mode="bits"), ArgumentError, "'bits'"),
    Bad("Discretization: sparse", lambda: Discretization([1.0], sparse=True), ArgumentError, "`sparse`"),
    Bad("Discretization: not adapted", lambda: Discretization(num_bins=2)([1.0]), StateError, "adapt"),
    Bad(
        "Discretization: adapted though given",
        lambda: Discretization([1.0]).adapt(np.ones(3)),
        ArgumentError,
        "`num_bins` instead",
    ),
    Bad(
        "Discretization: adapted to nothing", lambda: Discretization(num_bins=2).adapt(np.ones(0)), DataError, "no num"
    ),
    Bad("CategoryEncoding: no number of categories", lambda: CategoryEncoding(), ArgumentError, "IntegerLookup"),
    Bad("CategoryEncoding: none", lambda: CategoryEncoding(0), ArgumentError, "above 0"),
    Bad("CategoryEncoding: an unknown mode", lambda: CategoryEncoding(2, "int"), ArgumentError, "'int'"),
    Bad("CategoryEncoding: sparse", lambda: CategoryEncoding(2, sparse=True), ArgumentError, "`sparse`"),
    Bad("CategoryEncoding: a number below 0", lambda: CategoryEncoding(2)([[0, -1]]), DataError, "0 to 1.*-1"),
    Bad("CategoryEncoding: a number too large", lambda: CategoryEncoding(2)([[0, 2]]), DataError, "0 to 1.*2"),
    Bad(
        "CategoryEncoding: weights without a count",
        lambda: CategoryEncoding(2)([[0]], count_weights=[[1.0]]),
        ArgumentError,
        "`count_weights`",
    ),
    Bad(
        "CategoryEncoding: rows of different lengths", lambda: CategoryEncoding(2)([[0], [0, 1]]), ArgumentError, "rows"
    ),
    Bad("Hashing: no bins", lambda: Hashing(0), ArgumentError, "above 0"),
    Bad("Hashing: three salts", lambda: Hashing(3, salt=[1, 2, 3]), ArgumentError, "`salt`"),
    Bad("Hashing: numbers of bins as floats", lambda: Hashing(3, dtype="float32"), ArgumentError, "'int32' or 'int64'"),
    Bad("Hashing: an unknown mode", lambda: Hashing(3, output_mode="tf_idf"), ArgumentError, "'tf_idf'"),
    Bad("Hashing: things that are no text", lambda: Hashing(3)(np.array([None, "a"])), ArgumentTypeError, "None"),
    Bad("HashedCrossing: one input", lambda: HashedCrossing(3)([_text(2)]), ShapeError, "at least two"),
    Bad("HashedCrossing: an input alone", lambda: HashedCrossing(3)(_text(2)), ShapeError, "at least two"),
    Bad("HashedCrossing: different shapes", lambda: HashedCrossing(3)([_text(2), _text(2, 1)]), ShapeError, "all of"),
    Bad("HashedCrossing: wide inputs", lambda: HashedCrossing(3)([_text(2, 2)] * 2), ShapeError, r"\(batch, 1\)"),
    Bad("HashedCrossing: fractions", lambda: HashedCrossing(3)([np.ones(2), _text(2)]), ArgumentTypeError, "float64"),
    Bad(
        "IntegerLookup: a number twice",
        lambda: IntegerLookup(vocabulary=[3, 3]),
        ArgumentError,
        r"more than once: \[3\]",
    ),
    Bad("IntegerLookup: an empty vocabulary", lambda: IntegerLookup(vocabulary=[]), ArgumentError, "empty"),
    Bad(
        "IntegerLookup: a mask inside",
        lambda: IntegerLookup(mask_token=4, vocabulary=[3, 4]),
        ArgumentError,
        "mask token 4 at place 1",
    ),
    Bad("IntegerLookup: too many numbers", lambda: IntegerLookup(3, vocabulary=[3, 4, 5]), ArgumentError, "takes 4"),
    Bad("IntegerLookup: room for one", lambda: IntegerLookup(1), ArgumentError, "at least 2"),
    Bad("IntegerLookup: negative places", lambda: IntegerLookup(num_oov_indices=-1), ArgumentError, "at least 0"),
    Bad("IntegerLookup: another dtype", lambda: IntegerLookup(vocabulary_dtype="int32"), ArgumentError, "'int64'"),
    Bad(
        "IntegerLookup: text as vocabulary", lambda: IntegerLookup(vocabulary=["a"]), ArgumentTypeError, "whole numbers"
    ),
    Bad("IntegerLookup: fractions", lambda: IntegerLookup(vocabulary=[1])([0.5]), ArgumentTypeError, "Discretization"),
    Bad("IntegerLookup: text", lambda: IntegerLookup(vocabulary=[1])(_text(2)), ArgumentTypeError, "StringLookup"),
    Bad("IntegerLookup: a salt without a hash", lambda: IntegerLookup(salt=3), ArgumentError, "oov_method='farmhash'"),
    Bad(
        "IntegerLookup: an unknown number where none may be",
        lambda: IntegerLookup(num_oov_indices=0, vocabulary=[1])([1, 7]),
        DataError,
        r"\[7\]",
    ),
    Bad("StringLookup: not adapted", lambda: StringLookup()(["a"]), StateError, "'string_lookup'.*adapt"),
    Bad(
        "StringLookup: vectors before it is adapted",
        lambda: StringLookup(output_mode="count")(weigh.Input((2,), dtype="string")),
        StateError,
        "adapt",
    ),
    Bad("StringLookup: padded to nothing", lambda: StringLookup(pad_to_max_tokens=True), ArgumentError, "`max_tokens`"),
    Bad(
        "StringLookup: vectors inverted", lambda: StringLookup(invert=True, output_mode="count"), ArgumentError, "'int'"
    ),
    Bad("StringLookup: an unknown mode", lambda: StringLookup(output_mode="bits"), ArgumentError, "'bits'"),
    Bad(
        "StringLookup: the stranger inside",
        lambda: StringLookup(invert=True, vocabulary=["a", "[UNK]"]),
        ArgumentError,
        r"oov token '\[UNK\]' at place 1",
    ),
    Bad(
        "StringLookup: weights of another mode",
        lambda: StringLookup(vocabulary=["a"], idf_weights=[1.0]),
        ArgumentError,
        "'tf_idf'",
    ),
    Bad(
        "StringLookup: weights missing",
        lambda: StringLookup(vocabulary=["a"], output_mode="tf_idf"),
        ArgumentError,
        "`idf_weights` must be given",
    ),
    Bad(
        "StringLookup: too many weights",
        lambda: StringLookup(vocabulary=["a"], output_mode="tf_idf", idf_weights=[1.0, 2.0]),
        ArgumentError,
        "2 `idf",
    ),
    Bad(
        "StringLookup: adapted though given",
        lambda: StringLookup(vocabulary=["a"]).adapt(["b"]),
        ArgumentError,
        "nothing to adapt",
    ),
    Bad("StringLookup: numbers", lambda: StringLookup(vocabulary=["a"])([3]), ArgumentTypeError, "strings.*3"),
    Bad("StringLookup: no file", lambda: StringLookup(vocabulary="/nowhere.txt"), ArgumentError, "nowhere"),
    Bad(
        "StringLookup: numbers inverted that are none",
        lambda: StringLookup(vocabulary=["a"], invert=True)(["a"]),
        ArgumentTypeError,
        "whole numbers",
    ),
    Bad(
        "StringLookup: a string unknown where none may be",
        lambda: StringLookup(num_oov_indices=0, vocabulary=["a"])(["b"]),
        DataError,
        r"\['b'\]",
    ),
    Bad(
        "StringLookup: vectors of a new length",
        lambda: (layer := _adapted(StringLookup(output_mode="count"), ["a"]), layer(["a"]), layer.adapt(["b", "c"])),
        StateError,
        "length 2.*of 3",
    ),
    Bad("TextVectorization: ragged", lambda: TextVectorization(ragged=True), ArgumentError, "`ragged`"),
    Bad("TextVectorization: sparse", lambda: TextVectorization(sparse=True), ArgumentError, "`sparse`"),
    Bad(
        "TextVectorization: an unknown standard",
        lambda: TextVectorization(standardize="upper"),
        ArgumentError,
        "'upper'",
    ),
    Bad("TextVectorization: an unknown split", lambda: TextVectorization(split=","), ArgumentError, "`split`"),
    Bad("TextVectorization: runs of no words", lambda: TextVectorization(ngrams=0), ArgumentError, "`ngrams`"),
    Bad("TextVectorization: runs in words", lambda: TextVectorization(ngrams="two"), ArgumentError, "'two'"),
    Bad(
        "TextVectorization: a length of vectors",
        lambda: TextVectorization(output_mode="count", output_sequence_length=3),
        ArgumentError,
        "'count'",
    ),
    Bad(
        "TextVectorization: a vector for each word",
        lambda: TextVectorization(output_mode="one_hot"),
        ArgumentError,
        "`split=None`",
    ),
    Bad(
        "TextVectorization: several texts a row",
        lambda: TextVectorization(vocabulary=["a"])([["a", "b"]]),
        ShapeError,
        r"\(1, 2\)",
    ),
    Bad(
        "TextVectorization: not adapted", lambda: TextVectorization()(["a"]), StateError, "'text_vectorization'.*adapt"
    ),
    Bad("TextVectorization: numbers", lambda: TextVectorization(vocabulary=["a"])([[3]]), ArgumentTypeError, "strings"),
    Bad(
        "TextVectorization: words of too few texts",
        lambda: TextVectorization(vocabulary=["a"], split=lambda texts: [["a"]])(["a", "b"]),
        ArgumentTypeError,
        "1 lists",
    ),
    Bad("STFTSpectrogram: an unknown mode", lambda: STFTSpectrogram("db"), ArgumentError, "'db'"),
    Bad("STFTSpectrogram: an unknown window", lambda: STFTSpectrogram(window="door"), ArgumentError, "'door'"),
    Bad(
        "STFTSpectrogram: a step over a frame",
        lambda: STFTSpectrogram(frame_length=4, frame_step=5),
        ArgumentError,
        "`frame_step`",
    ),
    Bad(
        "STFTSpectrogram: a short transform",
        lambda: STFTSpectrogram(frame_length=4, fft_length=2),
        ArgumentError,
        "`fft_length`",
    ),
    Bad(
        "STFTSpectrogram: a short signal",
        lambda: STFTSpectrogram(frame_length=8)(weigh.Input((5, 1))),
        ShapeError,
        "frames of 8.*has 5",
    ),
    Bad("STFTSpectrogram: no channels", lambda: STFTSpectrogram()(weigh.Input((5,))), ShapeError, "3 axes"),
    Bad(
        "MelSpectrogram: frames over the transform",
        lambda: MelSpectrogram(8, sequence_length=9),
        ArgumentError,
        "`sequence_length`",
    ),
    Bad("MelSpectrogram: an unknown window", lambda: MelSpectrogram(window="blackman"), ArgumentError, "'blackman'"),
    Bad(
        "MelSpectrogram: a window of another length",
        lambda: MelSpectrogram(8, window=[1.0])(np.ones(20)),
        ShapeError,
        "window of shape",
    ),
    Bad("MelSpectrogram: no frequencies", lambda: MelSpectrogram(min_freq=9000.0), ArgumentError, "`min_freq`"),
    Bad("MelSpectrogram: channels", lambda: MelSpectrogram()(weigh.Input((9, 2))), ShapeError, "at most 2 axes"),
]
