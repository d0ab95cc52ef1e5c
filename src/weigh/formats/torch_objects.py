"""What PyTorch users save, found by its shape: state dicts, whole modules, training checkpoints, TorchScript modules.

Sources: PyTorch 2.13, ``torch/nn/modules/module.py`` (`_parameters`, `_buffers`, `_modules`),
``torch/optim/optimizer.py`` (`state_dict`), ``torch/jit`` (objects of ``__torch__``); PyTorch Lightning 2.5,
``trainer/connectors/checkpoint_connector.py`` (`dump_checkpoint`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from weigh.account import roles
from weigh.account.stored import Stored
from weigh.errors import FormatError
from weigh.formats.pickles import Made, Pairs, Pickle, Reference, as_pairs, as_sequence
from weigh.formats.source import Source
from weigh.formats.torch_tensors import Tensor, Tensors

_TOLD = 20  # of what is told one by one in the notes

_SLOTS: Final = {
    "exp_avg": "the exponential average of the gradients",
    "exp_avg_sq": "the exponential average of the squared gradients",
    "max_exp_avg_sq": "the largest exponential average of the squared gradients so far",
    "exp_inf": "the exponentially weighted infinity norm of the gradients",
    "momentum_buffer": "the running sum of the gradients (momentum)",
    "square_avg": "the exponential average of the squared gradients",
    "grad_avg": "the exponential average of the gradients",
    "acc_delta": "the exponential average of the squared updates",
    "sum": "the sum of the squared gradients",
    "step": "the number of steps",
}
_NORMALISED = {
    "weight": roles.SCALE,
    "bias": roles.OFFSET,
    "running_mean": roles.RUNNING_MEAN,
    "running_var": roles.RUNNING_VARIANCE,
    "num_batches_tracked": roles.COUNTER,
}
_MAPPED = {"weight": roles.KERNEL, "bias": roles.BIAS}
_ROLES: Final = (
    (re.compile(r"\w*(Batch|Instance|Layer|Group|RMS)Norm(\dd)?"), _NORMALISED),
    (re.compile(r"\w*(Linear|Conv(Transpose)?\dd)|Bilinear"), _MAPPED),
    (re.compile(r"Embedding(Bag)?"), {"weight": roles.EMBEDDING}),
    (re.compile(r"PReLU"), {"weight": roles.SLOPE}),
    (
        re.compile(r"(RNN|LSTM|GRU)(Cell)?"),
        {"weight_ih": roles.KERNEL, "weight_hh": roles.RECURRENT_KERNEL, "weight_hr": roles.KERNEL}
        | dict.fromkeys(("bias_ih", "bias_hh"), roles.BIAS),
    ),
    (
        re.compile(r"MultiheadAttention"),
        dict.fromkeys(("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"), roles.KERNEL)
        | dict.fromkeys(("in_proj_bias", "bias_k", "bias_v"), roles.BIAS),
    ),
)
"""What the weights of PyTorch's own classes are for, by class and name."""

_LIBRARY = re.compile(r"(?:__torch__\.)?torch\.(?:ao\.)?nn\.|torchvision\.ops\.misc\.Frozen")
_SCRIPT = "__torch__."
_AVERAGED = re.compile(r"(?:^|_)(?:ema|averaged?|swa)(?:_|$)", re.IGNORECASE)
_RANDOM = re.compile(r"(?:^|_)(?:rng|random)(?:_|$)", re.IGNORECASE)
_TRAINERS = {"callbacks": "a callback", "loops": "the training loop", "lr_schedulers": "a schedule"}
_PREFIXES: Final = {
    "module.": "saved from inside DataParallel or DistributedDataParallel",
    "_orig_mod.": "saved from inside torch.compile",
}


class Place(NamedTuple):
    """What stands around a value, as far as it says what the value is.

    Attributes:
        role: of every tensor here; ``""`` for none.
        kind: of every tensor here; ``""`` where its role or its flags say.
        evidence: what these were told from.
        layer: path of the module that it belongs to; ``None`` outside of modules.
        layer_type: class of that module.
        trains: whether a tensor here is a parameter (True) or a buffer (False); ``None`` where nothing says.
    """

    role: str = ""
    kind: str = ""
    evidence: str = ""
    layer: str | None = None
    layer_type: str = ""
    trains: bool | None = None


class _Visit(NamedTuple):
    value: Any
    path: str
    place: Place
    around: tuple[Any, ...] | None  # the container that it stands in, and what stands around that
    depth: int


class Finder:
    """Finds the tensors of what was saved.

    Args:
        source: of the file; what is worth knowing goes to its receipt.
        tensors: reads their descriptions.
        pickle: that it was saved as.

    Attributes:
        arrays: what was found, in order.
        kind: what the file was found to hold, for its format: ``"module"``, ``"TorchScript"``, …; ``""`` for tensors.
    """

    def __init__(self, source: Source, tensors: Tensors, pickle: Pickle) -> None:
        self.arrays: list[Stored] = []
        self.kind = ""
        self._source = source
        self._tensors = tensors
        self._visits = pickle.steps  # a tree that is larger than the program that made it is shared structure
        self._text = 0
        self._pending: list[_Visit] = []
        self._spans: dict[str, list[tuple[int, int, str]]] = {}
        self._keys: set[Any] = set()
        self._notes: dict[str, list[str]] = {}

    def find(self, value: Any, path: str = "", place: Place | None = None) -> None:
        """Find all tensors in a value.

        Raises:
            FormatError: a description of a tensor cannot be, or there is more than the limits allow.
        """
        self._pending = [_Visit(value, path, place or Place(), None, 0)]
        while self._pending:
            visit = self._pending.pop()
            tensor = self._tensors.of(visit.value)
            if tensor is not None:
                self._add(tensor, visit.path or "tensor", visit.place)
            else:
                self._open(visit)

    def _open(self, visit: _Visit) -> None:
        value = visit.value
        around = visit.around
        while around is not None:
            if around[0] is value:
                self._tell("holds itself; what it holds is listed once", visit.path)
                return
            around = around[1]
        self._source.check(visit.depth, "depth", f"the nesting at {visit.path[:80]!r}")
        state = as_pairs(value.state) if isinstance(value, Made) else None
        if isinstance(value, Made) and isinstance(value.state, tuple) and value.state:
            state = as_pairs(value.state[0])  # of a class with slots
        if state is not None and "_parameters" in state and "_modules" in state:
            self._module(value, state, visit)
        elif state is not None and isinstance(value, Made) and value.name.startswith(_SCRIPT):
            self._script_module(value, state, visit)
        elif (pairs := as_pairs(value)) is not None:
            self._mapping(pairs, visit)
        elif (sequence := as_sequence(value)) is not None:
            self._push(((str(index), item, visit.place) for index, item in enumerate(sequence)), len(sequence), visit)
        elif state is not None:
            self._mapping(state, visit)

    def _push(self, children: Iterable[tuple[Any, Any, Place]], count: int, visit: _Visit) -> None:
        """Put off what stands in a container, so that it is visited in its order."""
        self._visits -= count
        if self._visits < 0:
            raise FormatError(
                f"{self._source.name}: written out, what it holds is larger than the file: a structure stands in it "
                f"again and again, lastly at {visit.path[:80]!r}."
            )
        around = (visit.value, visit.around)
        inner = []
        for key, value, place in children:
            if isinstance(value, (Made, Pairs, list, tuple, Reference)):
                path = self._joined(visit.path, key)
                inner.append(_Visit(value, path, place, around, visit.depth + 1))
        self._pending += reversed(inner)

    def _joined(self, path: str, key: Any) -> str:
        name = key if isinstance(key, str) else str(key) if isinstance(key, (int, float, type(None))) else "(key)"
        joined = f"{path}.{name}" if path else name
        self._text += len(joined)
        self._source.check(len(joined), "name", "the length of a path")
        self._source.check(self._text, "text", "the length of all paths")
        return joined

    # Dictionaries

    def _mapping(self, pairs: Pairs, visit: _Visit) -> None:
        if "state" in pairs and as_sequence(pairs.get("param_groups")) is not None:
            self._optimizer(pairs, visit)
            return
        place = visit.place
        weights = [key for key, value in pairs if isinstance(key, str) and not place.kind and self._is_network(value)]
        averaged = [key for key in weights if _AVERAGED.search(key)]
        children = []
        names = []
        for key, value in pairs:
            inner = place
            if isinstance(key, str) and not place.kind and not place.role and place.layer is None:
                if _RANDOM.search(key):
                    inner = Place(role=roles.RANDOM_STATE, evidence=f"stands under {key!r}")
                elif key in averaged and len(averaged) < len(weights):
                    inner = Place(kind=roles.SLOT, evidence=f"an exponential average of the weights, as {key!r} says")
                elif key in _TRAINERS and weights:
                    inner = Place(role=roles.METRIC, evidence=f"state of {_TRAINERS[key]}")
                elif weights and not visit.path and (tensor := self._tensors.of(value)) and not tensor.shape:
                    inner = Place(role=roles.METRIC, evidence="one number that stands beside the network")
            if isinstance(key, str) and isinstance(value, (Made, Reference)):
                names.append(key)
            children.append((key, value, inner))
        if not visit.path:
            self._say_what_is_beside(pairs, weights)
        for prefix, reason in _PREFIXES.items():
            if names and all(name.startswith(prefix) for name in names):
                self._source.receipt.notes.append(f"Every name begins with {prefix!r}: {reason}.")
        self._push(children, len(children), visit)

    def _is_network(self, value: Any) -> bool:
        """Whether a value is a module, or a dictionary whose first values are tensors."""
        state = as_pairs(value.state) if isinstance(value, Made) else None
        if state is not None and ("_modules" in state or str(getattr(value, "name", "")).startswith(_SCRIPT)):
            return True
        pairs = as_pairs(value)
        for (_, inner), _ in zip(pairs or (), range(_TOLD), strict=False):
            if self._tensors.of(inner) is not None:
                return True
        return False

    def _say_what_is_beside(self, pairs: Pairs, weights: list[str]) -> None:
        if weights:
            self.kind = self.kind or "checkpoint"
            self._source.receipt.notes.append(f"The network stands under {', '.join(map(repr, weights[:_TOLD]))}.")
        if "pytorch-lightning_version" in pairs:
            self.kind = "PyTorch Lightning checkpoint"
        told = [
            f"{key} = {value}"
            for key, value in pairs
            if isinstance(key, str) and isinstance(value, (int, float, str)) and len(key) + len(str(value)) < 80
        ]
        if told:
            self._source.receipt.notes.append(f"It also keeps {', '.join(told[:_TOLD])}.")

    def _optimizer(self, pairs: Pairs, visit: _Visit) -> None:
        state = as_pairs(pairs.get("state")) or Pairs()
        children: list[tuple[Any, Any, Place]] = []
        for parameter, slots in state:
            for name, value in as_pairs(slots) or ():
                meaning = _SLOTS.get(name) if isinstance(name, str) else None
                evidence = f"state of an optimizer: {meaning}" if meaning else "state of an optimizer"
                path = f"state.{parameter if isinstance(parameter, (int, str)) else '(key)'}.{name}"
                children.append((path, value, Place(role=roles.SLOT, evidence=evidence)))
            if as_pairs(slots) is None:
                children.append((f"state.{parameter}", slots, Place(role=roles.SLOT, evidence="state of an optimizer")))
        groups = pairs.get("param_groups")
        children.append(("param_groups", groups, Place(role=roles.SLOT, evidence="setting of an optimizer")))
        self._push(children, len(children) + len(state), visit)

    # Modules

    def _module(self, made: Made, state: Pairs, visit: _Visit) -> None:
        place = self._place_of(made, visit)
        if not visit.path:
            self.kind = "module"
            mode = "training" if state.get("training") is True else "evaluation"
            self._source.receipt.notes.append(f"A whole {made.name or 'module'} was saved, in {mode} mode.")
        fleeting = {
            name for name in as_sequence(state.get("_non_persistent_buffers_set")) or () if isinstance(name, str)
        }
        children: list[tuple[Any, Any, Place]] = []
        for kept, trains in (("_parameters", True), ("_buffers", False)):
            for name, value in as_pairs(state.get(kept)) or ():
                role = _role(made.name, name)
                children.append((name, value, place._replace(role=role, trains=trains)))
                if isinstance(value, Made) and value.name.endswith(("UninitializedParameter", "UninitializedBuffer")):
                    self._tell("has no shape yet", self._joined(visit.path, name))
                elif not trains and isinstance(name, str) and name in fleeting:
                    self._tell("buffer that a state dict leaves out", self._joined(visit.path, name))
        for name, value in as_pairs(state.get("_modules")) or ():
            children.append((name, value, visit.place._replace(role="", layer=None, layer_type="", trains=None)))
        self._push(children, len(children) + len(fleeting), visit)

    def _script_module(self, made: Made, state: Pairs, visit: _Visit) -> None:
        place = self._place_of(made, visit)
        self.kind = "TorchScript" if not visit.path else self.kind
        children = [(name, value, place._replace(role=_role(made.name, name))) for name, value in state]
        self._push(children, len(children), visit)

    def _place_of(self, made: Made, visit: _Visit) -> Place:
        layer_type = made.name.rpartition(".")[2]
        return visit.place._replace(
            role="",
            layer=visit.path,
            layer_type=layer_type,
            evidence=visit.place.evidence or "declared",
            trains=None,
        )

    # Tensors

    def _add(self, tensor: Tensor, path: str, place: Place) -> None:
        trainable, learnable = self._training(tensor, place)
        evidence = place.evidence or ("declared" if trainable is not None else "")
        arrays = [(path, tensor, place.role)]
        for name, part in tensor.parts.items():
            role = roles.QUANTISATION_SCALE if name == "scale" else roles.ZERO_POINT
            arrays.append((self._joined(path, name), part, role))
        for name, array, role in arrays:
            is_part = array is not tensor
            self.arrays.append(
                Stored(
                    name,
                    array.shape,
                    array.dtype,
                    bytes=array.bytes,
                    elements=array.elements,
                    trainable=False if is_part else trainable,
                    learnable=False if is_part else learnable,
                    role=role,
                    kind="" if is_part else place.kind,
                    evidence="declared" if is_part else evidence,
                    packing=array.packing,
                    key=array.key,
                    layer=place.layer,
                    layer_type=place.layer_type,
                )
            )
            if array.note:
                self._tell(array.note, name)
            if array.span is not None and array.key not in self._keys:
                self._keys.add(array.key)
                self._spans.setdefault(array.span[0], []).append((*array.span[1:], name))

    @staticmethod
    def _training(tensor: Tensor, place: Place) -> tuple[bool | None, bool | None]:
        """Return whether a tensor is trained and was made to be, as far as its flags and its place say."""
        if place.kind or place.role in (roles.SLOT, roles.METRIC, roles.RANDOM_STATE) or place.trains is False:
            return False, False
        if place.trains or tensor.is_parameter:
            return tensor.requires_grad is True, True
        if tensor.requires_grad:
            return True, True
        if place.layer is not None:  # TorchScript keeps the flag, but not what is a parameter
            known = {roles.RUNNING_MEAN, roles.RUNNING_VARIANCE, roles.COUNTER}
            return False, (place.role not in known) if place.role else None
        return None, None  # a state dict detaches its tensors: the flag is off for all of them

    def _tell(self, what: str, path: str) -> None:
        self._notes.setdefault(what, []).append(path)

    def tell(self, sizes: dict[str, int]) -> None:
        """Put into the receipt what was found on the way.

        Args:
            sizes: bytes of the storages, by key.
        """
        for key, spans in self._spans.items():
            spans.sort()
            used, reach, last = 0, 0, ""
            for start, end, path in spans:
                if start < reach:
                    self._tell(f"in the same part of storage {key!r} as {last[:200]!r}, and counted whole", path)
                used += max(0, end - max(start, reach))
                if end > reach:
                    reach, last = end, path
            if used < sizes.get(key, used):
                what = f"uses {used:,} of the {sizes[key]:,} bytes of storage {key!r}, which was saved whole"
                self._tell(what, spans[0][2])
        for count, (what, paths) in enumerate(self._notes.items()):
            if count == _TOLD * _TOLD:
                self._source.receipt.notes.append(f"And {len(self._notes) - count:,} notes of that kind.")
                break
            more = f" and {len(paths) - _TOLD:,} more" if len(paths) > _TOLD else ""
            self._source.receipt.notes.append(f"{', '.join(path[:200] for path in paths[:_TOLD])}{more}: {what}.")


def _role(class_name: str, name: Any) -> str:
    """Return what a weight of one of PyTorch's own classes is for; ``""`` for other classes."""
    if not isinstance(name, str) or not _LIBRARY.match(class_name):
        return ""
    for pattern, known in _ROLES:
        if pattern.fullmatch(class_name.rpartition(".")[2]):
            return known.get(name) or known.get(re.sub(r"_l\d+(_reverse)?$", "", name), "")
    return ""
