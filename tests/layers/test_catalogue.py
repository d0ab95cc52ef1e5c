"""`docs/layers.md` is made from the code: every layer with its arguments, the formula of its weights, and its tests.

`pytest tests/layers/test_catalogue.py --update` writes it anew.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import pytest
from tests.layers.example import Example, examples

import weigh
from weigh import layers
from weigh.account.account import Account
from weigh.declare.dim import Dim, Origin
from weigh.layers.base import Layer

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = ROOT / "docs" / "layers.md"
HEAD = """# Every layer

Made from the code by `pytest tests/layers/test_catalogue.py --update`. The weights are those of a small example, with
where each size comes from: `units` is an argument, `input[−1]` the last axis of the input. *Tests* hold a layer to
Keras 3 in one process, or to its formula where Keras 3 has no such layer. What holds for every layer (declared without
arrays, counted as made, shaped as computed, explained in every language) is in
[test_all.py](../tests/layers/test_all.py).
"""
MISSING = """
## What of Keras 3 is not here, and why
"""
MODULES = (
    "",
    "layers",
    "ops",
    "random",
    "config",
    "saving",
    "tree",
    "dtype_policies",
    "utils",
    "backend",
    "applications",
)
NOT_ITS_OWN = ("all", "catalogue")
TRAINING = "comes with the training stack"
QUANTIZED = "training and running in few bits is not planned; files that others quantized will be accounted for"
FILES = "comes with the data sources of the training stack"
WHY = {
    "layers.TFSMLayer": "runs a TensorFlow graph, so it needs TensorFlow",
    "layers.TorchModuleWrapper": "runs PyTorch inside of the network, so it needs PyTorch; weigh computes with JAX",
    "saving.KerasFileEditor": "comes with the readers of files",
    "utils.Progbar": TRAINING,
    "utils.get_file": "weigh opens no connection: give paths of files that are there",
    "utils.legacy": "not for users",
    **dict.fromkeys(("utils.model_to_dot", "utils.plot_model"), "comes with the report, which draws networks"),
    **{f"utils.{name}_dataset_from_directory": FILES for name in ("audio", "image", "text")},
    **{f"utils.{name}": FILES for name in ("PyDataset", "Sequence", "split_dataset", "timeseries_dataset_from_array")},
    "device": "`jax.default_device` does it",
    "distillation": TRAINING,
    "distribution": TRAINING,
    "export": "comes with the readers and writers of other frameworks' files",
    "legacy": "older spellings have doors of their own: `weigh.compat`",
    "preprocessing": "deprecated in Keras 3; `weigh.compat` has it, and `weigh.utils` what is still used",
    "quantizers": QUANTIZED,
    "visualization": "draws data sets, not networks",
    "wrappers": TRAINING,
    "Function": "a functional model is one; `model.functional()` hands out a pure function",
    "Quantizer": QUANTIZED,
    "SymbolicScope": "symbolic tensors are told by their class",
    "src": "not public",
    **{
        f"dtype_policies.{name}": QUANTIZED
        for name in (
            *("AWQDTypePolicy", "GPTQDTypePolicy", "Int4DTypePolicy"),
            *("QuantizedDTypePolicy", "QuantizedFloat8DTypePolicy"),
        )
    },
    "dtype_policies.DTypePolicyMap": "each layer takes a policy of its own",
    **{
        f"{module}.{name}": "progress is drawn on terminals, and printed as lines elsewhere"
        for module in ("config", "utils")
        for name in ("disable_interactive_logging", "enable_interactive_logging", "is_interactive_logging_enabled")
    },
}


def families() -> dict[str, list[type[Layer]]]:
    """The layers by family, each in its order."""
    found: dict[str, dict[type[Layer], None]] = {}
    for name in layers.__all__:
        cls = getattr(layers, name)
        if isinstance(cls, type) and issubclass(cls, Layer) and cls is not Layer:
            family = cls.__module__.removeprefix("weigh.layers.").partition(".")[0]
            found.setdefault(family, {})[cls] = None
    return {family: sorted(found[family], key=lambda cls: cls.__name__) for family in sorted(found)}


def arguments(cls: type[Layer]) -> str:
    parameters = inspect.signature(cls.__init__).parameters.values()
    shown = [
        one.name if one.default is inspect.Parameter.empty else f"{one.name}={_default(one.default)}"
        for one in parameters
        if one.name != "self" and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    ]
    return ", ".join(shown)


def _default(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def weights(example: Example) -> str:
    """The weights of an example, each with the working of its count."""
    model = example.model(weigh)
    rows = [row for row in Account.of(model) if row.count or row.shape]
    rows = [f"{row.path.split('/', 1)[-1]}: {' × '.join(map(size, row.shape)) or '1'}" for row in rows]
    return "<br>".join(rows) or "–"


def size(value: int) -> str:
    origin = value.origin if isinstance(value, Dim) else None
    axis = value.axis if isinstance(value, Dim) else None
    if axis is not None and (origin is None or origin.kind == "input"):
        return f"input[{axis}]".replace("-", "−")
    return named(origin, int(value))


def named(origin: Origin | None, value: int) -> str:
    if origin is None:
        return str(value)
    if origin.kind == "argument":
        return origin.name
    if origin.kind == "input":
        return f"input[{origin.name}]".replace("-", "−")
    parts = [named(part.origin, int(part)) if isinstance(part, Dim) else str(part) for part in origin.parts]
    return f"({f' {origin.name} '.join(parts)})"


def held_by(cls: type[Layer]) -> list[Path]:
    """The test files that name a layer; else those of its family, whose tests put the name together."""
    files = [file for file in sorted(Path(__file__).parent.rglob("test_*.py")) if file.stem[5:] not in NOT_ITS_OWN]
    named = [file for file in files if re.search(rf"\b{cls.__name__}\b", file.read_text())]
    family = cls.__module__.split(".")[2]
    return named or [file for file in files if family in (file.stem[5:], file.parent.name)]


def document() -> str:
    known = {example.name: example for example in reversed(list(examples()))}
    return "".join((HEAD, *_tables(known), MISSING, *_missing()))


def _tables(known: dict[str, Example]) -> Iterator[str]:
    for family, classes in families().items():
        yield f"\n## {family}\n| layer | arguments | weights | tests |\n| --- | --- | --- | --- |\n"
        for cls in classes:
            shown = weights(known[cls.__name__]) if cls.__name__ in known else "–"
            links = ", ".join(f"[{file.stem}](../{file.relative_to(ROOT)})" for file in held_by(cls))
            yield f"| `{cls.__name__}` | `{arguments(cls)}` | {shown} | {links} |\n"


def missing() -> list[str]:
    found = []
    for module in MODULES:
        theirs, ours = (getattr(library, module) if module else library for library in (keras, weigh))
        names = {name for name in dir(theirs) if not name.startswith("_")}
        found += [f"{module}.{name}".lstrip(".") for name in sorted(names - set(dir(ours))) if not hasattr(ours, name)]
    return found


def _missing() -> Iterator[str]:
    yield "| | why |\n| --- | --- |\n"
    by_reason: dict[str, list[str]] = {}
    for name in missing():
        by_reason.setdefault(WHY[name], []).append(f"`{name}`")
    for reason, names in by_reason.items():
        yield f"| {', '.join(names)} | {reason} |\n"


def test_what_keras_has_and_we_do_not_has_a_reason() -> None:
    assert [name for name in missing() if name not in WHY] == []
    assert [name for name in WHY if name not in missing()] == []


@pytest.mark.parametrize("family", families())
def test_every_layer_has_a_test_of_its_own(family: str) -> None:
    assert [cls.__name__ for cls in families()[family] if not held_by(cls)] == []


def test_the_document_is_what_the_code_says(request: pytest.FixtureRequest) -> None:
    text = document()
    if request.config.getoption("update"):
        DOCUMENT.write_text(text)
    assert DOCUMENT.read_text() == text, "run this test with --update"
