"""Modules and optimizers of PyTorch.

Sources: PyTorch 2.13, ``torch/nn/modules/module.py`` (`_parameters`, `_buffers`, `_non_persistent_buffers_set`,
`_modules`), ``torch/nn/parameter.py``, ``torch/nn/utils/parametrize.py``, ``torch/optim/optimizer.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from weigh.account import roles
from weigh.objects.arrays import asked, dtype_of, is_a, is_array, shape_of
from weigh.objects.found import DECLARED, SLOT, Arguments, Found, Known, Said, known_as
from weigh.objects.torch_layers import PACKAGES, TABLE

_WRAPPERS = {
    "DataParallel": "module",
    "DistributedDataParallel": "module",
    "FullyShardedDataParallel": "_fsdp_wrapped_module",
    "OptimizedModule": "_orig_mod",
}
_MOST_VISITS = 250  # of one module under different names: a chain of doublings has no end otherwise
_RECURRENT_NAME = re.compile(r"_l\d+(_reverse)?$")
_QUANTISED = {"scale": roles.QUANTISATION_SCALE, "zero_point": roles.ZERO_POINT}
_PACKED = {
    "qweight": roles.KERNEL,
    "qzeros": roles.ZERO_POINT,
    "scales": roles.QUANTISATION_SCALE,
    "g_idx": roles.QUANTISATION_INDEX,
}
_NOTES_LAZY = "Not materialised yet, so of unknown shape and not counted"
_NOTES_META = "On the meta device, where shapes have no storage: bytes are those that they would take"
_NOTES_UNSAVED = "Buffers that are not persistent: they are here, and in no state_dict"


def recognises(value: Any) -> bool:
    """Return whether this is a module or an optimizer of PyTorch."""
    return is_a(value, "torch", "Module", "Optimizer")


def read(value: Any, found: Found, path: str) -> None:
    """Add all parameters and buffers of a module, or what an optimizer trains and keeps."""
    if is_a(value, "torch", "Optimizer"):
        found.knows("torch.optim.Optimizer", type(value).__name__)
        for name, parameter in _trained(value):
            _add(found, _joined(path, name), name, parameter, _Module(value, path, None), Said(*_flags(parameter)))
        read_slots(value, found, _joined(path, "state"))
        return
    value = _unwrapped(value, found)
    found.knows("torch.nn.Module", _type(value))
    for module in _modules(value, found, path):
        _read_one(module, found)


def read_slots(optimizer: Any, found: Found, path: str) -> None:
    """Add what an optimizer keeps for the parameters that it trains."""
    names = {id(parameter): found.path_of(parameter) or name for name, parameter in _trained(optimizer)}
    for parameter, slots in optimizer.state.items():
        owner = names.get(id(parameter), "unknown")
        for name, slot in slots.items() if isinstance(slots, Mapping) else ():
            if is_array(slot):
                found.add(f"{path}.{owner}.{name}", slot, SLOT, layer=path, layer_type=type(optimizer).__name__)


def _trained(optimizer: Any) -> Iterator[tuple[str, Any]]:
    for number, group in enumerate(optimizer.param_groups):
        names = group.get("param_names") or ()
        for index, parameter in enumerate(group["params"]):
            yield names[index] if index < len(names) else f"{number}.{index}", parameter


class _Module(NamedTuple):
    """A module in its place."""

    value: Any
    path: str
    parent: _Module | None

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


def _modules(root: Any, found: Found, path: str) -> Iterator[_Module]:
    """Yield modules in the order of `named_parameters`, again under every name that they have."""
    visits: dict[int, int] = {}
    waiting = [_Module(root, path, None)]
    while waiting:
        module = waiting.pop()
        visits[id(module.value)] = seen = visits.get(id(module.value), 0) + 1
        if seen > _MOST_VISITS or _contains(module.parent, module.value):
            found.note("Modules that stand in themselves or under too many names; not followed further", module.path)
            continue
        yield module
        children = [
            _Module(_unwrapped(child, found), _joined(module.path, name), module)
            for name, child in module.value._modules.items()
            if child is not None
        ]
        waiting += reversed(children)


def _contains(module: _Module | None, value: Any) -> bool:
    while module is not None:
        if module.value is value:
            return True
        module = module.parent
    return False


def _unwrapped(module: Any, found: Found) -> Any:
    for cls, inner in _WRAPPERS.items():
        while is_a(module, "torch", cls):
            found.note(f"Read through {cls}: paths are those of the module inside")
            module = module._modules[inner]
    return module


def _type(module: Any) -> str:
    return str(asked(module, "original_name") or type(module).__name__)  # a TorchScript module keeps its class' name


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else str(name)


def _read_one(module: _Module, found: Found) -> None:
    value = module.value
    for name, parameter in value._parameters.items():
        if parameter is not None:
            _add(found, _joined(module.path, name), name, parameter, module, Said(*_flags(parameter)))
    unsaved = asked(value, "_non_persistent_buffers_set") or ()
    for name, buffer in value._buffers.items():
        if buffer is not None:
            path = _joined(module.path, name)
            if name in unsaved:
                found.note(_NOTES_UNSAVED, path)
            _add(found, path, name, buffer, module, Said(False, False))
    if type(value).__name__.endswith("PackedParams"):
        found.note("Weights that only PyTorch's own code can unpack, and that are not counted", module.path)


def _flags(parameter: Any) -> tuple[bool, bool]:
    return bool(asked(parameter, "requires_grad", False)), True


def _add(found: Found, path: str, name: str, array: Any, module: _Module, said: Said) -> None:
    if is_a(array, "torch", "UninitializedParameter", "UninitializedBuffer"):
        found.note(_NOTES_LAZY, path)
        return
    if str(asked(array, "device")) == "meta":
        found.note(_NOTES_META)
    owner, role, known = _declared(module, name)
    sizes = known.sizes(Arguments(owner.value, owner.path or _type(owner.value))) if known is not None else {}
    said = _specially(module, name, said) if not role else said._replace(role=role, evidence=DECLARED)
    if role in (roles.SCALE, roles.OFFSET) and not said.learnable:
        said = said._replace(learnable=True)  # FrozenBatchNorm2d keeps γ and β as buffers
    logical, packing = _packed(module.value, name, array)
    found.add(
        path,
        array,
        said if said.evidence else said._replace(evidence=DECLARED),
        layer=module.path or _type(module.value),
        layer_type=_type(module.value),
        sizes=sizes.get(_base(owner, module, name), ()),
        logical=logical,
        packing=packing,
    )


def _declared(module: _Module, name: str) -> tuple[_Module, str, Known | None]:
    """Return the module that declares an array, its role there, and what is known of that module."""
    owner = module
    if type(module.value).__name__ == "ParametrizationList" and module.parent and module.parent.parent:
        owner = module.parent.parent  # the module whose attribute is computed from what stands here
    known = known_as(owner.value, TABLE, PACKAGES, str(asked(owner.value, "original_name", "")))
    if known is None:
        return owner, "", None
    base = _base(owner, module, name)
    return owner, known.roles.get(base) or known.roles.get(_RECURRENT_NAME.sub("", base), ""), known


def _base(owner: _Module, module: _Module, name: str) -> str:
    """Return the name of the attribute that an array is the original of, or its own name."""
    if owner is not module:
        return module.name if name == "original" else name
    return name.removesuffix("_orig")  # pruned, or spectrally normalised


def _specially(module: _Module, name: str, said: Said) -> Said:
    """Say what arrays are that something beside a layer's own class declares."""
    home = type(module.value).__module__
    if home.startswith(("torch.ao.quantization", "torch.quantization")):
        return said._replace(role=_QUANTISED.get(name, ""), kind=roles.QUANTISATION, evidence=DECLARED)
    if name in _PACKED and "qweight" in module.value._buffers:
        kind = roles.FROZEN if name == "qweight" else roles.QUANTISATION
        return said._replace(role=_PACKED[name], kind=kind, evidence="names beside qweight")
    if name.endswith("_mask") and f"{name[:-5]}_orig" in module.value._parameters:
        return said._replace(role=roles.MASK, evidence=f"beside {name[:-5]}_orig, which is pruned")
    if name.endswith(("_u", "_v")) and f"{name[:-2]}_orig" in module.value._parameters:
        return said._replace(role=roles.SINGULAR_VECTOR, evidence=f"beside {name[:-2]}_orig")
    if not said.learnable and dtype_of(module.value._buffers[name]) == "bool":
        return said._replace(role=roles.MASK, evidence="a buffer of yes and no")
    return said


def _packed(module: Any, name: str, array: Any) -> tuple[tuple[int, ...] | None, str]:
    """Return the shape that packed weights stand for, and how that is known; ``None`` where nothing is packed."""
    if is_a(array, "bitsandbytes", "Params4bit"):
        logical = shape_of(asked(array, "quant_state"))
        return logical, f"2 weights in a {dtype_of(array)}, as quant_state says" if logical else ""
    bits = asked(module, "bits") or asked(module, "w_bit")
    if name != "qweight" or not isinstance(bits, int):
        return None, ""
    given = Arguments(module, "")
    inputs = given.one("infeatures") or given.one("in_features")
    outputs = given.one("outfeatures") or given.one("out_features")
    shape = shape_of(array)
    if not inputs or not outputs or shape is None or dtype_of(array) != "int32":
        return None, ""
    if inputs * outputs * bits != shape[0] * shape[-1] * 32:  # then these arguments do not explain it
        return None, ""
    return (int(inputs), int(outputs)), f"{bits} bits a weight in int32, as the module's arguments say"
