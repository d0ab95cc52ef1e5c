"""Weights of few bits, several of which stand in one stored number: what they stand for, and how that is known.

A pass over the stored arrays of a file or a folder. What is packed gets its logical shape, the packing factor and the
evidence for it; scales, zero points, indices and code tables that belong to it get their role and stand beside the
weights. Each scheme is recognised by names *and* by shapes that agree; where they leave more than one answer, nothing
is said but that something is packed.

Sources, by scheme:
    GPTQ: AutoGPTQ ``qlinear_cuda.py``; weights along the input, ``qweight[in · bits / 32, out]``.
    AWQ: AutoAWQ ``gemm.py``; weights along the output, ``qweight[in, out · bits / 32]``.
    bitsandbytes: ``functional.py``, ``QuantState.as_dict``; ``nn/modules.py``, ``Linear8bitLt``.
    MXFP4: OCP Microscaling Formats 1.0, section 5.3 (blocks of 32 share a scale); gpt-oss ``weights.py``.
    NVFP4: blocks of 16 that share an E4M3 scale; ModelOpt and compressed-tensors.
    compressed-tensors: ``compressors/quantized_compressors/pack_quantized.py``.
    MLX: ``mlx.core.quantize``; ``nn.QuantizedLinear``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from weigh.account import roles
from weigh.account.stored import Stored

Content = Callable[[str, int], "bytes | None"]
"""Gives the bytes of an array by its path, if it has at most so many: arrays that describe others are read."""

_WORD_BITS = {"int32": 32, "uint32": 32, "int16": 16, "uint8": 8, "int8": 8, "int64": 64}
_LOW_BITS = frozenset({"int8", "uint8", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"})
_PACKING = _LOW_BITS | _WORD_BITS.keys()  # number formats of which one array at least is part of any quantisation
_WIDTHS = (2, 3, 4, 5, 6, 8)  # bits of a weight that schemes pack
_MLX_GROUPS = tuple((bits, group) for bits in _WIDTHS for group in (32, 64, 128))
_MLX_BLOCKS = ((4, 32), (8, 32), (4, 16))  # mxfp4, mxfp8, nvfp4: their scales are bytes
_MX_BLOCK, _NV_BLOCK = 32, 16  # weights that share a scale
LONGEST = 1 << 16  # bytes of a description that is stored as an array

_SCALES = {
    "weight_scale": roles.QUANTISATION_SCALE,
    "weight_scale_inv": roles.QUANTISATION_SCALE,
    "weight_scale_2": roles.QUANTISATION_SCALE,
    "weight_global_scale": roles.QUANTISATION_SCALE,
    "input_scale": roles.QUANTISATION_SCALE,
    "input_global_scale": roles.QUANTISATION_SCALE,
    "output_scale": roles.QUANTISATION_SCALE,
    "weight_zero_point": roles.ZERO_POINT,
    "input_zero_point": roles.ZERO_POINT,
    "weight_g_idx": roles.QUANTISATION_INDEX,
    "weight_shape": roles.QUANTISATION_INDEX,
}
"""What stands beside ``weight`` or ``weight_packed``: compressed-tensors, ModelOpt, DeepSeek."""


def unpacked(
    arrays: Iterable[Stored],
    config: Mapping[str, Any] | None = None,
    content: Content | None = None,
    notes: list[str] | None = None,
) -> list[Stored]:
    """Return the arrays, packed ones as what they stand for, with the arrays of their quantisation told apart.

    Args:
        arrays: as they are stored.
        config: the network's configuration, where there is one.
        content: gives the bytes of an array that describes another.
        notes: gets a sentence for each kind of thing that is packed by a factor that nothing tells.
    """
    found = list(arrays)
    if not any(array.dtype in _PACKING for array in found):
        return found
    names: dict[str, dict[str, Stored]] = {}
    for array in found:
        if "." in array.path:
            module, _, name = array.path.rpartition(".")
            names.setdefault(module, {})[name] = array
    walk = _Pass(names, _Said(config or {}), content or (lambda path, most: None))
    for module, beside in names.items():
        walk.module(module, beside)
    if notes is not None:
        notes += walk.notes()
    return [walk.instead.get(id(array), array) for array in found]


class _Said:
    """What a configuration says of the quantisation."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        inner = config.get("quantization_config")
        self.torch: Mapping[str, Any] = inner if isinstance(inner, dict) else {}
        mlx = config.get("quantization")
        self.mlx: Mapping[str, Any] = mlx if isinstance(mlx, dict) else {}
        self.method = self.torch.get("quant_method")

    def bits(self) -> int | None:
        """Bits of a weight for GPTQ and AWQ."""
        return _width(self.torch.get("bits", self.torch.get("w_bit")))

    def compressed(self) -> tuple[int | None, int | None]:
        """Bits of a weight and weights that share a scale, for compressed-tensors, if all groups have the same."""
        groups = self.torch.get("config_groups")
        weights = [
            group.get("weights")
            for group in (groups.values() if isinstance(groups, dict) else ())
            if isinstance(group, dict)
        ]
        said = {
            (_width(one.get("num_bits")), size if type(size := one.get("group_size")) is int else None)
            for one in weights
            if isinstance(one, dict)
        }
        return said.pop() if len(said) == 1 else (None, None)

    def of_mlx(self, module: str) -> tuple[int | None, int | None]:
        """Bits of a weight and weights that share a scale, for a module of MLX."""
        own = self.mlx.get(module)
        said = {**self.mlx, **own} if isinstance(own, dict) else self.mlx
        size = said.get("group_size")
        return _width(said.get("bits")), size if type(size) is int and size > 0 else None


class _Pass:
    """One walk over the modules; what is recognised is collected by the array that it replaces."""

    def __init__(self, names: dict[str, dict[str, Stored]], said: _Said, content: Content) -> None:
        self.names = names
        self.said = said
        self.content = content
        self.instead: dict[int, Stored] = {}
        self._untold: dict[str, list[str]] = {}

    def notes(self) -> list[str]:
        """Return a sentence for each scheme that left its factor open."""
        return [
            f"Nothing tells how many weights stand in one stored number ({scheme}): {paths[0]!a}"
            f"{f' and {len(paths) - 1:,} more' if len(paths) > 1 else ''}, counted as stored."
            for scheme, paths in self._untold.items()
        ]

    def module(self, module: str, beside: dict[str, Stored]) -> None:
        """Look at the arrays of one module by their last names."""
        if "qweight" in beside:
            self._words(beside)
        if "weight_packed" in beside:
            self._compressed(beside)
        for name, array in beside.items():
            if name.endswith("_blocks") and f"{name[:-7]}_scales" in beside:
                self._mx_blocks(array, beside[f"{name[:-7]}_scales"])
        weight = beside.get("weight")
        if weight is None:
            return
        states = self.names.get(f"{module}.weight", {})
        if weight.dtype == "uint8" and "absmax" in states:
            self._four_bits(weight, states)
        elif weight.dtype == "int8" and "SCB" in beside:
            self._scale(beside, "SCB", "bitsandbytes' row scales beside an int8 weight")
            self._index(beside, "weight_format", "bitsandbytes' number of a layout")
        elif weight.dtype == "uint32" and "scales" in beside:
            self._mlx(module, weight, beside)
        elif weight.dtype in _LOW_BITS:
            self._low_bits(weight, beside)

    def _words(self, beside: dict[str, Stored]) -> None:
        """GPTQ and AWQ: words of 32 bits along the input or along the output."""
        weight, scales, zeros = beside["qweight"], beside.get("scales"), beside.get("qzeros")
        if weight.dtype not in ("int32", "uint32") or len(weight.shape) != 2 or not scales or len(scales.shape) != 2:
            return
        self._scale(beside, "scales", "its name beside qweight")
        self._zero(beside, "qzeros", "its name beside qweight")
        self._index(beside, "g_idx", "its name beside qweight: the group of each input")
        (rows, columns), outputs = weight.shape, scales.shape[1]
        index = beside.get("g_idx")
        votes: dict[int, str] = {}
        if columns == outputs:  # GPTQ
            along = "GPTQ, along the input"
            if index is not None and len(index.shape) == 1 and index.shape[0]:
                _vote(votes, rows * 32, index.shape[0], f"g_idx has {index.shape[0]:,} inputs")
            if zeros is not None and len(zeros.shape) == 2 and outputs:
                _vote(
                    votes, zeros.shape[1] * 32, outputs, f"qzeros has {zeros.shape[1]:,} words for {outputs:,} outputs"
                )
        elif columns < outputs:  # AWQ
            along = "AWQ, along the output"
            _vote(votes, columns * 32, outputs, f"scales has {outputs:,} outputs")
        else:
            self._leave(weight, "qweight")
            return
        if (bits := self.said.bits()) is not None:
            votes.setdefault(bits, "the configuration says so")
        bits = next(iter(votes)) if len(votes) == 1 else 0
        if not bits or rows * 32 % bits:
            self._leave(weight, "qweight")
            return
        shape = (rows * 32 // bits, columns) if columns == outputs else (rows, outputs)
        self._pack(weight, shape, _share(32, bits), bits, f"{along}: {votes[bits]}")

    def _compressed(self, beside: dict[str, Stored]) -> None:
        """compressed-tensors: words along the last axis, or two FP4 weights in a byte."""
        weight, scale = beside["weight_packed"], beside.get("weight_scale")
        self._auxiliary(beside, "weight_packed")
        if len(weight.shape) < 2:
            return
        *outer, last = weight.shape
        if weight.dtype == "uint8" and scale is not None and _blocks(scale, outer) == (last * 2, _NV_BLOCK):
            self._pack(weight, (*outer, last * 2), "2", 4, "NVFP4: one E4M3 scale for 16 weights")
            return
        word = _WORD_BITS.get(weight.dtype)
        if word is None:
            return
        told = self._shape_of(weight, beside.get("weight_shape"))
        bits, group = self.said.compressed()
        if bits is None and told and told[-1]:
            # Words are filled up: the widest weight of which that many still fit.
            widths = [width for width in _WIDTHS if -(-told[-1] // (word // width)) == last]
            bits = widths[0] if len(widths) == 1 else None
        if bits is None or bits > word:
            self._leave(weight, "weight_packed")
        elif told and -(-told[-1] // (word // bits)) == last and told[:-1] == tuple(outer):
            self._pack(weight, told, f"{word // bits}", bits, "weight_shape tells the shape")
        elif not told and group and scale is not None and scale.shape == (*outer, last * (word // bits) // group):
            shape = (*outer, last * (word // bits))
            evidence = "the configuration says so, and weight_scale has as many groups"
            self._pack(weight, shape, f"{word // bits}", bits, evidence)
        else:
            self._leave(weight, "weight_packed")

    def _shape_of(self, weight: Stored, shape: Stored | None) -> tuple[int, ...]:
        """Return the sizes that an array ``weight_shape`` holds; none if it cannot be read or makes no sense."""
        if shape is None or shape.dtype not in ("int64", "int32") or shape.shape != (len(weight.shape),):
            return ()
        data = self.content(shape.path, LONGEST)
        if not data:
            return ()
        width = 8 if shape.dtype == "int64" else 4
        sizes = [int.from_bytes(data[at : at + width], "little", signed=True) for at in range(0, len(data), width)]
        return tuple(sizes) if all(size > 0 for size in sizes) else ()

    def _mx_blocks(self, blocks: Stored, scales: Stored) -> None:
        """MXFP4: 32 weights in 16 bytes, and a scale for each such block."""
        *outer, bytes_ = blocks.shape or (0,)
        if blocks.dtype != "uint8" or bytes_ != _MX_BLOCK // 2 or tuple(outer) != scales.shape or not outer:
            return
        self._pack(blocks, (*outer[:-1], outer[-1] * _MX_BLOCK), "2", 4, "MXFP4: blocks of 16 bytes, a scale for each")
        self._tell(scales, roles.QUANTISATION_SCALE, "its name, and one for each block")

    def _four_bits(self, weight: Stored, states: dict[str, Stored]) -> None:
        """Four bits of bitsandbytes: a flat array of bytes, described by a JSON text that is stored as an array."""
        layer = weight.layer
        described: Mapping[str, Any] = {}
        for name, array in states.items():
            role = roles.QUANTISATION_SCALE if "absmax" in name else roles.QUANTISATION_INDEX
            evidence = "bitsandbytes' name for a scale" if "absmax" in name else "bitsandbytes' name for a code table"
            self._tell(array, role, evidence, layer)
        for name, array in self.names.get(f"{weight.path}.quant_state", {}).items():
            self._tell(array, roles.QUANTISATION_INDEX, "bitsandbytes' description of a weight", layer)
            described = self._description(array) if name.startswith("bitsandbytes__") else described
        shape = described.get("shape")
        stored = weight.count
        if isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape) and len(shape) <= 8:
            count = 1
            for size in shape:
                count *= size
            if stored == -(-count // 2):
                self._pack(weight, tuple(shape), "2", 4, "bitsandbytes: quant_state tells the shape")
                return
        self._leave(weight, "bitsandbytes, 4 bits")

    def _description(self, array: Stored) -> Mapping[str, Any]:
        data = self.content(array.path, LONGEST)
        try:
            said = json.loads(data) if data else {}
        except (ValueError, RecursionError):
            return {}
        return said if isinstance(said, dict) else {}

    def _mlx(self, module: str, weight: Stored, beside: dict[str, Stored]) -> None:
        """MLX: words of 32 bits along the last axis; the width follows from the groups only where one answer fits."""
        scales = beside["scales"]
        if not weight.shape or scales.shape[:-1] != weight.shape[:-1] or not scales.shape or not scales.shape[-1]:
            return
        self._scale(beside, "scales", "its name beside a uint32 weight")
        self._zero(beside, "biases", "its name beside a uint32 weight: MLX' offset of each group")
        *outer, last = weight.shape
        bits, group = self.said.of_mlx(module)
        if bits and group and last * 32 == scales.shape[-1] * group * bits:
            evidence = "MLX: the configuration says so, and the scales are as many"
        else:
            widths = _MLX_BLOCKS if scales.dtype == "uint8" else _MLX_GROUPS
            fits = [(width, size) for width, size in widths if last * 32 == scales.shape[-1] * size * width]
            if len(fits) != 1:
                self._leave(weight, "MLX")
                return
            [(bits, group)] = fits
            evidence = "MLX: no other width fits the number of scales"
        self._pack(weight, (*outer, scales.shape[-1] * group), _share(32, bits), bits, evidence)

    def _low_bits(self, weight: Stored, beside: dict[str, Stored]) -> None:
        """Weights of eight bits with scales, or two FP4 weights in a byte, which the number of scales tells."""
        self._auxiliary(beside, "weight")
        scale = beside.get("weight_scale") or beside.get("scale")
        if scale is None:
            return
        if scale is beside.get("scale") and "float8" in weight.dtype + scale.dtype:
            self._scale(beside, "scale", "its name beside a weight of eight bits, and number formats of quantisation")
        *outer, last = weight.shape or (0,)
        covered, block = _blocks(scale, outer)
        if block and last and weight.dtype in ("int8", "uint8") and covered == last * 2:
            self._pack(weight, (*outer, covered), "2", 4, f"one scale of {scale.dtype} for {block} weights")

    def _auxiliary(self, beside: dict[str, Stored], weight: str) -> None:
        for name, role in _SCALES.items():
            if name in beside:
                self._tell(beside[name], role, f"its name beside {weight}")

    def _scale(self, beside: dict[str, Stored], name: str, evidence: str) -> None:
        self._tell(beside.get(name), roles.QUANTISATION_SCALE, evidence)

    def _zero(self, beside: dict[str, Stored], name: str, evidence: str) -> None:
        self._tell(beside.get(name), roles.ZERO_POINT, evidence)

    def _index(self, beside: dict[str, Stored], name: str, evidence: str) -> None:
        self._tell(beside.get(name), roles.QUANTISATION_INDEX, evidence)

    def _tell(self, array: Stored | None, role: str, evidence: str, layer: str | None = None) -> None:
        if array is not None:
            self.instead[id(array)] = _changed(array, role=role, evidence=evidence, layer=layer or array.layer)

    def _pack(self, array: Stored, shape: tuple[int, ...], factor: str, bits: int, evidence: str) -> None:
        if array.packing:
            return
        packing = f"{factor} weights of {bits} bits in one {array.dtype}; {evidence}"
        self.instead[id(array)] = _changed(array, shape=shape, elements=array.stored_elements, packing=packing)

    def _leave(self, array: Stored, scheme: str) -> None:
        if not array.packing:
            self._untold.setdefault(scheme, []).append(array.path)


def _changed(array: Stored, **changes: Any) -> Stored:
    kept = {
        "shape": array.shape,
        "bytes": array.bytes,
        "elements": array.stored_elements,
        "trainable": array.trainable,
        "learnable": array.learnable,
        "role": array.role,
        "kind": array.kind,
        "evidence": array.evidence,
        "packing": array.packing,
        "key": array.key,
        "layer": array.layer,
        "layer_type": array.layer_type,
    }
    kept.update(changes)
    return Stored(array.path, dtype=array.dtype, **kept)


def _blocks(scale: Stored, outer: list[int]) -> tuple[int, int]:
    """Return how many weights of the last axis a block format's scales cover, and how many share one; zeros if none."""
    block = {"float8_e8m0fnu": _MX_BLOCK, "float8_e4m3fn": _NV_BLOCK}.get(scale.dtype, 0)
    if not block or list(scale.shape[:-1]) != outer or not scale.shape:
        return 0, 0
    return scale.shape[-1] * block, block


def _share(word: int, bits: int) -> str:
    """How many weights a word holds, where they may cross from one into the next."""
    return f"{word // bits}" if word % bits == 0 else f"{word}/{bits}"


def _vote(votes: dict[int, str], bits: int, weights: int, evidence: str) -> None:
    """Add that `weights` of equal width fill so many bits, if the width is one that is packed; else a width of none."""
    width = bits // weights if bits % weights == 0 else 0
    votes[width if width in _WIDTHS else 0] = evidence


def _width(value: Any) -> int | None:
    return value if type(value) is int and value in _WIDTHS else None
