"""Public bins: the steps of a grid by which a number is told, written in a schema or following from its bounds.

In: what a schema says of a column (`bins`: edges, or tables of a grid with its scale) or its bounds and the table's
public size alone. Out: `Bins`, each a rising list of edges; a number belongs to the bin between two of them. Nothing
here reads a row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ppml_core.errors import BadInput

ENTRIES = ("edges", "step", "from", "until", "grid", "scale", "drop_lowest")
MOST_EDGES = 1000
NICE = (1.0, 2.0, 5.0, 10.0)
AMOUNT = 1000.0
ROUGH_BINS = 16
COARSE_BINS = 4
FINE_BINS = 300
PEOPLE_PER_BIN = 100


@dataclass(frozen=True)
class Bins:
    """One way of cutting a column: bin j holds edges[j-1] <= x < edges[j]. `scale` is how long its 1 is.

    `drop_lowest` leaves the bin below the first edge out, for amounts that are 0 for most people.
    """

    edges: tuple[float, ...] = ()
    scale: float = 1.0
    drop_lowest: bool = False


def read_bins(where: str, entries: Sequence[Any], bounds: tuple[float, float] | None) -> tuple[Bins, ...]:
    """What a schema's `bins` say: rising edges, or one table for each way of cutting.

    A table has `edges`, `step` with `until` (and `from`), or `grid = "1-2-5"` within the bounds; a column of categories
    has a `scale` only. Raises BadInput that begins with `where`.

    >>> read_bins("", [{"step": 5, "until": 10, "edges": [50], "scale": 2}], None)
    (Bins(edges=(5.0, 10.0, 50.0), scale=2.0, drop_lowest=False),)
    """
    if not any(isinstance(entry, Mapping) for entry in entries):
        return (Bins(_rising(where, entries)),)
    return tuple(_table(where, entry, bounds) for entry in entries)


def generic_bins(low: float, high: float, people: float = math.inf) -> tuple[Bins, ...]:
    """Bins for any number with public bounds, in a table of so many people, as is publicly known.

    A number from 0 to at least 1,000 is taken for an amount, which is 0 or small for most people: cut finely near 0 and
    again by 1-2-5 steps. Any other is cut into some sixteen steps of a round width. Where there are fewer than a
    hundred people for each fine bin there are fewer fine bins, and every number is cut into sixteen and again into
    four, so that few people tell at least of the broad ranges.

    >>> [bins.edges[:3] for bins in generic_bins(17, 90)]
    [(20.0, 25.0, 30.0)]
    >>> [bins.edges[:3] for bins in generic_bins(17, 90, people=1000)]
    [(20.0, 25.0, 30.0), (20.0, 40.0, 60.0)]
    """
    amount, few = low == 0 and high >= AMOUNT, people < FINE_BINS * PEOPLE_PER_BIN
    if amount and not few:
        return Bins(_squares(high, FINE_BINS), 3.0, True), Bins(one_two_five(low, high), 1.4, True)
    if amount:
        fine = max(round(people / PEOPLE_PER_BIN), COARSE_BINS)
        two = (_squares(high, ROUGH_BINS), _squares(high, COARSE_BINS))
        return Bins(_squares(high, fine), 3.0, True), *(Bins(edges, math.sqrt(0.5)) for edges in two)
    if few:
        return tuple(Bins(_steps(low, high, count), math.sqrt(0.5)) for count in (ROUGH_BINS, COARSE_BINS))
    return (Bins(_steps(low, high, ROUGH_BINS)),)


def one_two_five(low: float, high: float) -> tuple[float, ...]:
    """1, 2, 5, 10, 20, 50 … above `low`, up to `high`, over three powers of ten.

    >>> one_two_five(0, 600)
    (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)
    """
    if high <= 0:
        return ()
    top = math.floor(math.log10(high))
    steps = (nice * 10.0**power for power in range(top - 3, top + 1) for nice in NICE[:3])
    return tuple(step for step in steps if low < step <= high and step >= 1e-3 * high)


def _squares(high: float, count: int) -> tuple[float, ...]:
    """Edges of `count` bins from 0, the wider the higher."""
    return tuple(high * (k / count) ** 2 for k in range(1, count))


def _steps(low: float, high: float, count: int) -> tuple[float, ...]:
    """Edges of some `count` bins of one round width, one edge at least."""
    step = _nice((high - low) / count)
    first = math.floor(low / step) + 1
    return tuple(step * k for k in range(first, math.ceil(high / step))) or ((low + high) / 2,)


def _nice(width: float) -> float:
    power = 10.0 ** math.floor(math.log10(width))
    return power * min(NICE, key=lambda nice: abs(math.log(nice * power / width)))


def _table(where: str, entry: Any, bounds: tuple[float, float] | None) -> Bins:
    if not isinstance(entry, Mapping) or (odd := [name for name in entry if name not in ENTRIES]):
        said = repr(odd[0]) if isinstance(entry, Mapping) else repr(entry)
        raise BadInput(f"{where}bins may have {', '.join(ENTRIES)}, not {said}.")
    edges: list[float] = []
    if "step" in entry:
        step, until, start = (_number(where, entry, name, 0.0) for name in ("step", "until", "from"))
        if step <= 0 or until <= start or (until - start) / step > MOST_EDGES:
            raise BadInput(f"{where}bins need a step above 0, until above from, and at most {MOST_EDGES:,} steps.")
        edges += [start + step * k for k in range(1, math.floor((until - start) / step + 1e-9) + 1)]
    if "grid" in entry:
        if entry["grid"] != "1-2-5" or bounds is None:
            raise BadInput(f'{where}the grid of bins is "1-2-5" and needs bounds.')
        edges += one_two_five(*bounds)
    edges += list(entry.get("edges", ()))
    scale = _number(where, entry, "scale", 1.0)
    if scale < 0:
        raise BadInput(f"{where}the scale of bins must be at least 0, not {scale:g}.")
    return Bins(_rising(where, edges) if edges else (), scale, bool(entry.get("drop_lowest", False)))


def _number(where: str, entry: Mapping[str, Any], name: str, default: float) -> float:
    value = entry.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput(f"{where}{name} of bins must be a number, not {value!r}.")
    return float(value)


def _rising(where: str, edges: Sequence[Any]) -> tuple[float, ...]:
    numbers = all(
        isinstance(edge, int | float) and not isinstance(edge, bool) and math.isfinite(edge) for edge in edges
    )
    if not edges or not numbers or list(edges) != sorted(set(edges)):
        raise BadInput(f"{where}bins must be rising numbers, not {list(edges)}.")
    return tuple(float(edge) for edge in edges)
