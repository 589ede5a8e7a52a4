"""What the Anonymize page works with: protections, the method, releases made beside the page, files to take away.

In: the session's table and choices. Out: a `Preview` (full-domain, at once) or a `ReleaseView` (other methods, a job).
"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Hashable
from typing import Any

import numpy as np
import streamlit as st

from dashboard import session, tables, widgets
from dashboard.jobs import Job
from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.models.base import ClassModel, PrivacyModel, read_models, write_models
from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.attacks.intersection import Taken
from ppml_core.catalog import method
from ppml_core.charts import story
from ppml_core.data.export import spreadsheet_csv
from ppml_core.data.hierarchies import export_arx
from ppml_core.experiment.preview import Preview
from ppml_core.experiment.release_view import ReleaseView
from ppml_core.experiment.scenario import Scenario
from ppml_core.settings import settings_of

Shown = Preview | ReleaseView
GLOBAL = "full_domain"
TITLES = {
    GLOBAL: "Everybody alike (full-domain)",
    "local": "As little as each class needs (local recoding)",
    "mondrian": "Boxes of look-alikes (Mondrian)",
    "mdav": "Means of small groups (MDAV)",
}
STRENGTH = {
    "distinct_l_diversity": "l", "entropy_l_diversity": "l", "equal_t_closeness": "t", "ordered_t_closeness": "t",
    "basic_beta_likeness": "beta", "delta_disclosure": "delta", "alpha_k_anonymity": "alpha",
}  # fmt: skip


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
    place, name, data, made = tables.desk(), _release_key(), tables.dataset(), anonymizer()
    found = place.find(name)
    if found is not None and (found.running or found.error):
        return found

    def work(_: Job) -> None:
        place.once(name, lambda: made.fit(data, np.random.default_rng(0)))

    return place.start(name, "a release", work)


def shown() -> Shown:
    """The release that the session's settings ask for; what `is_missing` asks must have been worked out."""
    if is_global():
        return tables.current_preview()
    made = tables.desk().once(_release_key(), lambda: anonymizer().fit(tables.dataset(), np.random.default_rng(0)))
    return ReleaseView(tables.dataset(), made, int(session.get("k")))


def anonymizer() -> Anonymizer:
    """The chosen method with those of the session's settings that it has."""
    cls = method(Anonymizer, str(session.get("recoding")))
    limit = session.get("suppression") if is_global() else None
    asked: dict[str, Any] = {"k": session.get("k"), "models": session.get("models"), "suppression_limit": limit}
    known = settings_of(cls)
    return cls.from_values({name: value for name, value in asked.items() if name in known and value is not None})


def recoding_control() -> None:
    """Alike for everybody, or cell by cell."""
    widgets.choose("How", list(TITLES), "recoding", lambda name: TITLES[name])


def protections() -> None:
    """What else to protect against: in words, then its strength, each with its why."""
    data = tables.dataset()
    if not data.schema.with_role("sensitive"):
        widgets.aside("Protecting a sensitive value needs a column with that role: give one on Data & roles.")
        return
    if "models" not in settings_of(method(Anonymizer, str(session.get("recoding")))):
        widgets.aside(f"{TITLES[str(session.get('recoding'))]} keeps k alone; the other methods can be asked for more.")
        return
    asked = {model.name(): model for model in _models()}
    for name, (words, why) in story.PROTECTIONS.items():
        cls, strength = method(PrivacyModel, name), STRENGTH[name]
        _start_at(f"protect_{name}", name in asked)
        st.toggle(words, name in asked, key=f"protect_{name}", on_change=_protect, help=f"{cls.title}. {why}")
        if name in asked:
            setting = settings_of(cls)[strength]
            now = getattr(asked[name], strength)
            whole = setting.type == "int"
            _start_at(f"strength_{name}", int(now) if whole else float(now))
            st.number_input(
                f"{strength} of {cls.title}", value=int(now) if whole else float(now), key=f"strength_{name}",
                min_value=setting.low if setting.low is None or not whole else int(setting.low),
                max_value=setting.high if setting.high is None or not whole else int(setting.high),
                step=1 if whole else 0.05, on_change=_protect,
            )  # fmt: skip
    widgets.aside(story.models_sentence(str(session.get("models")), len(asked)))


def _start_at(key: str, value: Any) -> None:
    """Gives a control the scenario's value, which undo or a link may have changed."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def _models() -> tuple[PrivacyModel, ...]:
    return tuple(model for model in read_models(str(session.get("models"))) if isinstance(model, ClassModel))


def _protect() -> None:
    """Writes what the toggles and their strengths ask for into the scenario."""
    asked = {model.name(): model for model in _models()}
    made = []
    for name in story.PROTECTIONS:
        if st.session_state.get(f"protect_{name}", name in asked):
            values = asked[name].values() if name in asked else {}
            if f"strength_{name}" in st.session_state:
                values[STRENGTH[name]] = st.session_state[f"strength_{name}"]
            made.append(method(PrivacyModel, name).from_values(values))
    session.put("models", write_models(made))
    session.put("node", "")


def use_node(lattice_index: int) -> None:
    levels = tables.lattice().levels(lattice_index)
    session.put("node", "-".join(str(level) for level in levels.values()))


def use_best() -> None:
    session.put("node", "")


def keep_beside(shown_now: Shown) -> None:
    """Remembers the numbers of this release, to compare the next ones with."""
    st.session_state["beside"] = {"title": title(shown_now), "facts": story.release_facts(shown_now)}


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
    return f"{TITLES[str(session.get('recoding'))]}, k = {shown_now.k}" + (f", {models}" if models else "")


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
        for number, (name, tree) in enumerate(shown_now.data.hierarchies.items()):
            plain = "".join(sign if sign.isalnum() else "_" for sign in name)[:60]
            archive.writestr(f"{number:02} {plain}.csv", export_arx(tree))
    return packed.getvalue()


def scenario_file() -> str:
    """The settings as the scenario file that `ppml sweep` takes."""
    made, levels = anonymizer(), tables.chosen_levels()
    if isinstance(made, FullDomain) and levels:
        made = dataclasses.replace(made, levels="; ".join(f"{name}={level}" for name, level in levels.items()))
    learner = str(session.get("learner"))
    scenario = Scenario.of(tables.dataset().name, learner, {}, [(made.name(), made.values())])
    return scenario.to_toml()


def _release_key() -> Hashable:
    return ("release", tables.key(), anonymizer())
