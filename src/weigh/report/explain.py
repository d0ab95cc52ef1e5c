"""Explanations: where every number of a network, or of one layer, comes from; as data, and as what people read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.entry import Entry
from weigh.declare.layer import Layer
from weigh.report import pieces, sources, text, wording
from weigh.report.explanation import Explanation, Formula, Joined, Part, Said, Section, Table
from weigh.report.facts import described_as, facts
from weigh.report.otherwise import otherwise
from weigh.report.place import Place, find, places


def explain(
    thing: Layer,
    layer: str | None = None,
    *,
    totals: bool = False,
    lang: str | None = None,
    print_fn: Callable[[str], Any] | None = None,
) -> None:
    """Print where every number of a network, of one layer of it, or of a lone built layer comes from.

    Args:
        thing: a model or a layer.
        layer: name of a layer inside, or its path, ``outer/inner``.
        totals: whether only the totals are explained, as several tools count them.
        lang: ``"en"`` or ``"zh"``; by default that of the environment variable ``WEIGH_LANG``, else English.
        print_fn: called with the text instead of printing it.

    Raises:
        NotBuiltError: the weights are not declared yet.
        UnknownNameError: there is no such layer or language.
        ArgumentError: several layers inside have that name.
    """
    shown = explanation(thing, layer, totals=totals, lang=lang, width=text.room() if print_fn is None else None)
    (print_fn or print)(shown)


def explanation(
    thing: Layer, layer: str | None = None, *, totals: bool = False, lang: str | None = None, width: int | None = None
) -> str:
    """Return what `explain` prints; `width` is the columns that a line takes at most, by default 100."""
    words = wording.load(wording.language(lang))
    return text.render(explained(thing, layer, totals=totals), words, width or text.WIDTH)


def explained(thing: Layer, layer: str | None = None, *, totals: bool = False) -> Explanation:
    """Return an explanation as data: what is said, in no language yet. Arguments as of `explain`."""
    account = _account(thing)
    if totals:
        return Explanation(
            thing.name, account.rows, _title(thing.name, thing, account.rows), [pieces.elsewhere(account)]
        )
    known = places(thing, account)
    place = known[0] if layer is None else find(thing, known, layer)
    around = account if place is not known[0] else None
    if place.layer.is_network:
        inside = [other for other in known if other.path.startswith(f"{place.path}/")] if around else known[1:]
        return _network(place, inside, account, around)
    return _layer(place, around)


def _account(thing: Any) -> Account:
    found: Account = thing.account() if thing.is_network else Account.of(thing)
    return found


# A network ------------------------------------------------------------------------------------------------------


def _network(place: Place, inside: list[Place], account: Account, around: Account | None) -> Explanation:
    body: list[Part] = [pieces.kinds(place.rows)] if place.rows else []
    described = [place, *inside] if place.own else inside
    body.append(Section(Said("section.layers"), (_block(other) for other in described)))
    body += _untrained(place.rows)
    if around is not None:
        body += [_in_network(place, around), *_shared(place)]
    else:
        body.append(pieces.elsewhere(account))
        body += pieces.beside(account.beside, account.trainable)
    return Explanation(place.path, place.rows, _title(place.path, place.layer, place.rows), body)


def _title(name: str, layer: Layer, rows: list[Entry]) -> Said:
    total = sum(row.count for row in rows)
    return Said(
        "title",
        name=name,
        type=type(layer).__name__,
        total=total,
        working=sources.working(rows) if rows and not layer.sublayers else None,
        bytes=pieces.size(sum(row.bytes for row in rows)) if rows else None,
        n=total,
    )


def _block(place: Place) -> Section:
    """Return what is said about a layer among the others of its network."""
    layer, inner = place.layer, len(place.layer.sublayers)
    values: dict[str, Any] = {"name": place.path, "type": type(layer).__name__, "total": place.total}
    if inner:
        heading = Said("block.holder", **values, layers=inner, n=inner)
    else:
        heading = Said("block.layer", **values, working=sources.working(place.own) if place.own else None)
    body: list[Part] = [] if layer.is_network else [_formula(place)]
    if place.own:
        body += [_weights(place), *sources.of_weights(place)]
    elif not inner:
        body += [*sources.of_outputs(place), Said(f"{described_as(place)}.weightless", **facts(place))]
    return Section(heading, [*body, *_shared(place)])


def _untrained(rows: list[Entry]) -> Iterator[Section]:
    """Yield what the gradient does not change, by kind, and why."""
    total = sum(row.count for row in rows)
    untrained = [row for row in rows if not row.trainable]
    count = sum(row.count for row in untrained)
    if not untrained:
        return
    body: list[Part] = []
    for kind, part in pieces.by_kind(untrained).items():
        body.append(Said("untrained.kind", kind=pieces.kind_said(kind, "name"), count=part))
        body.append(Said(f"kinds.{pieces.key(kind)}.why"))
        layers: dict[str, list[Entry]] = {}
        for row in untrained:
            if row.kind == kind:
                layers.setdefault(row.layer, []).append(row)
        body.append(
            Table("lrl", ([path, sum(row.count for row in some), _names(some)] for path, some in layers.items()))
        )
    yield Section(Said("section.untrained", count=count, share=pieces.share(count, total)), body)


# A layer --------------------------------------------------------------------------------------------------------


def _layer(place: Place, network: Account | None) -> Explanation:
    section, values = described_as(place), facts(place)
    body: list[Part] = list(_texts(section, values, "does"))
    if place.own:
        body += [_weights(place, roles_too=True), *_texts(section, values, "count")]
        body.append(Section(Said("section.sources"), sources.of_weights(place)))
    else:
        body.append(Said("holder.weightless") if place.layer.sublayers else Said(f"{section}.weightless", **values))
        body += _texts(section, values, "count") if place.rows else ()
        body += sources.of_outputs(place)
    computes = [
        _formula(place),
        *_texts(section, values, "training"),
        *_updates(section, values),
        *_texts(section, values, "inference"),
        *_shared(place),
        *_texts(section, values, "notes"),
        *_cost(place),
    ]
    body.append(Section(Said("section.computes"), computes))
    if len(place.rows) > len(place.own):
        body.append(_parts(place))
    body += otherwise(place)
    if network is not None and place.rows:
        body.append(_in_network(place, network))
    elif place.layer.sublayers:
        body += _untrained(place.rows)
    body += pieces.beside(place.beside)
    return Explanation(place.path, place.rows, _title(place.path, place.layer, place.rows), body)


def _texts(section: str, values: dict[str, Any], what: str) -> Iterator[Part]:
    if wording.known(f"{section}.{what}"):
        yield Said(f"{section}.{what}", **values)


def _updates(section: str, values: dict[str, Any]) -> Iterator[Part]:
    if wording.known(f"{section}.update"):
        yield Formula(Said(f"{section}.update", **values))


def _cost(place: Place) -> Iterator[Part]:
    """Yield what computing takes for one example."""
    cost = place.cost
    if cost is not None:
        made_of = getattr(getattr(cost.multiply_adds, "origin", None), "parts", ())
        sign = getattr(getattr(cost.multiply_adds, "origin", None), "name", "×")
        factors = [factor for factor in made_of if factor != 1 or sign == "+"]
        yield Said(
            "cost",
            multiply_adds=int(cost.multiply_adds) or None,
            working=Joined(factors, sign) if len(factors) > 1 else None,
            others=int(cost.others) or None,
            free=not cost.flops,
        )


def _formula(place: Place) -> Formula:
    section, values = described_as(place), facts(place)
    given = [Said(f"{section}.constants", **values)] if wording.known(f"{section}.constants") else []
    shapes = Said("formula.given", given=Joined([*sources.shapes(place), *given], " "))
    return Formula(Said(f"{section}.formula", **values), shapes)


def _weights(place: Place, roles_too: bool = False) -> Table:
    """Return a table of a layer's own weights, one a row."""
    rows, still = place.own, not place.layer.trainable
    named = roles_too and any(row.role != row.name for row in rows)
    return Table(
        "llllrl",
        (
            [row.symbol, row.name, pieces.role(row) if named else None, row.shape, row.count, _how(row, still)]
            for row in rows
        ),
    )


def _how(row: Entry, still: bool) -> Said:
    how = "still" if still and row.kind == roles.STATISTIC else "how"
    shared = row.users if len(row.users) > 1 else None
    return Said("weight.how", how=pieces.kind_said(row.kind, how), shared=Joined(shared) if shared else None)


def _parts(place: Place) -> Section:
    """Return the weights of the layers inside a layer."""
    inner = [row for row in place.rows if row not in place.own]
    layers = dict.fromkeys(row.layer for row in inner)
    groups = {path: [row for row in inner if row.layer == path] for path in layers}
    rows = ([path, sum(row.count for row in some), sources.working(some)] for path, some in groups.items())
    return Section(Said("section.parts"), [Table("lrl", rows)])


def _in_network(place: Place, network: Account) -> Section:
    """Return what part of its network a layer is."""
    share = pieces.share(place.total, network.total)
    body: list[Part] = [Said("network.share", here=place.total, total=network.total, share=share)]
    if network.non_trainable:
        untrained = sum(row.count for row in place.rows if not row.trainable)
        every = untrained == network.non_trainable
        body.append(
            Said(
                "network.untrained",
                untrained=network.non_trainable,
                total=network.total,
                all=every,
                some=untrained if untrained and not every else None,
                none=not untrained,
            )
        )
    else:
        body.append(Said("network.all_trained", total=network.total))
    return Section(Said("section.network", name=network.name), body)


def _shared(place: Place) -> Iterator[Said]:
    """Yield that a layer is called several times, or that its weights are met before."""
    if len(place.calls) > 1:
        given = [
            Said("shared.input", giver=tensor.layer.name, shape=tensor.shape)
            for call in place.calls
            for tensor in call.inputs
            if tensor.layer is not None
        ]
        yield Said("shared.calls", calls=len(place.calls), inputs=Joined(given), weights=bool(place.rows))
    elsewhere = dict.fromkeys(row.layer for row in place.own if row.layer != place.path)
    if elsewhere:
        yield Said("shared.weights", layers=Joined(elsewhere))


# Small things ---------------------------------------------------------------------------------------------------


def _names(rows: list[Entry]) -> Joined:
    return Joined((row.name for row in rows), ",")
