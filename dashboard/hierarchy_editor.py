"""The workshop for hierarchies on the page Data & roles: review, suggestions, rules, files, by hand.

In: the session's table. Out: a column whose hierarchy is replaced in the session's schema, undone like everything else.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from dashboard import tables, widgets
from dashboard.controls import told
from ppml_core.charts.words import count
from ppml_core.data.dataset import Dataset
from ppml_core.data.export import file_names
from ppml_core.data.hierarchies import Checked, check_file, export_arx, level_counts, suggest, values_at
from ppml_core.data.hierarchies.builders import (
    Entries,
    Side,
    from_intervals,
    from_order,
    from_prefix,
    from_redaction,
    from_rows,
    with_entries,
)
from ppml_core.data.hierarchy import MISSING
from ppml_core.data.schema import Column
from ppml_core.errors import BadInput, PPMLError

MOST_BY_HAND = 500
MOST_REVIEWED = 12
FILE = "hierarchy_file"
REFUSED = "hierarchy_refused"


def editor() -> None:
    """One column's hierarchy: what it does level by level, and ways to another one."""
    data = tables.dataset()
    offered = [*data.quasi_identifiers, *(n for n in data.schema.columns if _may_have_one(data.schema[n]))]
    if not offered:
        widgets.aside("No column can be generalized yet: give one the role quasi-identifier.")
        return
    name = st.selectbox(
        "Column to generalize", offered, key=f"hierarchy_column_{data.name}",
        help=told("Whose values become coarser level by level.", "generalization"),
    )  # fmt: skip
    if refused := st.session_state.pop(REFUSED, ""):
        widgets.refusal(refused)
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        widgets.guarded_part(functools.partial(review, data, name))
    with right:
        widgets.guarded_part(functools.partial(ways, data, name))


def review(data: Dataset, name: str) -> None:
    """Values per level, and the people behind each value of one of them."""
    groups = level_counts(data, name)
    widgets.label("Values left at each level")
    widgets.aside(f"{' → '.join(count(number) for number in groups)}: from the values themselves to * for everybody.")
    level = 1
    if len(groups) > 2:
        level = st.slider(
            "Level", 0, len(groups) - 1, 1, key=f"hierarchy_level_{tables.mark()}_{name}",
            help=told("0: the values themselves; the last: one value for everybody.", "generalization"),
        )  # fmt: skip
    shown = values_at(data, name, level, MOST_REVIEWED)
    frame = pd.DataFrame(
        [(value.text or "absent", count(value.people), count(value.values)) for value in shown],
        columns=["published", "people", "values under it"],
    )
    widgets.table(frame, caption=f"Level {level} of {name}")
    if groups[level] > MOST_REVIEWED:
        widgets.aside(f"The {MOST_REVIEWED} most frequent of {count(groups[level])}.")
    st.download_button(
        "Save as a hierarchy file",
        data=functools.partial(_exported, data, name),
        file_name=f"hierarchy_{file_names([name])[name]}",
        mime="text/csv",
        on_click="ignore",
        key="save_hierarchy",
    )


def ways(data: Dataset, name: str) -> None:
    """Ways to another hierarchy; those that do not fit the column are not offered."""
    numeric = data.schema[name].kind == "numeric"
    offered: dict[str, Callable[[Dataset, str], None]] = {"Suggested": suggested}
    offered |= {"Intervals": intervals} if numeric else {"Order": order, "Prefix": prefix, "Redaction": redaction}
    offered |= {"From a file": from_file, "By hand": by_hand}
    widgets.label("Another hierarchy")
    way = st.selectbox(
        "How", list(offered), key=f"hierarchy_way_{'numeric' if numeric else 'other'}",
        help=told("How values are put together into coarser ones.", "generalization"),
    )  # fmt: skip
    offered[way](data, name)


def suggested(data: Dataset, name: str) -> None:
    found = suggest(data, name)
    if not found:
        widgets.aside("Nothing better suggests itself.")
    for number, suggestion in enumerate(found):
        widgets.story(f"**{suggestion.title}.** {suggestion.why}")
        _use(name, suggestion.column, f"suggestion_{number}")


def intervals(data: Dataset, name: str) -> None:
    widths = data.schema[name].widths or (5, 10, 20)
    given = st.text_input(
        "Widths, each a multiple of the one before", ", ".join(f"{width:g}" for width in widths),
        key=f"widths_{tables.mark()}_{name}",
        help=told("Intervals of the first width at level 1, of the second at level 2.", "generalization"),
    )  # fmt: skip
    _try(data, name, lambda: from_intervals(widths=_numbers(given, name), name=name), "intervals")


def order(data: Dataset, name: str) -> None:
    listed = st.text_area(
        "Values in their order, one a line", "\n".join(_values(data, name)), key=f"order_{tables.mark()}_{name}",
        help=told("Neighbours in this order are put together.", "generalization"),
    )  # fmt: skip
    given = st.text_input(
        "Neighbours joined at each level", "2, 2", key=f"runs_{tables.mark()}_{name}",
        help=told("How many become one at level 1, how many of those at level 2.", "generalization"),
    )  # fmt: skip

    def made() -> Entries:
        return from_order(
            [line for line in listed.splitlines() if line.strip()], [int(n) for n in _numbers(given, name)], name
        )

    _try(data, name, made, "order")


def prefix(data: Dataset, name: str) -> None:
    longest = max(map(len, _values(data, name)), default=1)
    first = ", ".join(str(number) for number in range(longest - 1, 0, -1)[:4])
    given = st.text_input(
        "Signs kept at each level", first, key=f"prefix_{tables.mark()}_{name}",
        help=told("Values with the same beginning become one, as the first digits of a ZIP code.", "generalization"),
    )  # fmt: skip
    _try(
        data, name,
        lambda: from_prefix(_values(data, name), [int(n) for n in _numbers(given, name)], name), "prefix",
    )  # fmt: skip


def redaction(data: Dataset, name: str) -> None:
    sides: tuple[Side, ...] = ("right", "left")
    side = st.selectbox(
        "From which side", sides, key="redaction_side", help=told("Where signs become * first.", "generalization")
    )
    step = int(st.number_input(
        "Signs at a time", 1, 20, 1, key="redaction_step",
        help=told("How many more become * at each level.", "generalization"),
    ))  # fmt: skip
    _try(data, name, lambda: from_redaction(_values(data, name), side, step, name=name), "redaction")


def from_file(data: Dataset, name: str) -> None:
    """A file in ARX's format, with what is wrong in it and a repair that one click takes."""
    given = st.file_uploader(
        "CSV: the value, then its levels", type=["csv", "txt"], key=f"{FILE}_{name}",
        help=told("As ARX writes it; its faults are named, and mended where they can be.", "generalization"),
    )  # fmt: skip
    if given is None:
        widgets.aside("One line per value: the value, what it becomes at level 1, at level 2, up to *.")
        return
    checked: Checked = check_file(given.getvalue(), name, _values(data, name))
    for fault in checked.faults:
        widgets.refusal(fault.sentence)
        if fault.repair:
            widgets.aside(fault.repair)
    rows = checked.repaired if checked.faults else checked.rows
    if rows:
        _try(data, name, lambda: from_rows(rows, name), "file", "Use the repaired one" if checked.faults else "")


def by_hand(data: Dataset, name: str) -> None:
    tree = data.hierarchy(name)
    if len(tree.leaves) > MOST_BY_HAND:
        widgets.aside(f"{count(len(tree.leaves))} values are too many to edit here: save the file, edit and load it.")
        return
    rows = [[labels[code[leaf]] for labels, code in zip(tree.labels, tree.codes, strict=True)]
            for leaf in range(len(tree.leaves)) if tree.leaves[leaf] != MISSING]  # fmt: skip
    columns = ["value", *(f"level {level}" for level in range(1, tree.depth))]
    edited = st.data_editor(
        pd.DataFrame(rows, columns=columns), hide_index=True, disabled=["value"], height=320,
        column_config={
            column: st.column_config.Column(help=told("What each value becomes at this level.", "generalization"))
            for column in columns[1:]
        },
        key=f"by_hand_{tables.mark()}_{name}",
    )  # fmt: skip
    _try(data, name, lambda: from_rows([[str(cell or "") for cell in row] for row in edited.to_numpy()], name), "hand")


def _try(data: Dataset, name: str, made: Callable[[], Entries], key: str, label: str = "") -> None:
    """What the way would do, and a button to take it; where it cannot be made, the reason."""
    try:
        column = with_entries(data.schema[name], made())
        groups = level_counts(data.with_schema(data.schema.replace_columns({name: column})), name)
    except PPMLError as refusal:
        widgets.refusal(str(refusal))
        return
    widgets.aside(f"It would leave {' → '.join(count(number) for number in groups)} values.")
    _use(name, column, key, label)


def _use(name: str, column: Column, key: str, label: str = "") -> None:
    st.button(label or "Use this hierarchy", key=f"use_{key}", on_click=_take, args=(name, column))


def _take(name: str, column: Column) -> None:
    st.session_state[REFUSED] = tables.change_column(name, column)


def _may_have_one(column: Column) -> bool:
    return column.role == "sensitive" and column.has_hierarchy


def _values(data: Dataset, name: str) -> Sequence[str]:
    """The values that a hierarchy must know: those of the declared one, else what occurs."""
    column = data.schema[name]
    if column.has_hierarchy or column.categories:
        known = list(data.hierarchy(name).leaves)
        return [value for value in known if value != MISSING]
    return sorted(set(data.texts(name)) - {MISSING})


def _numbers(text: str, name: str) -> list[float]:
    try:
        return [float(part) for part in text.replace(";", ",").split(",") if part.strip()]
    except ValueError as fault:
        raise BadInput(f"the levels of {name!r} take numbers with commas between, not {text!r}.") from fault


def _exported(data: Dataset, name: str) -> bytes:
    return export_arx(data.hierarchy(name))
