"""Examples of the normalization layers, and what they refuse."""

from tests.layers.example import Bad, Example

import weigh
from weigh import layers
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError

EXAMPLES = [
    Example("BatchNormalization", {}, (4, 5)),
    Example("BatchNormalization", {"renorm": True, "renorm_clipping": {"rmax": 2.0}}, (5,)),
    Example("SamplewiseBatchNormalization", {}, (4, 5), peer=False),
    Example("StatelessBatchNormalization", {"axis": 1}, (4, 5), peer=False),
    Example("LayerNormalization", {}, (4, 5)),
    Example("LayerNormalization", {"axis": [1, 2], "center": False}, (4, 5)),
    Example("RMSNormalization", {}, (4, 5)),
    Example("GroupNormalization", {"groups": 2}, (4, 6)),
    Example("UnitNormalization", {}, (4,)),
    Example(
        "SpectralNormalization",
        {},
        (4,),
        make=lambda k: k.layers.SpectralNormalization(k.layers.Dense(3)),
    ),
]


def _on(name, shape, **arguments):
    return lambda: getattr(layers, name)(**arguments)(weigh.Input(shape))


BAD = [
    Bad(
        "BatchNormalization: a momentum above 1",
        _on("BatchNormalization", (3,), momentum=1.5),
        ArgumentError,
        r"'batch_norm.*`momentum`.*1\.5",
    ),
    Bad(
        "BatchNormalization: an unknown bound",
        _on("BatchNormalization", (3,), renorm=True, renorm_clipping={"max": 1}),
        ArgumentError,
        r"'batch_norm.*`renorm_clipping`.*'rmin'.*'max'",
    ),
    Bad(
        "BatchNormalization: bounds the wrong way round",
        _on("BatchNormalization", (3,), renorm=True, renorm_clipping={"rmin": 2, "rmax": 1}),
        ArgumentError,
        "rmin at most rmax",
    ),
    Bad(
        "LayerNormalization: an axis that is missing",
        _on("LayerNormalization", (3,), axis=2),
        ShapeError,
        r"'layer_norm.*axis 2.*-2 to 1",
    ),
    Bad(
        "LayerNormalization: an axis of unknown size",
        _on("LayerNormalization", (3, None)),
        ShapeError,
        r"'layer_norm.*axis -1.*known size",
    ),
    Bad(
        "LayerNormalization: an axis that is no number",
        _on("LayerNormalization", (3,), axis="last"),
        ArgumentTypeError,
        "'layer_norm.*`axis`.*'last'",
    ),
    Bad(
        "LayerNormalization: one axis by two names",
        _on("LayerNormalization", (3,), axis=[1, -1]),
        ShapeError,
        "'layer_norm.*each once",
    ),
    Bad(
        "LayerNormalization: an axis named twice",
        _on("LayerNormalization", (3,), axis=[1, 1]),
        ArgumentError,
        "'layer_norm.*twice",
    ),
    Bad("RMSNormalization: an axis that is missing", _on("RMSNormalization", (3,), axis=3), ShapeError, "'rms_norm"),
    Bad(
        "UnitNormalization: an axis that is missing",
        _on("UnitNormalization", (3,), axis=3),
        ShapeError,
        "'unit_norm.*axis 3",
    ),
    Bad(
        "GroupNormalization: groups that do not divide the channels",
        _on("GroupNormalization", (3, 6), groups=4),
        ShapeError,
        "'group_norm.*4 equal groups.*6 channels",
    ),
    Bad(
        "GroupNormalization: more groups than channels",
        _on("GroupNormalization", (3, 6)),
        ShapeError,
        "'group_norm.*32 equal groups.*6 channels",
    ),
    Bad(
        "GroupNormalization: no groups",
        _on("GroupNormalization", (6,), groups=0),
        ArgumentError,
        "'group_norm.*`groups`.*0",
    ),
    Bad("GroupNormalization: the batch's axis", _on("GroupNormalization", (6,), axis=0), ArgumentError, "the batch's"),
    Bad(
        "SpectralNormalization: a layer without a kernel",
        lambda: layers.SpectralNormalization(layers.Flatten())(weigh.Input((3,))),
        ArgumentError,
        "'spectral_norm.*'flatten'.*neither",
    ),
    Bad(
        "SpectralNormalization: no iterations",
        lambda: layers.SpectralNormalization(layers.Dense(2), power_iterations=0),
        ArgumentError,
        "`power_iterations`.*0",
    ),
    Bad(
        "SpectralNormalization: no layer",
        lambda: layers.SpectralNormalization("dense"),
        ArgumentTypeError,
        "'dense'",
    ),
]
