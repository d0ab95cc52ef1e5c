"""An account that was found rather than declared, as what people read: a file's, a folder's, a foreign object's.

What nothing tells is said to be not known. What was told from names, not declared, has an asterisk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.entry import Entry
from weigh.account.stored import Stored
from weigh.account.where import Where
from weigh.declare.dim import Dim
from weigh.errors import UnknownNameError, WeighError
from weigh.report import blocks, pieces, sources, text, wording
from weigh.report.blocks import Branch, Fold
from weigh.report.explanation import Explanation, Formula, Joined, Part, Said, Section, Table
from weigh.report.shown import escaped, visible
from weigh.report.wording import FIXED_SPACE

SORTS = ("path", "count", "bytes")
DECLARED = "declared"

_LINES = 40  # of the table of layers, where no depth is asked for
_MOST = 100  # lines of what may be any number: aliases, arrays of no layer
_FEW = 10
_FEWEST = 12  # arrays of a transformer
_INDENT = FIXED_SPACE * 2


class View:
    """What of an account is shown, and how.

    Args:
        every: whether each array has a row; else layers have.
        where: which arrays.
        sort: ``"count"`` or ``"bytes"``, the largest first, or ``"path"``; by default as they stand.
        depth: levels of layers that are shown; by default as many as fit a page.
        receipt: whether the receipt is shown with its limits.
        why: whether kinds and totals are explained.
        wide: whether rows of arrays may be as wide as their paths are long.
    """

    def __init__(
        self,
        *,
        every: bool = False,
        where: Where | None = None,
        sort: str | None = None,
        depth: int | None = None,
        receipt: bool = False,
        why: bool = False,
        wide: bool = False,
    ) -> None:
        self.every = every
        self.where = where
        self.sort = sort
        self.depth = depth
        self.receipt = receipt
        self.why = why
        self.wide = wide

    def chosen(self, rows: Iterable[Entry]) -> list[Entry]:
        """Return the rows that are shown, in the order in which they are shown."""
        chosen = [row for row in rows if self.where is None or self.where(row)]
        if self.sort == "path":
            chosen.sort(key=lambda row: blocks.natural(row.path))
        elif self.sort is not None:
            size = self.sort
            chosen.sort(key=lambda row: int(getattr(row, size)), reverse=True)
        return chosen


def shown(account: Account, view: View | None = None, *, lang: str | None = None, width: int | None = None) -> str:
    """Return an account as text, without a line end after the last line.

    Args:
        account: of a file, a folder, an object, or of a network of ours.
        view: what of it.
        lang: ``"en"`` or ``"zh"``; by default that of ``WEIGH_LANG``, else English.
        width: columns that a line takes at most; by default 100.
    """
    words = wording.load(wording.language(lang))
    return text.render(_whole(account, view or View()), words, width or text.WIDTH)


def explanation(account: Account, path: str, *, lang: str | None = None, width: int | None = None) -> str:
    """Return what is known of one layer, one array, or of all that stands under one prefix.

    Raises:
        UnknownNameError: nothing has that path.
    """
    words = wording.load(wording.language(lang))
    return text.render(explained(account, path), words, width or text.WIDTH)


def totals(account: Account, *, lang: str | None = None, width: int | None = None) -> str:
    """Return the totals of an account as several tools count them."""
    words = wording.load(wording.language(lang))
    title = _title(_name(account), account.format, account.rows)
    return text.render(Section(title, [pieces.elsewhere(account)]), words, width or text.WIDTH)


# The whole ------------------------------------------------------------------------------------------------------


def _whole(account: Account, view: View) -> Explanation:
    rows, beside = view.chosen(account.rows), view.chosen(account.beside)
    body: list[Part] = [*_family(account), *([pieces.kinds(account.rows)] if account.rows else [])]
    body += [*_stored(account), *_dtypes(account.rows)]
    if view.where is not None:
        body.append(
            Said(
                "found.selected",
                rows=len(rows) + len(beside),
                all=len(account.rows) + len(account.beside),
                count=sum(row.count for row in rows),
                total=account.total,
                where=visible(view.where.text),
                n=len(rows) + len(beside),
            )
        )
    if view.every and view.depth is None:
        body += _arrays("found.section.arrays", rows, view.wide)
        body += _arrays("found.section.beside", beside, view.wide)
    else:
        body += _layers(rows, view)
        if view.where is not None:
            body += _arrays("found.section.beside", beside, view.wide)
    if view.where is None and not (view.every and view.depth is None):
        body += pieces.beside(account.beside, account.trainable)
    body += [*_packed([*rows, *beside]), *_aliases(account), *_graph(account)]
    if view.why:
        body += _why(account)
        body.append(pieces.elsewhere(account))
    body += _receipt(account, view.receipt)
    return Explanation(account.name, account.rows, _title(_name(account), account.format, account.rows), body)


def _name(account: Account) -> str:
    """Return what the network is called: a file by its own name, without the folders that it is in."""
    return account.name.rstrip("/").rpartition("/")[2] or account.name


def _title(name: str, type: str, rows: Sequence[Entry]) -> Said:
    total = sum(row.count for row in rows)
    size = pieces.size(sum(row.bytes for row in rows)) if rows else None
    return Said("title", name=escaped(name), type=escaped(type), total=total, bytes=size, n=total)


def _family(account: Account) -> Iterator[Part]:
    """Yield what line of transformers it is, and how its count comes about, where that is told."""
    arrays = [row.weight for row in account.rows if isinstance(row.weight, Stored)]
    if len(arrays) < _FEWEST:
        return
    from weigh.account import transformers

    try:
        network = transformers.recognised(account.config or None, arrays)
    except WeighError as error:
        yield Said("found.note", text=visible(str(error)))
        return
    if network is None:
        return
    formula = visible(network.formula.text).replace(" × ", f"{FIXED_SPACE}×{FIXED_SPACE}")
    lines = Said("found.family.formula", formula=formula, total=network.total)
    yield Said("found.family.name", name=escaped(network.family), evidence=visible(network.evidence))
    yield Formula(lines)
    active = network.active if network.active not in (None, network.total) else None
    cached = network.cached_bytes()
    if active is not None:
        yield Said("found.family.active", active=active)
    if cached is not None:
        yield Said("found.family.cached", bytes=pieces.size(cached), working=visible(network.cached_working))
    yield from (Said("found.note", text=visible(sentence)) for sentence in [*network.reasons, *network.notes][:_FEW])


def _stored(account: Account) -> Iterator[Said]:
    """Yield how much is stored, where that is not what the title says."""
    rows = [*account.rows, *account.beside]
    is_stored = any(isinstance(row.weight, Stored) for row in rows)
    if is_stored and (account.beside or account.stored_elements != account.total):
        yield Said(
            "found.stored",
            arrays=len(rows),
            stored=account.stored_elements,
            bytes=pieces.size(account.stored_bytes),
            beside=sum(row.stored_elements for row in account.beside) or None,
            packed=any(row.stored_elements < row.count for row in rows),
            n=len(rows),
        )


def _dtypes(rows: list[Entry]) -> Iterator[Said]:
    """Yield in which number formats the weights are."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.dtype] = counts.get(row.dtype, 0) + row.count
    if counts:
        most = sorted(counts.items(), key=lambda item: -item[1])[:_MOST]
        yield Said("found.dtypes", dtypes=Joined(f"{visible(dtype)}{FIXED_SPACE}{count:,}" for dtype, count in most))


def _why(account: Account) -> Iterator[Section]:
    """Yield why what is not trained is not, kind by kind, and where it is."""
    for kind, count in pieces.by_kind(row for row in account.rows if not row.trainable).items():
        layers: dict[str, int] = {}
        for row in account.rows:
            if row.kind == kind and not row.trainable:
                layers[row.layer] = layers.get(row.layer, 0) + row.count
        body: list[Part] = [Said(f"kinds.{pieces.key(kind)}.why")]
        if kind != roles.UNKNOWN:
            body.append(Table("lr", ([escaped(path), part] for path, part in list(layers.items())[:_FEW])))
            body += _more(len(layers) - _FEW)
        heading = Said("untrained.kind", kind=pieces.kind_said(kind, "name"), count=count)
        yield Section(heading, body)


# Layers ---------------------------------------------------------------------------------------------------------


def _layers(rows: list[Entry], view: View) -> Iterator[Section]:
    if not rows:
        return
    whole = blocks.tree(rows)
    deepest = max(blocks.levels(whole), 1)
    if view.depth is not None:
        depth = min(view.depth, deepest)
        lines = list(_lines(whole, view, depth))
    else:
        depth, lines = 1, list(_lines(whole, view, 1))
        while depth < deepest:
            deeper = list(_lines(whole, view, depth + 1))
            if len(deeper) > _LINES:
                break
            depth, lines = depth + 1, deeper
    body: list[Part] = [Table("lrrl", lines[:_MOST] if view.depth is None else lines, shrink=0)]
    body += _more(len(lines) - _MOST if view.depth is None else 0)
    if any(line[1] is not None for line in lines):
        body.append(Said("found.alike"))
    if depth < deepest:
        body.append(Said("found.depth", depth=depth, deepest=deepest))
    yield Section(Said("found.section.layers"), body)


def _lines(branch: Branch, view: View, depth: int, level: int = 0, times: int = 1) -> Iterator[list[Any]]:
    """Yield a line for each array that stands directly in a branch, and for each branch in it."""
    for row in branch.rows:
        name = row.name if branch.path else row.path
        yield _line(_INDENT * level + escaped(name), times, row.count, [row])
    for fold in blocks.in_order(blocks.folded(branch), view.sort):
        here = times * fold.times
        leaf = not fold.first.inside
        yield _line(_INDENT * level + fold.label, here, fold.first.count, fold.first.rows if leaf else ())
        if level + 1 < depth and not leaf:
            yield from _lines(fold.first, view, depth, level + 1, here)


def _line(label: str, times: int, count: int, rows: Sequence[Entry]) -> list[Any]:
    each = Joined([times, count], "×") if times > 1 else None
    return [label, each, times * count, sources.working(list(rows)) if rows and _is_worked(rows) else None]


def _is_worked(rows: Sequence[Entry]) -> bool:
    """Whether the working says more than the count."""
    return len(rows) > 1 or len(rows[0].shape) > 1


# Arrays ---------------------------------------------------------------------------------------------------------


def _arrays(heading: str, rows: list[Entry], wide: bool) -> Iterator[Section]:
    """Yield a table of arrays, one a row."""
    if not rows:
        return
    has_roles = any(row.role != roles.UNSAID for row in rows)
    has_kinds = any(row.kind in (roles.TRAINED, roles.FROZEN, roles.UNTRAINED) for row in rows)
    body: list[Part] = [
        Table(
            "lllrll",
            (
                [
                    escaped(row.path, 1 << 9),
                    row.shape,
                    visible(row.dtype),
                    row.count,
                    _role(row) if has_roles else None,
                    pieces.kind_said(row.kind, "name") if has_kinds else None,
                ]
                for row in rows
            ),
            shrink=0,
            wide=wide,
        )
    ]
    if not has_roles:
        body.append(Said("found.roles_unknown"))
    elif any(map(_is_told, rows)):
        body.append(Said("found.told"))
    yield Section(Said(heading), body)


def _role(row: Entry) -> Said:
    unsaid = row.role == roles.UNSAID
    return Said("found.role", role=Said("found.unknown") if unsaid else pieces.role(row), told=_is_told(row))


def _is_told(row: Entry) -> bool:
    """Whether the role was told from names rather than declared."""
    return row.role != roles.UNSAID and row.evidence != DECLARED


def _packed(rows: list[Entry]) -> Iterator[Section]:
    """Yield how weights are packed, and how that is known."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for row in rows:
        if row.packing:
            groups.setdefault((row.dtype, row.packing), []).append(row)
    if groups:
        few = list(groups.items())[:_MOST]
        lines = ([visible(dtype), _stands_for(some), visible(packing)] for (dtype, packing), some in few)
        yield Section(Said("found.section.packed"), [Table("lll", lines), *_more(len(groups) - len(few))])


def _stands_for(rows: list[Entry]) -> Said:
    count, stored = sum(row.count for row in rows), sum(row.stored_elements for row in rows)
    return Said("found.packed", count=count, stored=stored if stored != count else None, arrays=len(rows), n=len(rows))


def _aliases(account: Account) -> Iterator[Section]:
    """Yield what is stored once under several names, counted once and counted at every use."""
    if not account.aliases:
        return
    counts = {row.path: row.count for row in (*account.rows, *account.beside)}
    beside = {row.path for row in account.beside}
    again = sum(counts.get(path, 0) for path in account.aliases.values() if path not in beside)
    pairs = list(account.aliases.items())
    table = Table("lll", ([escaped(alias), "=", escaped(path)] for alias, path in pairs[:_MOST]))
    sums = Said("found.uses", once=account.total, uses=account.total + again)
    yield Section(Said("found.section.aliases"), [table, *_more(len(pairs) - _MOST), sums])


def _graph(account: Account) -> Iterator[Section]:
    """Yield what the file says is computed with the weights."""
    graph = account.graph
    if graph is None or not graph.operations:
        return
    types: dict[str, int] = {}
    for operation in graph.operations:
        types[operation.type] = types.get(operation.type, 0) + 1
    most = sorted(types.items(), key=lambda item: -item[1])
    listed = ", ".join(f"{count:,}{FIXED_SPACE}{escaped(kind)}" for kind, count in most[:_FEW])
    signatures = [
        [Said(f"found.{what}"), escaped(one.name), _signature(one.shape), visible(one.dtype)]
        for what, some in (("input", graph.inputs), ("output", graph.outputs))
        for one in some[:_FEW]
    ]
    body: list[Part] = [Table("llll", signatures)] if signatures else []
    operations = len(graph.operations)
    body.append(
        Said(
            "found.operations",
            operations=operations,
            types=listed + f",{FIXED_SPACE}…" * (len(most) > _FEW),
            n=operations,
        )
    )
    yield Section(Said("section.computes"), body)


def _signature(shape: tuple[int | str | None, ...] | None) -> str | None:
    if shape is None:
        return None
    sizes = ("?" if size is None else escaped(size) if isinstance(size, str) else str(int(size)) for size in shape)
    return f"({f',{FIXED_SPACE}'.join(sizes)})"


def _receipt(account: Account, whole: bool) -> Iterator[Section]:
    """Yield what reading took: what was read of what there is, what was refused, what is worth knowing."""
    receipt = account.receipt
    if receipt is None:
        return
    present, read = receipt.bytes_present, receipt.bytes_read
    body: list[Part] = []
    if read or present:
        share = pieces.share(read, present) if present and read <= present else None
        body.append(Said("found.read", read=read, present=present, share=share, n=read))
    else:
        body.append(Said("found.looked_at"))
    for key, sentences in (("found.refused", receipt.refused), ("found.note", receipt.notes)):
        most = len(sentences) if whole else _FEW
        body += [Said(key, text=visible(sentence)) for sentence in sentences[:most]]
        body += _more(len(sentences) - most)
    if whole and receipt.limits:
        named = (f"{name}{FIXED_SPACE}{limit:,}" for name, limit in receipt.limits.items())
        body.append(Said("found.limits", limits=Joined(named)))
    yield Section(Said("found.section.receipt"), body)


def _more(count: int) -> list[Part]:
    return [Said("found.more", count=count)] if count > 0 else []


# One layer ------------------------------------------------------------------------------------------------------


def explained(account: Account, path: str) -> Explanation:
    """Return what is known of what has a path, as data: a layer, an array, or all that stands under a prefix.

    Raises:
        UnknownNameError: nothing has that path; the message has the nearest ones.
    """
    every = [*account.rows, *account.beside]
    rows = _under(account, path)
    weights = [row for row in rows if row.kind not in roles.BESIDE]
    is_layer = len({row.layer for row in rows}) == 1
    body: list[Part] = []
    type = rows[0].layer_type if is_layer else ""
    if is_layer:
        body += _looks_like(account, rows)
        body += _own(rows)
    else:
        body += [pieces.kinds(weights)] if weights else []
        body += _layers(rows, View())
    body += [*_packed(rows), *_sizes(account, rows), *_shared(account, rows), *_alike(every, rows, path)]
    if weights and len(weights) == len(rows) and len(rows) > 1:
        body.append(pieces.elsewhere(Account(path, weights)))
    if weights:
        here = sum(row.count for row in weights)
        share = pieces.share(here, account.total)
        said = Said("network.share", here=here, total=account.total, share=share)
        body.append(Section(Said("section.network", name=escaped(_name(account))), [said]))
    return Explanation(path, rows, _title(path, type or account.format, weights or rows), body)


def within(account: Account, path: str) -> Account:
    """Return the account of what stands under a path; raises as `explained`."""
    rows = _under(account, path)
    part = Account(path, [row for row in rows if row.kind not in roles.BESIDE])
    part.beside = [row for row in rows if row.kind in roles.BESIDE]
    part.format, part.receipt = account.format, account.receipt
    here = {row.path for row in rows}
    part.aliases = {alias: of for alias, of in account.aliases.items() if of in here}
    return part


def _under(account: Account, path: str) -> list[Entry]:
    """Return the array that has a path, else those of the layers under it."""
    every = [*account.rows, *account.beside]
    canonical = account.aliases.get(path, path)
    rows = [row for row in every if row.path == canonical]
    if not rows:
        rows = [row for row in every if row.layer == path or row.layer.startswith((f"{path}.", f"{path}/"))]
    if not rows:
        raise UnknownNameError.of(f"layer or array of {escaped(_name(account))}", escaped(path), _near(every, path))
    return rows


def _near(rows: list[Entry], path: str) -> list[str]:
    from difflib import get_close_matches

    names = list(dict.fromkeys(name for row in rows[:5000] for name in (row.layer, row.path) if name))
    ends = [name for name in names if path and name.endswith(path)][:_FEW]
    near = ends or get_close_matches(path, names, _FEW, 0.4) or list(dict.fromkeys(map(_top, names)))[:_FEW]
    return [escaped(name) for name in near]


def _top(path: str) -> str:
    return blocks.split(path)[0]


def _looks_like(account: Account, rows: list[Entry]) -> Iterator[Said]:
    """Yield the class of a layer: declared, or as names and shapes tell."""
    if rows[0].layer_type:
        yield Said("found.class", type=escaped(rows[0].layer_type))
        return
    from weigh.account import guess

    for layer in guess.layers(Account(account.name, rows)):
        if layer.type:
            yield Said("found.looks_like", type=escaped(layer.type), evidence=visible(layer.evidence))


def _own(rows: list[Entry]) -> Iterator[Part]:
    named = any(row.role not in (row.name, roles.UNSAID) for row in rows)
    yield Table(
        "llllrll",
        (
            [
                row.symbol,
                escaped(row.name),
                _role(row) if named else None,
                row.shape,
                row.count,
                visible(row.dtype),
                pieces.kind_said(row.kind, "how"),
            ]
            for row in rows
        ),
    )
    told = [row for row in rows if _is_told(row) and row.evidence]
    if told:
        yield Section(Said("found.section.told"), [Table("ll", ([escaped(row.name), _evidence(row)] for row in told))])


def _evidence(row: Entry) -> Said:
    return Said("found.evidence", role=pieces.role(row), evidence=visible(row.evidence))


def _sizes(account: Account, rows: list[Entry]) -> Iterator[Section]:
    """Yield where sizes come from, as far as that is known: from whoever declared them, or a setting that is equal."""
    settings: dict[int, list[str]] = {}
    for name, value in _settings(account.config):
        settings.setdefault(value, []).append(name)
    body: list[Part] = []
    unknown: dict[int, None] = {}
    for size in dict.fromkeys(size for row in rows for size in row.shape):
        number = int(size)
        if isinstance(size, Dim) and size.origin:
            body.append(Said("source.own", size=number, origin=visible(repr(size.origin))))
        elif number > 1 and number in settings:
            names = Joined(f"`{escaped(name)}`" for name in settings[number][:3])
            body.append(Said("found.equals", size=number, names=names))
        else:
            unknown[number] = None
    if unknown:
        few = list(unknown)[:_FEW]
        body.append(Said("found.sizes_unknown", sizes=Joined([*few, *["…"] * (len(unknown) > _FEW)]), n=len(few)))
    if body:
        yield Section(Said("section.sources"), body)


def _settings(config: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, int]]:
    for name, value in config.items():
        if type(value) is int:
            yield f"{prefix}{name}", value
        elif isinstance(value, dict) and depth < _FEW:
            yield from _settings(value, f"{prefix}{name}.", depth + 1)


def _shared(account: Account, rows: list[Entry]) -> Iterator[Section]:
    paths = {row.path for row in rows}
    pairs = [(alias, path) for alias, path in account.aliases.items() if path in paths]
    if pairs:
        table = Table("lll", ([escaped(alias), "=", escaped(path)] for alias, path in pairs[:_MOST]))
        yield Section(Said("found.section.aliases"), [table, *_more(len(pairs) - _MOST)])


def _alike(every: list[Entry], rows: list[Entry], path: str) -> Iterator[Section]:
    """Yield which other places hold the same arrays under the same names."""
    fold = _fold_with(blocks.tree(every), path)
    if fold is not None:
        number = len(fold.paths)
        yield Section(Said("found.section.alike"), [Said("found.places", label=fold.label, places=number, n=number)])


def _fold_with(branch: Branch, path: str) -> Fold | None:
    """Return the innermost fold of several of which a path is in one."""
    found = None
    while True:
        for fold in blocks.folded(branch, ""):
            inside = [
                number
                for number, start in enumerate(fold.paths)
                if path == start or path.startswith((f"{start}.", f"{start}/"))
            ]
            if inside:
                found = fold if fold.times > 1 else found
                branch = fold.branches[inside[0]]
                break
        else:
            return found
