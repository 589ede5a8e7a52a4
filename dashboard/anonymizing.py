"""What the Anonymize page works with: protections, the method, releases made beside the page, files to take away.

In: the session's table and choices. Out: a `Preview` (full-domain, at once) or a `ReleaseView` (other methods, a job).
"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from dashboard import controls, session, tables, widgets
from dashboard.jobs import Job
from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.anonymize.models.base import ClassModel, PrivacyModel, read_models
from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.attacks.intersection import Taken
from ppml_core.calls import read_calls, write_calls
from ppml_core.catalog import method, methods
from ppml_core.charts import story
from ppml_core.data.export import file_names, spreadsheet_csv
from ppml_core.data.hierarchies import export_arx
from ppml_core.experiment.preview import Preview
from ppml_core.experiment.release_view import ReleaseView
from ppml_core.experiment.scenario import Scenario
from ppml_core.settings import settings_of

Shown = Preview | ReleaseView
Facts = Sequence[tuple[str, str, str]]
GLOBAL = "full_domain"


def is_global() -> bool:
    return str(session.get("recoding")) == GLOBAL


def is_missing() -> bool:
    """Whether what the page shows has still to be worked out."""
    if not tables.dataset().quasi_identifiers:
        return False
    return not tables.lattice_is_there() if is_global() else not tables.desk().has(_release_key())


def start() -> Job:
    """The job that works out what the page shows; started once."""
    if is_global():
        return tables.start_lattice()
    return tables.desk().work_out(_release_key(), "a release", _fitted())


def shown() -> Shown:
    """The release that the session's settings ask for; what `is_missing` asks must have been worked out."""
    if is_global():
        return tables.current_preview()
    made = tables.desk().once(_release_key(), _fitted())
    return ReleaseView(tables.dataset(), made, int(session.get("k")))


def _fitted() -> Callable[[], Recoding]:
    data, made = tables.dataset(), anonymizer()
    return lambda: made.fit(data, np.random.default_rng(0))


def anonymizer() -> Anonymizer:
    """The chosen method with those of the session's settings that it has."""
    cls = method(Anonymizer, str(session.get("recoding")))
    limit = session.get("suppression") if is_global() else None
    asked: dict[str, Any] = {"k": session.get("k"), "models": session.get("models"), "suppression_limit": limit}
    known = settings_of(cls)
    return cls.from_values({name: value for name, value in asked.items() if name in known and value is not None})


def recoding_control() -> None:
    """Alike for everybody, or cell by cell."""
    told = controls.told(
        "Whether everybody's values become equally coarse, or each class's as its people need.", "generalization"
    )
    widgets.choose("How", list(session.RECODINGS), "recoding", told, session.RECODINGS.__getitem__)


def protections() -> None:
    """What else to protect against: in words, then its strength, each with its why."""
    data = tables.dataset()
    if not data.schema.with_role("sensitive"):
        widgets.aside("Protecting a sensitive value needs a column with that role: give one on Data & roles.")
        return
    if "models" not in settings_of(method(Anonymizer, str(session.get("recoding")))):
        widgets.aside(
            f"{session.RECODINGS[str(session.get('recoding'))]} keeps k alone; the other methods can be asked for more."
        )
        return
    asked = {model.name(): model for model in _models()}
    for name, cls in _offered().items():
        start_at(f"protect_{name}", name in asked)
        told = controls.told_of(f"{cls.title}. {cls.why}", settings_of(cls)[cls.strength])
        st.toggle(cls.threat, name in asked, key=f"protect_{name}", on_change=_protect, help=told)
        if name in asked:
            start_at(f"strength_{name}", getattr(asked[name], cls.strength))
            title = f"{cls.strength} of {cls.title}"
            controls.control(settings_of(cls)[cls.strength], f"strength_{name}", title=title, on_change=_protect)
    widgets.aside(story.models_sentence(str(session.get("models")), len(asked)))


def start_at(key: str, value: Any) -> None:
    """Gives a control the scenario's value, which undo or a link may have changed."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def _offered() -> dict[str, type[PrivacyModel]]:
    """The models that say what they are asked against, and that a sweep over k can answer."""
    return {name: cls for name, cls in methods(PrivacyModel).items() if cls.threat and issubclass(cls, ClassModel)}


def _models() -> tuple[PrivacyModel, ...]:
    return tuple(model for model in read_models(str(session.get("models"))) if isinstance(model, ClassModel))


def _protect() -> None:
    """Writes what the toggles and their strengths ask for into the scenario."""
    asked = {model.name(): model for model in _models()}
    made = []
    for name, cls in _offered().items():
        if st.session_state.get(f"protect_{name}", name in asked):
            values = asked[name].values() if name in asked else {}
            if f"strength_{name}" in st.session_state:
                values[cls.strength] = st.session_state[f"strength_{name}"]
            made.append(cls.from_values(values))
    session.put("models", write_calls(made))
    session.put("node", "")


def use_node(lattice_index: int) -> None:
    levels = tables.lattice().levels(lattice_index)
    session.put("node", "-".join(str(level) for level in levels.values()))


def use_best() -> None:
    session.put("node", "")


def keep_beside(name: str, facts: Facts) -> None:
    """Remembers the numbers of this release, to compare the next ones of the same table with."""
    st.session_state["beside"] = (tables.key(), name, facts)


def kept_beside() -> tuple[str, Facts] | None:
    """The release that was kept, in words, and its numbers; None where it was one of another table."""
    key, name, facts = st.session_state.get("beside", (None, "", ()))
    return (name, facts) if key == tables.key() else None


def log_release(shown_now: Shown, key: Hashable) -> None:
    """Remembers, in this session only, whom a release that was taken away publishes alike."""
    taken = Taken.of(title(shown_now), shown_now.data, shown_now.recoding())
    log = st.session_state.setdefault("taken", {})
    others = [one for one in log.get(key, []) if not np.array_equal(one.classes, taken.classes)]
    log[key] = [*others, taken]


def taken_so_far() -> list[Taken]:
    """The releases of this table that the session took away."""
    found: list[Taken] = st.session_state.get("taken", {}).get(tables.key(), [])
    return found


def title(shown_now: Shown) -> str:
    """The release in a few words."""
    models = " + ".join(model.title for model in _models())
    return f"{session.RECODINGS[str(session.get('recoding'))]}, k = {shown_now.k}" + (f", {models}" if models else "")


def csv_file(shown_now: Shown) -> bytes:
    """Made when the button is pressed, not on every move of a slider; outside any session, so it is told what of."""
    release = shown_now.release()
    return spreadsheet_csv(release.table, release.schema.delimiter or ",")


def mapping_file(shown_now: Shown) -> bytes:
    """What each value became, as JSON."""
    columns = {name: frame.to_dict("records") for name, frame in shown_now.recoding().mapping().items()}
    return json.dumps(columns, ensure_ascii=False, indent=1, default=str).encode()


def hierarchies_file(shown_now: Shown) -> bytes:
    """A ZIP file with one file in ARX's format per quasi-identifier."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in file_names(list(shown_now.data.hierarchies)).items():
            archive.writestr(file, export_arx(shown_now.data.hierarchies[name]))
    return packed.getvalue()


def scenario() -> Scenario:
    """The settings as `ppml sweep` takes them, the picked generalization among them."""
    made, levels = anonymizer(), tables.chosen_levels()
    if isinstance(made, FullDomain) and levels:
        made = dataclasses.replace(made, levels="; ".join(f"{name}={level}" for name, level in levels.items()))
    steps = [(step.name(), step.values()) for step in (made, *perturbing_steps())]
    return Scenario.of(tables.dataset().name, str(session.get("learner")), {}, steps)


def perturbing_steps() -> tuple[Anonymizer, ...]:
    """The methods that perturb the release, in order."""
    return read_calls(Anonymizer, str(session.get("perturb")), session.PERTURB)


def _release_key() -> Hashable:
    return ("release", tables.key(), anonymizer())
