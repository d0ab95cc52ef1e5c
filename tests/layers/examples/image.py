"""Examples of the image layers."""

from tests.layers.example import Bad, Example

import weigh
from weigh.errors import ArgumentError, ArgumentTypeError, ShapeError
from weigh.layers import (
    AugMix,
    CenterCrop,
    ContrastLimitedAdaptiveHistogramEqualization,
    CutMix,
    Equalization,
    MaxNumBoundingBoxes,
    MixUp,
    Pipeline,
    RandAugment,
    RandomBrightness,
    RandomContrast,
    RandomCrop,
    RandomElasticTransform,
    RandomErasing,
    RandomFlip,
    RandomGaussianBlur,
    RandomGrayscale,
    RandomHue,
    RandomPerspective,
    RandomPosterization,
    RandomRotation,
    RandomShear,
    RandomTranslation,
    RandomZoom,
    Rescaling,
    Resizing,
    Solarization,
)

IMAGE = (6, 5, 3)

EXAMPLES = [
    Example("Rescaling", {"scale": 1 / 127.5, "offset": -1.0}, IMAGE),
    Example("Resizing", {"height": 4, "width": 7}, IMAGE),
    Example("CenterCrop", {"height": 4, "width": 3}, IMAGE),
    Example("RandomCrop", {"height": 4, "width": 3}, IMAGE),
    Example("RandomFlip", {"mode": "horizontal"}, IMAGE),
    Example("RandomRotation", {"factor": 0.1}, IMAGE),
    Example("RandomTranslation", {"height_factor": 0.2, "width_factor": (-0.1, 0.3)}, IMAGE),
    Example("RandomZoom", {"height_factor": (-0.3, 0.1), "width_factor": 0.2}, IMAGE),
    Example("RandomShear", {"x_factor": 0.2, "y_factor": (0.1, 0.2)}, IMAGE),
    Example("RandomPerspective", {"factor": 0.5, "scale": 0.4}, IMAGE),
    Example("RandomElasticTransform", {"factor": 0.5, "scale": 0.8}, IMAGE),
    Example("RandomBrightness", {"factor": 0.2}, IMAGE),
    Example("RandomContrast", {"factor": (0.2, 0.4)}, IMAGE),
    Example("RandomHue", {"factor": 0.2}, IMAGE),
    Example("RandomSaturation", {"factor": (0.3, 0.7)}, IMAGE),
    Example("RandomColorDegeneration", {"factor": 0.5}, IMAGE),
    Example("RandomColorJitter", {"brightness_factor": 0.2, "hue_factor": 0.1}, IMAGE),
    Example("RandomGrayscale", {"factor": 0.3}, IMAGE),
    Example("RandomInvert", {"factor": 0.5}, IMAGE),
    Example("RandomPosterization", {"factor": (2, 6)}, IMAGE),
    Example("RandomSharpness", {"factor": 0.8}, IMAGE),
    Example("Solarization", {"addition_factor": 0.1, "threshold_factor": (0.4, 0.6)}, IMAGE),
    Example("AutoContrast", {"value_range": (0, 1)}, IMAGE),
    Example("Equalization", {"bins": 16}, IMAGE),
    Example("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (2, 3)}, IMAGE),
    Example("MixUp", {"alpha": 0.4}, IMAGE),
    Example("CutMix", {"factor": 0.8}, IMAGE),
    Example("RandomErasing", {"scale": (0.1, 0.3)}, IMAGE),
    Example("RandomGaussianBlur", {"kernel_size": (3, 5)}, IMAGE),
    Example("RandAugment", {"num_ops": 1}, IMAGE),
    Example("AugMix", {"num_chains": 2, "chain_depth": 1}, IMAGE),
    Example("MaxNumBoundingBoxes", {"max_number": 4}, IMAGE),
    Example(
        "Pipeline",
        {},
        IMAGE,
        make=lambda library: library.layers.Pipeline(
            [library.layers.Resizing(4, 4), library.layers.Rescaling(1 / 255.0), library.layers.Dense(2)]
        ),
    ),
]


def called(layer, shape=IMAGE):
    return layer(weigh.Input(shape))


BAD = [
    Bad("Rescaling: a scale that is a word", lambda: Rescaling("half"), ArgumentError, "'rescaling'.*`scale`.*'half'"),
    Bad("Rescaling: no offset", lambda: Rescaling(2.0, None), ArgumentError, "'rescaling'.*`offset`.*None"),
    Bad("Rescaling: an empty scale", lambda: Rescaling([]), ArgumentError, "'rescaling'.*`scale`"),
    Bad("Resizing: no height", lambda: Resizing(0, 4), ArgumentError, "'resizing'.*`height`.*above 0, not 0"),
    Bad("Resizing: a width that is no number", lambda: Resizing(4, "wide"), ArgumentError, "'resizing'.*`width`"),
    Bad("Resizing: an unknown mode", lambda: Resizing(4, 4, "area"), ArgumentError, "'resizing'.*'bilinear'.*'area'"),
    Bad("Resizing: an unknown filling", lambda: Resizing(4, 4, fill_mode="wrap"), ArgumentError, "'constant'.*'wrap'"),
    Bad("Resizing: both", lambda: Resizing(4, 4, "nearest", True, True), ArgumentError, "'resizing'.*only one"),
    Bad("Resizing: a sequence", lambda: called(Resizing(4, 4), (7,)), ShapeError, "'resizing'.*3 axes.*4 axes"),
    Bad(
        "Resizing: an unknown layout", lambda: Resizing(4, 4, data_format="hwc"), ArgumentError, "`data_format`.*'hwc'"
    ),
    Bad("CenterCrop: a negative size", lambda: CenterCrop(4, -1), ArgumentError, "'center_crop'.*`width`"),
    Bad("CenterCrop: a volume", lambda: called(CenterCrop(2, 2), (4, 4, 4, 1)), ShapeError, "'center_crop'.*4 axes"),
    Bad("RandomCrop: no width", lambda: RandomCrop(4, 0), ArgumentError, "'random_crop'.*`width`"),
    Bad("RandomFlip: an unknown mode", lambda: RandomFlip("diagonal"), ArgumentError, "'random_flip'.*'diagonal'"),
    Bad("RandomFlip: boxes", lambda: RandomFlip(bounding_box_format="uv"), ArgumentError, "'rel_xyxy'.*'uv'"),
    Bad("RandomRotation: more than a turn", lambda: RandomRotation(1.5), ArgumentError, "'random_rotation'.*-1 to 1"),
    Bad("RandomRotation: three factors", lambda: RandomRotation((0, 0.1, 0.2)), ArgumentError, "two such numbers"),
    Bad("RandomRotation: a mode", lambda: RandomRotation(0.1, "mirror"), ArgumentError, "`fill_mode`.*'mirror'"),
    Bad("RandomTranslation: out of range", lambda: RandomTranslation(0.1, 2), ArgumentError, "`width_factor`.*not 2"),
    Bad("RandomZoom: nothing left", lambda: RandomZoom(-1), ArgumentError, "'random_zoom'.*above -1.*not -1"),
    Bad(
        "RandomZoom: a mode", lambda: RandomZoom(0.1, interpolation="cubic"), ArgumentError, "`interpolation`.*'cubic'"
    ),
    Bad("RandomShear: below 0", lambda: RandomShear((-0.2, 0.4)), ArgumentError, "'random_shear'.*0 to 1.*-0.2"),
    Bad("RandomPerspective: scale", lambda: RandomPerspective(scale=2), ArgumentError, "`scale`.*0 to 1, not 2"),
    Bad("RandomElasticTransform: scale", lambda: RandomElasticTransform(scale=-1), ArgumentError, "`scale`.*not -1"),
    Bad("RandomBrightness: a word", lambda: RandomBrightness("much"), ArgumentError, "`factor`.*'much'"),
    Bad("RandomBrightness: a range", lambda: RandomBrightness(0.1, 255), ArgumentError, "`value_range`.*255"),
    Bad("RandomContrast: above 1", lambda: RandomContrast(1.5), ArgumentError, "'random_contrast'.*0 to 1.*1.5"),
    Bad("RandomHue: grey images", lambda: called(RandomHue(0.1), (4, 4, 1)), ShapeError, "'random_hue'.*3 channels.*1"),
    Bad("RandomGrayscale: no chance", lambda: RandomGrayscale(2), ArgumentError, "chance from 0 to 1, not 2"),
    Bad("RandomPosterization: nine bits", lambda: RandomPosterization(9), ArgumentError, "1 to 8.*not 9"),
    Bad("RandomPosterization: half a bit", lambda: RandomPosterization(2.5), ArgumentError, "whole, not 2.5"),
    Bad("Solarization: out of range", lambda: Solarization(0.1, -0.5), ArgumentError, "`threshold_factor`.*-0.5"),
    Bad("Equalization: no bins", lambda: Equalization(bins=0), ArgumentError, "'equalization'.*`bins`"),
    Bad(
        "ContrastLimitedAdaptiveHistogramEqualization: tiles",
        lambda: ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(8, 0)),
        ArgumentError,
        "`tile_grid_size`.*2 of them",
    ),
    Bad("MixUp: no alpha", lambda: MixUp(0), ArgumentError, "'mix_up'.*above 0, not 0"),
    Bad("CutMix: out of range", lambda: CutMix(1.5), ArgumentError, "'cut_mix'.*0 to 1.*1.5"),
    Bad("RandomErasing: a colour of two", lambda: RandomErasing(fill_value=(1, 2)), ArgumentError, "three numbers"),
    Bad("RandomGaussianBlur: even", lambda: RandomGaussianBlur(kernel_size=4), ArgumentError, "odd.*not 4"),
    Bad("RandAugment: nothing to do", lambda: RandAugment(num_ops=0), ArgumentError, "'rand_augment'.*`num_ops`"),
    Bad("AugMix: no alpha", lambda: AugMix(alpha=-1), ArgumentError, "'aug_mix'.*above 0, not -1"),
    Bad("MaxNumBoundingBoxes: none", lambda: MaxNumBoundingBoxes(0), ArgumentError, "`max_number`.*not 0"),
    Bad("Pipeline: one layer", lambda: Pipeline(Rescaling(1.0)), ArgumentTypeError, "'pipeline'.*list of layers"),
    Bad("Pipeline: a function", lambda: Pipeline([abs]), ArgumentTypeError, "'pipeline'.*must be a layer"),
]
