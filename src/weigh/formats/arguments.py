"""What an array is for, told from the operation that takes it and the position that it is taken at.

Only what a format's own definition of an operation says is used, never a name. What passes through operations that
change nothing of its purpose (a cast, a transposition, a dequantisation) is for what takes it behind them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from weigh.account import roles
from weigh.account.foreign import ForeignGraph, Operation


class Use(NamedTuple):
    """How an array is used: its role, what that was told from, and the operation and position behind it."""

    role: str
    evidence: str
    operation: Operation
    position: int


class Conventions(NamedTuple):
    """What a format defines about the arguments of its operations.

    Attributes:
        arguments: by operation, the role of what stands at a position.
        passing: operations whose first output is for what their input at a position is for.
        added: operations whose output a vector is added to as their bias.
        sums: operations that add.
        domains: whose definitions these are; what is of another domain is not known.
    """

    arguments: Mapping[str, Mapping[int, str]]
    passing: Mapping[str, int]
    added: frozenset[str] = frozenset()
    sums: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset({""})


def uses(
    graphs: Sequence[tuple[ForeignGraph, int | None]], conventions: Conventions, ranks: Mapping[str, int]
) -> dict[str, Use]:
    """Return how each array is used, by its path; the first use in the file counts.

    Args:
        graphs: each with the place of the graph that it runs in, which stands before it.
        conventions: of the format.
        ranks: number of axes of each array, by its path.
    """
    found = _Uses(graphs, conventions, ranks)
    for scope in reversed(range(len(graphs))):
        found.walk(scope)
    return found.of_paths


class _Uses:
    def __init__(
        self, graphs: Sequence[tuple[ForeignGraph, int | None]], conventions: Conventions, ranks: Mapping[str, int]
    ) -> None:
        self.graphs = graphs
        self.conventions = conventions
        self.ranks = ranks
        self.of_paths: dict[str, Use] = {}
        self._of_values: dict[tuple[int, str], Use] = {}
        self._makers = [
            {name: operation for operation in graph.operations for name in operation.outputs} for graph, _ in graphs
        ]

    def walk(self, scope: int) -> None:
        """Take the operations from the last to the first, so that what takes a value is known before it is made."""
        for operation in reversed(self.graphs[scope][0].operations):
            if operation.domain not in self.conventions.domains:
                continue
            passed_at = self.conventions.passing.get(operation.type)
            passed = self._of_values.get((scope, operation.outputs[0])) if operation.outputs else None
            for position in reversed(range(len(operation.inputs))):
                if not operation.inputs[position]:
                    continue
                use = passed if position == passed_at else self._use(scope, operation, position)
                if use is not None:
                    self._note(scope, operation, operation.inputs[position], use)

    def _use(self, scope: int, operation: Operation, position: int) -> Use | None:
        role = self.conventions.arguments.get(operation.type, {}).get(position, "")
        if role == roles.EMBEDDING and self._rank(scope, operation.inputs[position]) != 2:
            return None  # looking up in anything else than a table of rows is plain indexing
        if role:
            return Use(role, f"input {position} of {operation.label}", operation, position)
        if operation.type in self.conventions.sums and len(operation.inputs) == 2:
            maker = self._makers[scope].get(operation.inputs[1 - position])
            if (
                maker is not None
                and maker.type in self.conventions.added
                and self._rank(scope, operation.inputs[position]) == 1
            ):
                return Use(roles.BIAS, f"added to the output of {maker.label}", operation, position)
        return None

    def _note(self, scope: int, operation: Operation, name: str, use: Use) -> None:
        if operation is not use.operation and ", through " not in use.evidence:
            use = use._replace(evidence=f"{use.evidence}, through {operation.label}")
        place, path = self._resolve(scope, name)
        self._of_values[place, name] = use
        if path is not None:
            self.of_paths[path] = use

    def _rank(self, scope: int, name: str) -> int | None:
        place, path = self._resolve(scope, name)
        if path is not None:
            return self.ranks.get(path)
        computed = self.graphs[place][0].values.get(name)
        return None if computed is None or computed.shape is None else len(computed.shape)

    def _resolve(self, scope: int, name: str) -> tuple[int, str | None]:
        """Return the graph that a name belongs to, seen from one inside, and the path of the array if it is one."""
        at: int | None = scope
        while at is not None:
            graph, parent = self.graphs[at]
            if name in graph.constants:
                return at, graph.constants[name]
            if name in self._makers[at]:
                return at, None
            at = parent
        return scope, None


_LINEAR = {1: roles.KERNEL, 2: roles.BIAS}
_RECURRENT = {1: roles.KERNEL, 2: roles.RECURRENT_KERNEL, 3: roles.BIAS}
_NORM = {1: roles.SCALE, 2: roles.OFFSET}
_BATCH_NORM = {**_NORM, 3: roles.RUNNING_MEAN, 4: roles.RUNNING_VARIANCE}
_QUANTISED = {1: roles.QUANTISATION_SCALE, 2: roles.ZERO_POINT}
_SECOND = {1: roles.ARGUMENT}
_REST = dict.fromkeys(range(1, 6), roles.ARGUMENT)
_ALL = dict.fromkeys(range(3), roles.ARGUMENT)

ONNX = Conventions(
    {
        "Conv": _LINEAR,
        "ConvTranspose": _LINEAR,
        "Gemm": _LINEAR,
        "MatMul": {0: roles.KERNEL, 1: roles.KERNEL},
        "DeformConv": {1: roles.KERNEL, 3: roles.BIAS},
        "FusedConv": _LINEAR,
        "FusedMatMul": {1: roles.KERNEL},
        "FusedGemm": _LINEAR,
        "LSTM": {**_RECURRENT, 4: roles.ARGUMENT},
        "GRU": {**_RECURRENT, 4: roles.ARGUMENT},
        "RNN": {**_RECURRENT, 4: roles.ARGUMENT},
        "BatchNormalization": _BATCH_NORM,
        "InstanceNormalization": _NORM,
        "LayerNormalization": _NORM,
        "SimplifiedLayerNormalization": {1: roles.SCALE},
        "RMSNormalization": {1: roles.SCALE},
        "GroupNormalization": _NORM,
        "SkipLayerNormalization": {2: roles.SCALE, 3: roles.OFFSET, 4: roles.BIAS},
        "SkipSimplifiedLayerNormalization": {2: roles.SCALE, 3: roles.BIAS},
        "BiasGelu": {1: roles.BIAS},
        "FastGelu": {1: roles.BIAS},
        "PRelu": {1: roles.SLOPE},
        "Gather": {0: roles.EMBEDDING, 1: roles.ARGUMENT},
        "QuantizeLinear": _QUANTISED,
        "DequantizeLinear": _QUANTISED,
        "ConvInteger": {1: roles.KERNEL, 2: roles.ZERO_POINT, 3: roles.ZERO_POINT},
        "MatMulInteger": {1: roles.KERNEL, 2: roles.ZERO_POINT, 3: roles.ZERO_POINT},
        "QLinearConv": {
            **dict.fromkeys((1, 4, 6), roles.QUANTISATION_SCALE),
            **dict.fromkeys((2, 5, 7), roles.ZERO_POINT),
            3: roles.KERNEL,
            8: roles.BIAS,
        },
        "QLinearMatMul": {
            **dict.fromkeys((1, 4, 6), roles.QUANTISATION_SCALE),
            **dict.fromkeys((2, 5, 7), roles.ZERO_POINT),
            3: roles.KERNEL,
        },
        "MatMulNBits": {
            1: roles.KERNEL,
            2: roles.QUANTISATION_SCALE,
            3: roles.ZERO_POINT,
            4: roles.QUANTISATION_INDEX,
            5: roles.BIAS,
        },
        **dict.fromkeys(("Reshape", "Expand", "Tile", "Unsqueeze", "Squeeze", "Split", "TopK", "CumSum"), _SECOND),
        **dict.fromkeys(("GatherND", "GatherElements", "OneHot", "Trilu", "Dropout"), _SECOND),
        **dict.fromkeys(("Slice", "Pad", "Clip", "Resize", "Upsample", "NonMaxSuppression"), _REST),
        **dict.fromkeys(("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL2"), _SECOND),
        **dict.fromkeys(("ConstantOfShape", "Range"), _ALL),
    },
    dict.fromkeys(("Identity", "Cast", "Transpose", "Squeeze", "Unsqueeze", "Reshape"), 0)
    | dict.fromkeys(("DequantizeLinear", "QuantizeLinear"), 0),
    frozenset({"MatMul", "FusedMatMul", "MatMulNBits", "MatMulInteger"}),
    frozenset({"Add"}),
    frozenset({"", "ai.onnx", "com.microsoft"}),
)
"""Source: ONNX operator schemas, opset 23; com.microsoft's in the contributed operators of ONNX Runtime."""

TFLITE = Conventions(
    {
        "CONV_2D": _LINEAR,
        "CONV_3D": _LINEAR,
        "DEPTHWISE_CONV_2D": {1: roles.DEPTHWISE_KERNEL, 2: roles.BIAS},
        "FULLY_CONNECTED": _LINEAR,
        "TRANSPOSE_CONV": {0: roles.ARGUMENT, 1: roles.KERNEL, 3: roles.BIAS},
        "CONV_3D_TRANSPOSE": {0: roles.ARGUMENT, 1: roles.KERNEL, 3: roles.BIAS},
        "BATCH_MATMUL": {0: roles.KERNEL, 1: roles.KERNEL},
        "EMBEDDING_LOOKUP": {0: roles.ARGUMENT, 1: roles.EMBEDDING},
        "GATHER": {0: roles.EMBEDDING, 1: roles.ARGUMENT},
        "PRELU": {1: roles.SLOPE},
        "SVDF": {1: roles.KERNEL, 2: roles.KERNEL, 3: roles.BIAS},
        "RNN": _RECURRENT,
        "UNIDIRECTIONAL_SEQUENCE_RNN": _RECURRENT,
        "UNIDIRECTIONAL_SEQUENCE_LSTM": {
            **dict.fromkeys(range(1, 5), roles.KERNEL),
            **dict.fromkeys(range(5, 9), roles.RECURRENT_KERNEL),
            **dict.fromkeys(range(12, 16), roles.BIAS),
            **dict.fromkeys(range(20, 24), roles.SCALE),
        },
        **dict.fromkeys(("RESHAPE", "EXPAND_DIMS", "TILE", "BROADCAST_TO", "TOPK_V2", "REVERSE_V2"), _SECOND),
        **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY"), _SECOND),
        **dict.fromkeys(("ARG_MAX", "ARG_MIN", "CUMSUM", "TRANSPOSE", "GATHER_ND", "SPLIT_V"), _SECOND),
        **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), _SECOND),
        **dict.fromkeys(("PAD", "PADV2", "MIRROR_PAD", "SLICE", "STRIDED_SLICE"), _REST),
        **dict.fromkeys(("SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "ONE_HOT"), _REST),
        "SPLIT": {0: roles.ARGUMENT},
        "FILL": {0: roles.ARGUMENT},
        "RANGE": _ALL,
    },
    dict.fromkeys(("DEQUANTIZE", "QUANTIZE", "CAST", "TRANSPOSE", "RESHAPE"), 0),
    frozenset({"BATCH_MATMUL"}),
    frozenset({"ADD"}),
)
"""Source: TensorFlow Lite, `lite/kernels/*.cc` (the constants for the positions of each operation's tensors)."""
