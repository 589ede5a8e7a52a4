"""The session's table and what is known of it, each computed once: bundled tables for all, a person's own for them."""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from collections.abc import Callable, Hashable, Sequence
from typing import Any, get_args

import pandas as pd

from dashboard import links, session
from dashboard.jobs import Desk, Job, note_fault, own_desk, shared_desk
from ppml_core.anonymize.lattice import Lattice
from ppml_core.anonymize.models.base import read_models
from ppml_core.attacks.attribute_damage import AttributeDamage, attribute_damage
from ppml_core.attacks.column_sets import ColumnSet, column_sets
from ppml_core.attacks.linkage import RiskReport, risk_report
from ppml_core.attacks.reidentifying import Reidentifying, reidentifying, with_every_column_known
from ppml_core.charts.words import count
from ppml_core.data.bundled import describe, load
from ppml_core.data.counts import count_table
from ppml_core.data.dataset import Dataset
from ppml_core.data.identifiers import Finding, detect
from ppml_core.data.inference import infer_schema
from ppml_core.data.profile import profile
from ppml_core.data.reading import read_table
from ppml_core.data.schema import Column, Kind, Role, Schema
from ppml_core.errors import PPMLError
from ppml_core.experiment.preview import Preview, preview, risk_by_k

FIRST = "adult"
ROLES: tuple[Role, ...] = get_args(Role)
KINDS: tuple[Kind, ...] = get_args(Kind)
DIRECT = ("name", "email", "phone", "address", "national_id", "credit_card", "iban", "record_number")
SURE = 0.7
SAMPLES, SAMPLE_LETTERS = 3, 24


def desk() -> Desk:
    """Where this session's table has its jobs and results."""
    return own_desk() if session.is_upload() else shared_desk()


def session_desk() -> Desk:
    """Where that is kept which ends with this session, whatever its table."""
    return own_desk()


def work_at_hand() -> list[Job]:
    """What runs or waits for this session's own table and for the bundled ones, the oldest first."""
    return sorted((*own_desk().at_hand(), *shared_desk().at_hand()), key=lambda job: job.created)


def key() -> Hashable:
    """What the session's table is known by: its name and the roles it was given."""
    edited = session.edited_schema()
    mark = hashlib.sha256(edited.encode()).hexdigest() if edited else ""
    return (session.dataset_name(), session.upload()["number"] if session.is_upload() else 0, mark)


def dataset() -> Dataset:
    """The table that the session works on, with the roles as they were last set."""
    own, name, edited = session.is_upload(), session.dataset_name(), session.edited_schema()
    brought = session.upload() if own else {}

    def make() -> Dataset:
        if own:
            schema = Schema.from_values(tomllib.loads(edited or brought["schema"]))
            links.check_files(schema, None)
            return Dataset(brought["table"], schema, name=brought["filename"])
        return with_roles(load(name), edited) if edited else load(name)

    data: Dataset = desk().once(("dataset", key()), make)
    return data


def with_roles(data: Dataset, toml: str) -> Dataset:
    """The table with the meaning that the TOML gives it; no file of this machine is opened by a name in there."""
    schema = Schema.from_values(tomllib.loads(toml), folder=data.schema.folder)
    links.check_files(schema, data.schema)
    return data.with_schema(schema)


def lattice() -> Lattice:
    """All generalizations of the session's table, under the models asked for. Raises what `Lattice.of` raises."""
    found: Lattice = desk().once(lattice_key(), _lattice_of(dataset()))
    return found


def lattice_key() -> Hashable:
    """What the lattice is known by: the table and its roles, and the privacy models beside k."""
    return ("lattice", key(), str(session.get("models")))


def _lattice_of(data: Dataset) -> Callable[[], Lattice]:
    models = read_models(str(session.get("models")))
    return lambda: Lattice.of(data, models=models)


def lattice_is_there() -> bool:
    return desk().has(lattice_key())


def lattice_is_missing() -> bool:
    """Whether the generalizations have still to be worked out."""
    return bool(dataset().quasi_identifiers) and not lattice_is_there()


def start_lattice() -> Job:
    """The job that works out the lattice; started once."""
    return desk().work_out(lattice_key(), "generalizations", _lattice_of(dataset()))


def current_preview() -> Preview:
    """The release at the session's k and suppression limit, or at the generalization that was picked."""
    return preview(dataset(), lattice(), int(session.get("k")), float(session.get("suppression")), chosen_levels())


def chosen_levels() -> dict[str, int] | None:
    """The generalization picked by hand, None where the best one is shown or it was picked for another table."""
    levels = [int(level) for level in str(session.get("node")).split("-") if level]
    trees = dataset().hierarchies
    fits = len(levels) == len(trees) and all(
        level < tree.depth for level, tree in zip(levels, trees.values(), strict=True)
    )
    return dict(zip(trees, levels, strict=True)) if levels and fits else None


def risk() -> RiskReport:
    """The risk of the session's table as it is."""
    data = dataset()
    found: RiskReport = desk().once(("risk", key()), lambda: risk_report(data))
    return found


def known_column_sets() -> tuple[tuple[ColumnSet, ...], int]:
    """Every affordable set of quasi-identifiers that someone may know, and how many people there are."""
    data = dataset()

    def made() -> tuple[tuple[ColumnSet, ...], int]:
        counts = count_table(data.table, data.quasi_identifiers)
        return column_sets(counts, data.quasi_identifiers), counts.rows

    found: tuple[tuple[ColumnSet, ...], int] = desk().once(("column sets", key()), made)
    return found


def damage() -> tuple[AttributeDamage, ...]:
    """What each quasi-identifier of the session's table gives away."""
    data = dataset()
    found: tuple[AttributeDamage, ...] = desk().once(("damage", key()), lambda: attribute_damage(data))
    return found


def kept_columns() -> tuple[Reidentifying, ...]:
    """What each kept column gives away beside them."""
    data = dataset()
    found: tuple[Reidentifying, ...] = desk().once(("kept", key()), lambda: reidentifying(data))
    return found


def take_all_as_known() -> None:
    """Every feature becomes a quasi-identifier, in this session."""
    session.keep_schema(with_every_column_known(dataset().schema).to_toml())


def risks(ks: Sequence[int]) -> pd.DataFrame:
    """Risk of the optimal release at each k, at the session's suppression limit."""
    return risk_by_k(lattice(), tuple(ks), float(session.get("suppression")))


def risk_at(k: int) -> pd.Series | None:
    """The risk of the optimal release at one k; None while the lattice is not there, or where k is not reached."""
    found = risks([k]) if lattice_is_there() else pd.DataFrame()
    return None if found.empty else found.iloc[0]


def bundled_cards() -> list[dict[str, str]]:
    """Name, title and one line per bundled table."""

    def make() -> list[dict[str, str]]:
        return [
            {
                "name": entry["name"],
                "title": entry["title"].partition(":")[0],
                "line": f"{count(entry['rows'])} people, {entry['columns']} columns, target {entry['target']}",
            }
            for entry in describe()
        ]

    cards: list[dict[str, str]] = shared_desk().once("cards", make)
    return sorted(cards, key=lambda card: card["name"] != FIRST)


def column_list(samples: bool = False) -> pd.DataFrame:
    """One line per column: role, what it looks like, what it tells apart, what is missing, and why it was read so.

    With `samples` the three most frequent values of each stand beside it.
    """
    data, found = dataset(), identifiers()
    frame: pd.DataFrame = desk().once(("profile", key()), lambda: profile(data))
    reasons = session.upload()["reasons"] if session.is_upload() else {}
    why = [
        " ".join([reasons.get(name) or data.schema[name].description, *_evidence(found.get(name))]).strip()
        for name in frame["column"]
    ]
    seen = {name: "" if finding is None else finding.title for name, finding in found.items()}
    frame = frame.assign(looks_like=[seen.get(name, "") for name in frame["column"]])
    frame = frame[["column", "role", "kind", "looks_like", *frame.columns[3:-1]]]
    if samples:
        frame = frame.assign(samples=[_samples(data.table[name]) for name in frame["column"]])
    shown = frame.assign(
        role=[role.replace("_", " ") for role in frame["role"]],
        values=[count(int(number)) for number in frame["values"]],
        levels=[str(depth) if depth else "–" for depth in frame["levels"]],
        why=why,
    )
    return shown.rename(columns={"unique_share": "unique", "missing_share": "missing", "looks_like": "looks like"})


def unconfirmed_identifiers() -> dict[str, Finding]:
    """Columns that seem to name people directly and whose role lets them into a release."""
    schema = dataset().schema
    return {
        name: finding
        for name, finding in identifiers().items()
        if finding is not None
        and finding.type in DIRECT
        and finding.confidence >= SURE
        and schema[name].role not in ("identifier", "ignore")
    }


def _evidence(finding: Finding | None) -> tuple[str, ...]:
    return () if finding is None else (f"Looks like {finding.title}.", *finding.evidence)


def _samples(values: pd.Series) -> str:
    return ", ".join(str(value)[:SAMPLE_LETTERS] for value in values.value_counts().index[:SAMPLES])


def take_file(filename: str, content: bytes) -> str:
    """Keeps a person's file as the session's table; gives the sentence of a refusal, "" when all is well."""
    try:
        table = read_table(content, filename)
        found = infer_schema(table, title=filename)
        Dataset(table, found.schema, name=filename)
    except PPMLError as refusal:
        return str(refusal)
    except Exception as fault:
        note_fault(fault)
        return "This file cannot be read as a table."
    session.keep_upload(filename, table, found.schema.to_toml(), found.reasons)
    return ""


def take_schema(content: bytes) -> str:
    """Gives the session's table the roles of a saved schema; the sentence of a refusal, "" when all is well."""
    try:
        toml = content.decode("utf-8")
        changed = with_roles(dataset(), toml)
        Dataset(changed.table, changed.schema, name=changed.name)
    except PPMLError as refusal:
        return str(refusal)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError):
        return "This is not a schema file in TOML."
    session.keep_schema(toml)
    return ""


def change_role(name: str, role: Role, kind: Kind) -> None:
    """Gives one column another role or kind, in this session."""
    data = dataset()
    column = dataclasses.replace(data.schema[name], role=role, kind=kind)
    session.keep_schema(data.schema.replace_columns({name: column}).to_toml())


def change_roles(names: Sequence[str], role: Role) -> None:
    """Gives several columns one role, in this session."""
    schema = dataset().schema
    changed = {name: dataclasses.replace(schema[name], role=role) for name in names}
    session.keep_schema(schema.replace_columns(changed).to_toml())


def change_column(name: str, column: Column) -> str:
    """Gives a column another meaning where its values fit; the sentence of a refusal, "" when all is well."""
    data = dataset()
    changed = data.with_schema(data.schema.replace_columns({name: column}))
    try:
        changed.leaf_codes(name, changed.hierarchy(name))
    except PPMLError as refusal:
        return str(refusal)
    session.keep_schema(changed.schema.to_toml())
    return ""


def identifiers() -> dict[str, Finding | None]:
    """What each column of the session's table seems to hold."""
    data = dataset()
    found: dict[str, Finding | None] = desk().once(("identifiers", key()), lambda: detect(data.table))
    return found


def mark() -> str:
    """Changes with the table and its roles: for the keys of controls that start from them."""
    return hashlib.sha256(repr(key()).encode()).hexdigest()[:8]


def first_dataset() -> Dataset:
    """The table of the front page."""
    found: Dataset = shared_desk().once(("dataset", (FIRST, 0, "")), lambda: load(FIRST))
    return found


def warm_up() -> None:
    """On the first visit to a fresh server: the first table, its curves and its generalizations, in the background."""
    from dashboard import sweeps

    common = shared_desk()
    if common.find("warm up") is not None:
        return

    def work(_: Any) -> None:
        data = first_dataset()
        common.once(("lattice", (FIRST, 0, ""), ""), lambda: Lattice.of(data))
        sweeps.start_first_curves()

    common.start("warm up", "first table", work)
