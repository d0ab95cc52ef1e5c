"""The words of explanations, from ``words/<language>/``: `general.toml`, and a file a family of layers.

A key is the path to an entry: ``section.layers`` in `general.toml`, ``layers.core.Dense.does`` in `layers/core.toml`,
which is read when the first of its keys is asked for.

A text holds places, ``{name}``, and segments in square brackets that may fall away:

``[… {name} …]``
    falls away if one of its places is absent.
``[name? …]``, ``[!name? …]``
    falls away if `name` is absent, or if it is not.

An entry is a text, a list of texts (several lines), or a table of ``one`` and ``other``, chosen by the value `n`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from weigh.errors import UnknownNameError
from weigh.report.explanation import Joined, Said

FIXED_SPACE = "\u00a0"
"""Stands for a space at which no line may be broken, until the text is laid out."""

_PLACE = re.compile(r"\{(\w+)\}")
_SEGMENT = re.compile(r"\[(?:(!?)(\w+)\?)?([^\[\]]*)\]")
_PLURAL = {"one", "other"}
_SEPARATORS = {",": f",{FIXED_SPACE}", " ": "   "}


class Words:
    """The texts of one language.

    Attributes:
        lang: its short name.
        texts: by key, with dots between sections.
        families: which families of layers have a file of texts.
    """

    def __init__(self, lang: str, texts: dict[str, Any], families: Iterable[str] = ()) -> None:
        self.lang = lang
        self.texts = texts
        self.families = frozenset(families)
        self._read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        self._read_for(key)
        return key in self.texts

    def __getitem__(self, key: str) -> Any:
        self._read_for(key)
        return self.texts[key]

    def _read_for(self, key: str) -> None:
        layers, _, rest = key.partition(".")
        family = rest.partition(".")[0]
        if layers == "layers" and family in self.families and family not in self._read:
            self._read.add(family)
            self.texts |= _flat(_table(self.lang, f"layers/{family}"), f"layers.{family}.")

    def say(self, said: Said) -> str:
        """Return a sentence as one text."""
        return " ".join(self.lines(said))

    def lines(self, said: Said) -> list[str]:
        """Return the lines of an entry, without those that fell away as a whole."""
        entry = self[said.key]
        present = {name: value for name, value in said.values.items() if value is not None and value is not False}
        lines = entry if isinstance(entry, list) else [entry]
        worded = (self._fill(self._number(line, said.values), present) for line in lines)
        return [line for line in worded if line]

    def _number(self, text: str | dict[str, str], values: Mapping[str, Any]) -> str:
        if isinstance(text, str):
            return text
        return text["one" if values.get("n") == 1 else "other"]

    def _fill(self, text: str, present: dict[str, Any]) -> str:
        def kept(segment: re.Match[str]) -> str:
            unless, condition, inner = segment.groups()
            if condition:
                return inner if (condition in present) != bool(unless) else ""
            return inner if all(name in present for name in _PLACE.findall(inner)) else ""

        found = 1
        while found:  # innermost first
            text, found = _SEGMENT.subn(kept, text)
        return _PLACE.sub(lambda place: self.value(present[place[1]]), text).strip()

    def value(self, value: Any) -> str:
        """Return what stands for a value: ``2,048``, ``0.001``, ``(None, 512)``, a name as it is."""
        if isinstance(value, Said):
            return self.say(value)
        if isinstance(value, Joined):
            return self._joined(value)
        if isinstance(value, tuple):
            return str(tuple(None if size is None else int(size) for size in value)).replace(" ", FIXED_SPACE)
        if isinstance(value, float):
            value = f"{value:.12g}"
        elif isinstance(value, int) and not isinstance(value, bool):
            value = f"{value:,}".replace("-", "−")
        return str(value)

    def _joined(self, joined: Joined) -> str:
        items = [self.value(item) for item in joined.items]
        if joined.sign:
            return _SEPARATORS.get(joined.sign, f"{FIXED_SPACE}{joined.sign} ").join(items)
        *head, last = items
        comma: str = self.texts["list.comma"]
        return f"{comma.join(head)}{self.texts['list.last']}{last}" if head else last


def language(lang: str | None = None) -> str:
    """Return the language to explain in: `lang`, else that of ``WEIGH_LANG``, else English.

    Raises:
        UnknownNameError: there are no words in that language.
    """
    chosen = lang or os.environ.get("WEIGH_LANG") or "en"
    if chosen not in languages():
        raise UnknownNameError.of("language" if lang else "language of WEIGH_LANG", chosen, languages())
    return chosen


def languages() -> list[str]:
    """Return the short names of the languages that there are words in."""
    return sorted(folder.name for folder in _folder().iterdir() if (folder / "general.toml").is_file())


@cache
def load(lang: str) -> Words:
    """Return the words of a language."""
    families = (_folder() / lang / "layers").iterdir()
    names = [file.name.removesuffix(".toml") for file in families if file.name.endswith(".toml")]
    return Words(lang, dict(_flat(_table(lang, "general"))), names)


def _folder() -> Traversable:
    return files("weigh.report") / "words"


def _table(lang: str, file: str) -> dict[str, Any]:
    return tomllib.loads(_folder().joinpath(lang, *f"{file}.toml".split("/")).read_text("utf-8"))


def _flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, entry in table.items():
        if isinstance(entry, dict) and set(entry) != _PLURAL:
            yield from _flat(entry, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", entry


def known(key: str) -> bool:
    """Return whether there is an entry of that key; the keys are the same in every language."""
    return key in load("en")
