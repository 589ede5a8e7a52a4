"""What a session remembers: the scenario as plain values, and the table that a person brought.

Each value is kept in a plain dictionary and, under the same name, is the value of the control with that key on
whichever page it stands: `arrive` takes over what was moved and hands every control its value when a page is entered.
(Streamlit's `persist_state` forgets a value that came from a link and was never moved; it serves controls that stand
on one page.)
The whole scenario is written into the URL after each run; `bind="query-params"` would carry only the controls of the
page one is on, and a link must carry all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import links, reading
from dashboard.history import State, history
from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.models.base import read_models
from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.calls import read_calls
from ppml_core.catalog import method, methods
from ppml_core.data.bundled import names
from ppml_core.errors import BadInput
from ppml_core.experiment.axes import axes
from ppml_core.experiment.plans import private_releases
from ppml_core.learn.base import Learner
from ppml_core.settings import Method, Setting, settings_of
from ppml_core.venues.base import Venue

FIRST_LEARNER = "dp_gd"
EPSILONS = settings_of(method(Learner, FIRST_LEARNER))["epsilon"].steps
DELTAS = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
REPEATS = (2, 3, 5, 10, 20)
RECODINGS = {
    "full_domain": "Everybody alike (full-domain)",
    "local": "As little as each class needs (local recoding)",
    "mondrian": "Boxes of look-alikes (Mondrian)",
    "mdav": "Means of small groups (MDAV)",
}
FIRST_VENUE, LINEAR = "federated", "logistic_regression"
PERTURB = "pram(p=0.8) + rounding(base=5.0)"
UPLOAD = "upload"
AUTO, ANY = "auto", reading.ANY
PEOPLE, LOOK_ALIKES = "people", "look_alikes"
SETTING = "set."
KEPT = "kept"
DRAWN, DRAWING = "drawn", "drawing"
COLUMNS = "columns"
VIEWS = ("measure", "view", "column", "beside_column", "decide_mode", "shown_point", "shown_run")


@cache
def fields() -> dict[str, reading.Field]:
    """The scenario's values by name, in the order of the road."""
    release = settings_of(FullDomain)
    return {
        "dataset": reading.Field("adult", reading.one_of([*names(), UPLOAD])),
        "k": reading.Field(release["k"].default, lambda text: reading.within_slider(release["k"], text)),
        "suppression": reading.Field(
            release["suppression_limit"].default, lambda text: reading.within_slider(release["suppression_limit"], text)
        ),
        "models": reading.calls(read_models),
        "perturb": reading.calls(lambda text: read_calls(Anonymizer, text, PERTURB)),
        "recoding": reading.Field(next(iter(RECODINGS)), reading.one_of(list(RECODINGS))),
        "node": reading.Field("", reading.node),
        "train_on": reading.Field(PEOPLE, reading.one_of([PEOPLE, LOOK_ALIKES, *private_releases()])),
        "learner": reading.Field(FIRST_LEARNER, reading.one_of(list(methods(Learner)))),
        "plain_learner": reading.Field("logistic_regression", reading.one_of(list(methods(Learner)))),
        "epsilon": reading.Field(1.0, reading.between(EPSILONS[0], EPSILONS[-1])),
        "delta": reading.Field(AUTO, reading.number_of(DELTAS)),
        "repeats": reading.Field(10, lambda text: int(reading.number_of(REPEATS)(text))),
        "venue": reading.Field(FIRST_VENUE, lambda text: reading.one_of(list(methods(Venue)))(text)),
        "apart_learner": reading.Field(LINEAR, reading.one_of(list(methods(Learner)))),
        "utility_axis": reading.Field(AUTO, reading.one_of([AUTO, *axes()])),
        "risk_axis": reading.Field(AUTO, reading.one_of([AUTO, *axes()])),
        "need_utility": reading.Field(ANY, reading.or_any(reading.between(-1e9, 1e9))),
        "need_risk": reading.Field(ANY, reading.or_any(reading.between(0.0, 1.0))),
        "need_epsilon": reading.Field(ANY, reading.or_any(reading.number_of(EPSILONS))),
        "need_seconds": reading.Field(ANY, reading.or_any(reading.between(0.0, 1e9))),
        "need_bytes": reading.Field(ANY, reading.or_any(reading.between(0.0, 1e15))),
        "objective": reading.Field(AUTO, reading.one_of([AUTO, *axes()])),
    }


def start() -> None:
    """Takes the scenario from the link when a session begins; values that cannot be used keep their default."""
    if KEPT in st.session_state:
        return
    kept: dict[str, Any] = {name: field.default for name, field in fields().items()}
    refused = []
    for name, field in fields().items():
        if name in st.query_params:
            try:
                kept[name] = field.read(st.query_params[name])
            except (BadInput, ValueError):
                refused.append(name)
    st.session_state[KEPT] = kept
    for key in st.query_params:
        if key.startswith(SETTING):
            st.session_state[key] = st.query_params[key]
    if COLUMNS in st.query_params and kept["dataset"] != UPLOAD:
        try:
            keep_schema(links.with_changes(str(kept["dataset"]), links.unpack(st.query_params[COLUMNS])).to_toml())
        except BadInput:
            refused.append(COLUMNS)
    if refused:
        st.session_state["notice"] = f"The link's {' and '.join(refused)} cannot be used here; the default stands."


def arrive(page: str) -> None:
    """Before a page draws anything: takes over what was moved, and hands all other controls their values.

    Only controls that this page has drawn are believed: for any other, Streamlit goes back to the value that it began
    with, on the way to another page and after it.
    """
    kept: dict[str, Any] = st.session_state[KEPT]
    if st.session_state.get("page") != page:
        st.session_state["page"], st.session_state[DRAWN] = page, set()
    st.session_state[DRAWING] = set()
    for name in (*fields(), *VIEWS):
        if name in st.session_state[DRAWN] and st.session_state.get(name) is not None:
            kept[name] = st.session_state[name]
        elif name in kept:
            st.session_state[name] = kept[name]


def first(name: str, otherwise: Any = None) -> Any:
    """What a control that is drawn now starts with; from here on, what it is moved to is believed.

    Handed over as the control's default as well: a value that was only set beforehand is lost where the browser draws
    two runs at once, and the control would stand at the low end of its scale.
    """
    for drawn in (DRAWN, DRAWING):
        st.session_state.setdefault(drawn, set()).add(name)
    return st.session_state.get(name, otherwise)


def put(name: str, value: Any) -> None:
    """Gives a value of the scenario, or a view, to every page."""
    st.session_state[name] = st.session_state[KEPT][name] = value


def publish(more: Mapping[str, str]) -> None:
    """Writes what differs from the defaults into the URL, so that the address is always a link to what is shown.

    Roles and hierarchies that were changed go along for a bundled table; those of an upload may hold its values, and
    methods may name its columns. `more` is what only the page at hand knows.
    """
    st.session_state[DRAWN] = st.session_state[DRAWING]
    history().record(_state())
    own = is_upload()
    held = {name: get(name) for name, field in fields().items() if get(name) != field.default}
    wanted = {name: _text(value) for name, value in held.items() if not (own and fields()[name].of_table(value))}
    for used, changed in _changed_settings():
        declared = settings_of(_kind(used))
        shown = [name for name in changed if not (own and declared[name].is_of_table)]
        wanted |= {f"{SETTING}{used}.{name}": _text(changed[name]) for name in shown}
    edited = edited_schema()
    if edited is not None and not is_upload() and (packed := links.packed(dataset_name(), edited)):
        wanted[COLUMNS] = packed
    wanted |= more
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)


def undo() -> None:
    """Goes back to what was decided before the last change."""
    _put_back(history().undo())


def redo() -> None:
    _put_back(history().redo())


def can_undo() -> bool:
    """Whether there is something to go back to; at the end of a run the present state may not be recorded yet."""
    past = history().past
    return len(past) > 1 or bool(past and past[-1] != _state())


def can_redo() -> bool:
    return bool(history().undone) and history().past[-1] == _state()


def _state() -> State:
    settings = {str(key): value for key, value in st.session_state.items() if str(key).startswith(SETTING)}
    number = int(upload()["number"]) if is_upload() else 0
    return State({name: get(name) for name in fields()}, settings, edited_schema(), number)


def _put_back(state: State | None) -> None:
    if state is None:
        return
    for name, value in state.values.items():
        put(name, value)
    clear_settings()
    for key, value in state.settings.items():
        st.session_state[key] = value
    if state.schema is None:
        forget_roles()
    else:
        keep_schema(state.schema)


def clear_settings() -> None:
    """Every setting of every method is its default again."""
    for key in [key for key in st.session_state if str(key).startswith(SETTING)]:
        del st.session_state[key]


def get(name: str) -> Any:
    """The value now; the default where nothing was chosen, or where a page left it empty."""
    value = st.session_state.get(name)
    return st.session_state[KEPT][name] if value is None else value


def delta() -> float | None:
    """None where it is chosen for the table's size."""
    value = get("delta")
    return None if value == AUTO else float(value)


def open_scenario(values: Mapping[str, Any], settings: Mapping[str, Any] | None = None) -> None:
    """Sets these values, and settings as "method.setting", and the defaults for all others. Undo leads back."""
    for name, field in fields().items():
        put(name, values.get(name, field.default))
    clear_settings()
    st.session_state.pop("schema", None)
    for name, value in (settings or {}).items():
        st.session_state[f"{SETTING}{name}"] = value


def notify(sentence: str) -> None:
    """Keeps a sentence for the next page, which shows it once."""
    st.session_state["notice"] = sentence


def choose_dataset(name: str) -> None:
    """Another bundled table; the protections stay as they are."""
    put("dataset", name)
    st.session_state.pop("schema", None)


def take_click(chart: str, name: str, offered: Sequence[float], stand_for: Sequence[float] | None = None) -> None:
    """Copies a clicked point of a chart into the scenario: selections are lost when the figure changes.

    `offered` are the places of points; where those are not the values themselves, `stand_for` holds the values.
    """
    points = st.session_state[chart]["selection"]["points"]
    if points:
        place = min(range(len(offered)), key=lambda place: abs(offered[place] - float(points[0]["x"])))
        put(name, (stand_for or offered)[place])


def forget_roles() -> None:
    st.session_state.pop("schema", None)


def release() -> str:
    """The private release that is trained on; "" where it is people themselves or look-alikes."""
    chosen = str(get("train_on"))
    return "" if chosen in (PEOPLE, LOOK_ALIKES) else chosen


def chain() -> list[tuple[str, dict[str, Any]]]:
    """The anonymizer of the page Anonymize with its settings, where its release is trained on."""
    if get("train_on") != LOOK_ALIKES:
        return []
    chosen = str(get("recoding"))
    asked = {"k": get("k"), "models": get("models"), "suppression_limit": get("suppression")}
    if chosen != "full_domain":
        del asked["suppression_limit"]
    known = settings_of(method(Anonymizer, chosen))
    return [(chosen, {name: value for name, value in asked.items() if name in known and value is not None})]


def epsilons() -> tuple[float, ...]:
    """The budgets that are offered and swept: round ones, and the present one where it is none of them."""
    return tuple(sorted({*EPSILONS, float(get("epsilon"))}))


def learner_field() -> str:
    """Which value holds the learner: what is trained on a private release needs no privacy of its own."""
    return "plain_learner" if release() else "learner"


def settings_for(name: str) -> dict[str, Any]:
    """Settings of a learner or a private release that differ from their defaults; epsilon and delta are the scenario's.

    Nothing for "", which is no method.
    """
    return _changed(name, settings_of(_kind(name)), ("epsilon", "delta")) if name else {}


def venue_settings() -> dict[str, Any]:
    """Settings of the venue that differ from their defaults, the ε and δ of its noise among them."""
    used = str(get("venue"))
    held = any(str(key).startswith(f"{SETTING}{used}.") for key in st.session_state)
    return _changed(used, settings_of(method(Venue, used))) if held else {}


def _changed_settings() -> list[tuple[str, dict[str, Any]]]:
    """The methods that are used, by name, with what is changed of each."""
    named = [name for name in (str(get(learner_field())), release()) if name]
    found = [*((name, settings_for(name)) for name in named), (str(get("venue")), venue_settings())]
    return [(name, changed) for name, changed in found if changed]


def _kind(name: str) -> type[Method]:
    known: dict[str, type[Method]] = {**methods(Learner), **methods(Anonymizer), **methods(Venue)}
    return known[name]


def _changed(used: str, declared: Mapping[str, Setting], besides: Sequence[str] = ()) -> dict[str, Any]:
    """What is held for a method's settings and differs from their defaults; what cannot be read is left out."""
    chosen: dict[str, Any] = {}
    for name, setting in declared.items():
        key = f"{SETTING}{used}.{name}"
        if name in besides or key not in st.session_state:
            continue
        try:
            value = None if st.session_state[key] == AUTO else setting.parse(st.session_state[key])
        except BadInput:
            continue
        if value != setting.default:
            chosen[name] = value
    return chosen


def dataset_name() -> str:
    """The bundled set's name, or `UPLOAD`; Adult while a link's upload has not been given again."""
    name = str(get("dataset"))
    return "adult" if name == UPLOAD and "upload" not in st.session_state else name


def is_upload() -> bool:
    return dataset_name() == UPLOAD


def upload_is_missing() -> bool:
    """True when a link speaks of a table that this session was not given."""
    return get("dataset") == UPLOAD and "upload" not in st.session_state


def keep_upload(filename: str, table: pd.DataFrame, schema_toml: str, reasons: Mapping[str, str]) -> None:
    """Remembers a person's table in this session only."""
    number = int(st.session_state.get("upload", {}).get("number", 0)) + 1
    st.session_state["upload"] = {
        "filename": filename,
        "table": table,
        "schema": schema_toml,
        "reasons": dict(reasons),
        "number": number,
    }
    put("dataset", UPLOAD)
    st.session_state.pop("schema", None)


def upload() -> dict[str, Any]:
    return dict(st.session_state["upload"])


def edited_schema() -> str | None:
    """The schema as TOML where roles were changed in this session."""
    return st.session_state.get("schema")


def beside() -> list[str]:
    """Learners that the session wants to see beside the chosen one."""
    return [str(name) for name in st.session_state.get("beside", [])]


def keep_schema(toml: str) -> None:
    st.session_state["schema"] = toml


def first_time(what: str) -> bool:
    """True once per session and table: what starts by itself does so when one arrives, and never as a slider moves."""
    begun: set[tuple[str, str]] = st.session_state.setdefault("begun", set())
    asked = (what, dataset_name())
    fresh = asked not in begun
    begun.add(asked)
    return fresh


def notice() -> str:
    """A sentence to show until a page that shows it is drawn to its end."""
    return str(st.session_state.get("notice", ""))


def drop_notice(shown: str) -> None:
    """What was shown is not shown again; what was said since stays."""
    if notice() == shown:
        st.session_state.pop("notice", None)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
