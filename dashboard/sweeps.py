"""From the session's scenario to sweeps: what is asked for, what is known by now, and the job that computes more."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd

from dashboard import session, spending, tables
from dashboard.jobs import Desk, Job, shared_desk
from ppml_core.accounting.ledger import together
from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.base import Attack
from ppml_core.catalog import method
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee
from ppml_core.experiment import plans
from ppml_core.experiment.points import Point
from ppml_core.experiment.relations import under_one_relation
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.sweep import sweep
from ppml_core.learn.base import Learner
from ppml_core.store import Store
from ppml_core.store.recording import recording

OnFailure = Callable[[Point, str], None] | None

KS = (2, 3, 5, 10, 20, 50, 100)
KNOWN = ["text", "value", "kind"]
CURVES = "curves"
LOOK_ALIKES = "look-alikes"


@dataclass(frozen=True)
class Question:
    """A set of sweeps that answer one question together: per name, its scenarios and the setting that is swept."""

    name: str
    fingerprint: str
    parts: tuple[tuple[str, tuple[Scenario, ...]], ...]
    swept: tuple[str, ...]
    release: str = ""

    @property
    def key(self) -> Hashable:
        asked = tuple((scenario.id, scenario.repeats) for _, part in self.parts for scenario in part)
        return self.name, self.fingerprint, asked


def cost_of_guarantee(
    data: Dataset, name: str, learner: str, repeats: int, settings: dict[str, object], release: str = "",
    release_settings: dict[str, object] | None = None, epsilons: Sequence[float] = session.EPSILONS,
    before: Sequence[tuple[str, dict[str, object]]] = (),
) -> Question:  # fmt: skip
    """The learner over all epsilons, on people or what was made of them, and the references without privacy."""
    plan = plans.epsilon_plan(name, learner, settings, epsilons, repeats, release, release_settings, before)
    references = [(scenario.learner.method, (scenario,)) for scenario in plans.reference_plan(name, data.schema)]
    swept = plans.RELEASE_EPSILON if release else plans.EPSILON
    return Question(CURVES, data.fingerprint, (*references, ("", tuple(plan))), (swept,), release)


def cost_of_look_alikes(data: Dataset, name: str, suppression: float) -> Question:
    """A plain learner on the optimal release at every k."""
    learner = plans.k_learner(data.schema)
    return Question(
        LOOK_ALIKES, data.fingerprint, (("", tuple(plans.k_plan(name, learner, KS, suppression, 1))),), (plans.K,)
    )


def current_cost_of_guarantee() -> Question:
    learner, release = current_learner(), session.release()
    return cost_of_guarantee(
        tables.dataset(), _name(), learner, int(session.get("repeats")), _settings(learner), release,
        _settings(release), session.epsilons(), session.chain(),
    )  # fmt: skip


def current_point() -> Scenario:
    """The chain at the chosen budget, as a point of the sweep."""
    learner, release, epsilon = current_learner(), session.release(), float(session.get("epsilon"))
    return plans.epsilon_plan(
        _name(), learner, _settings(learner), [epsilon], 1, release, _settings(release), session.chain()
    )[0]


def current_cost_of_look_alikes() -> Question:
    return cost_of_look_alikes(tables.dataset(), _name(), float(session.get("suppression")))


def current_learner() -> str:
    """The session's learner; another where it does not fit the table's target. Raises NotApplicable without any."""
    offered = offered_learners()
    if not offered:
        raise NotApplicable("no learner in the catalog fits the target of this table.")
    chosen = str(session.get(session.learner_field()))
    return chosen if chosen in offered else offered[0]


def trained_on() -> str:
    """What the learner sees instead of the people: a private release, look-alikes, or "" for the people."""
    return session.LOOK_ALIKES if session.chain() else session.release()


def offered_learners() -> list[str]:
    """Learners that fit the target; without privacy of their own where the release has it already."""
    return plans.learners_for(tables.dataset().schema, private=False if session.release() else None)


def has_budget(learner: str) -> bool:
    """Whether the chain has an epsilon to set."""
    return bool(session.release()) or plans.sweeps_epsilon(learner)


def title_of(learner: str, release: str = "") -> str:
    return str(method(Learner, learner).title) + (f" on {_on(release)}" if release else "")


def _on(release: str) -> str:
    if release == session.LOOK_ALIKES:
        return "look-alikes"
    return method(Anonymizer, release).gives or str(method(Anonymizer, release).title)


def known_rows(question: Question, desk: Desk, data: Dataset) -> dict[str, pd.DataFrame]:
    """Rows per part of what is computed by now. Trains nothing.

    A job's own rows come first, for they hold the points that failed, with their reasons; then the desk's memory.
    """
    job, name = desk.find(question.key), ("rows", question.key)
    if job is not None and job.finished and len(job.rows) == len(question.parts):
        return job.rows
    if job is not None and job.running:
        return {part: job.rows[part] if part in job.rows else _known(plan, question, data, desk)
                for part, plan in question.parts}  # fmt: skip
    if desk.has(name):
        return dict(desk.once(name, dict))
    rows = {part: _known(plan, question, data, desk) for part, plan in question.parts}
    if is_complete(question, rows):
        desk.once(name, lambda: rows)
    return rows


def is_complete(question: Question, rows: dict[str, pd.DataFrame]) -> bool:
    """Whether every repeat of every scenario has been tried and is there, and every attack on it."""
    return all(
        len(rows[name][["scenario_id", "repeat"]].drop_duplicates()) >= sum(scenario.repeats for scenario in part)
        and _attacked(part) <= set(zip(rows[name]["scenario_id"], rows[name]["measure"], strict=True))
        for name, part in question.parts
        if name in rows
    )


def _attacked(part: Sequence[Scenario]) -> set[tuple[str, str]]:
    """Scenario and first finding of each of their attacks."""
    return {(scenario.id, step.make(Attack).measures()[0]) for scenario in part for step in scenario.attack}


def start(question: Question, desk: Desk, data: Dataset, title: str, background: bool = False) -> None:
    """Computes what is missing, beside the page."""
    total = sum(scenario.repeats * (2 if scenario.anonymize else 1) for _, part in question.parts for scenario in part)

    def work(job: Job) -> None:
        with _recorded(question, desk, data, title) as on_failure:
            compute(job, on_failure)

    def compute(job: Job, on_failure: OnFailure) -> None:
        before = 0
        for name, part in question.parts:
            offset = before

            def report(done: int, size: int, offset: int = offset) -> None:
                nonlocal before
                before = offset + size
                job.report(offset + done, max(total, offset + size))

            def grow(frame: pd.DataFrame, name: str = name) -> None:
                job.rows[name] = frame

            job.rows[name] = sweep(
                part, data, desk.memory, swept=question.swept, progress=report,
                cancelled=job.is_cancelled, on_rows=grow, on_failure=on_failure,
            )  # fmt: skip

    if not background:
        spending.ask(question.fingerprint, [scenario for _, part in question.parts for scenario in part])
    desk.start(question.key, title, work, background=background)


@contextmanager
def _recorded(question: Question, desk: Desk, data: Dataset, title: str) -> Iterator[OnFailure]:
    """On a bundled table the sweep is a run of the store; somebody's own table leaves no trace there."""
    if desk.private or not isinstance(desk.memory, Store):
        yield None
        return
    scenarios = [scenario for _, part in question.parts for scenario in part]
    usual = f"{title}, {scenarios[0].dataset}"
    with recording(desk.memory, scenarios, data, question.swept, usual=usual) as run:
        yield run.failed


def first_question() -> Question:
    """What the front page shows: the default learner on the first table."""
    fields = session.fields()
    return cost_of_guarantee(
        tables.first_dataset(), tables.FIRST, fields["learner"].default, fields["repeats"].default, {}
    )  # fmt: skip


def start_first_curves() -> None:
    """The curves of the first table with the default settings; what the store knows is not computed again."""
    desk, data = shared_desk(), tables.first_dataset()
    suppression = session.fields()["suppression"].default
    start(first_question(), desk, data, "cost of a guarantee", background=True)
    start(cost_of_look_alikes(data, tables.FIRST, suppression), desk, data, "cost of look-alikes", background=True)


def epsilon_points(question: Question, rows: dict[str, pd.DataFrame], measure: str, learner: str) -> pd.DataFrame:
    """The learner's curve; empty for a learner without a budget."""
    chained = any(scenario.anonymize for scenario in dict(question.parts)[""])
    beside = session.LOOK_ALIKES if chained else ""
    title = f"Training on {_on(question.release)}" if question.release else title_of(learner, beside)
    return plans.points_of(rows.get("", pd.DataFrame()), measure, question.swept[0], title)


def all_epsilon_points(question: Question, rows: dict[str, pd.DataFrame], measure: str, learner: str) -> pd.DataFrame:
    """The learner's curve first, then those of other private learners as far as they are known on this table."""
    data, desk = tables.dataset(), tables.desk()
    curves = [(learner, epsilon_points(question, rows, measure, learner))]
    for other in plans.learners_for(data.schema, private=True):
        if other != learner and plans.sweeps_epsilon(other):
            plan = plans.epsilon_plan(_name(), other, {}, session.EPSILONS, max(session.REPEATS))
            known = _known(plan, question, data, desk)
            curves.append((other, plans.points_of(known, measure, plans.EPSILON, title_of(other))))
    return under_one_relation(curves)


def compared(learner: str) -> list[str]:
    """The learners asked for beside this one on the chart."""
    chosen = session.beside()
    return [name for name in plans.learners_for(tables.dataset().schema) if name in chosen and name != learner]


def others_cost(learner: str) -> Question:
    """A learner over all epsilons with its own defaults, for comparison."""
    data, repeats = tables.dataset(), int(session.get("repeats"))
    plan = plans.epsilon_plan(_name(), learner, {"delta": session.delta()}, session.EPSILONS, repeats)
    return Question(f"{CURVES} of {learner}", data.fingerprint, (("", tuple(plan)),), (plans.EPSILON,))


def beside(learner: str, points: pd.DataFrame, measure: str, others: Sequence[str]) -> pd.DataFrame:
    """The curve, and after it those of the other learners as far as they are known, under one relation."""
    data, desk = tables.dataset(), tables.desk()
    curves = [(learner, points)]
    for other in others:
        rows = known_rows(others_cost(other), desk, data)[""]
        curves.append((other, plans.points_of(rows, measure, plans.EPSILON, title_of(other))))
    return under_one_relation(curves)


def epsilon_baselines(question: Question, rows: dict[str, pd.DataFrame], measure: str, learner: str) -> pd.DataFrame:
    """The references, the learner itself where it has no budget, and guessing."""
    references = {f"{title_of(name)}, no privacy": frame for name, frame in rows.items() if name}
    if not (question.release or plans.sweeps_epsilon(learner)) and "" in rows:
        references[f"{title_of(learner)}, no privacy"] = rows[""]
    return plans.baselines_of(references, list(rows.values()), measure)


def with_anonymized(baselines: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The baselines with one more where it is known: a plain learner on the release of the page Anonymize.

    Known is what the sweep over k has computed for everybody alike, without further models; nothing is trained here.
    """
    k, alike = int(session.get("k")), session.get("recoding") == session.fields()["recoding"].default
    if not alike or session.get("models") or not tables.dataset().quasi_identifiers:
        return baselines
    question = current_cost_of_look_alikes()
    rows = known_rows(question, tables.desk(), tables.dataset())[""]
    learner = plans.k_learner(tables.dataset().schema)
    point = point_at(plans.points_of(rows, measure, plans.K, title_of(learner)), k)
    if point is None or not pd.notna(point["value"]):
        return baselines
    known = pd.DataFrame(
        [(f"{title_of(learner)}, look-alikes of k = {k}", point["value"], "anonymized")], columns=KNOWN
    )
    place = int((baselines["kind"] == "no_privacy").sum())
    return pd.concat([baselines[:place], known, baselines[place:]], ignore_index=True)


def guarantee_at(learner: str, points: pd.DataFrame, epsilon: float, release: str = "") -> Guarantee | None:
    """The guarantee behind the point at that epsilon, if there is one."""
    near = points[(points["x"] - epsilon).abs() < 1e-9]
    found = plans.guarantees_of(near, learner, unit_of(release))
    return found[0] if found else None


def spent(learner: str, points: pd.DataFrame, release: str = "") -> tuple[int, Guarantee] | None:
    """How many private models the points stand for, and what all of them would cost together; None without any."""
    proved = points[points["guarantee_epsilon"].notna() & (points["repeats"] > 0)]
    runs = [
        guarantee
        for guarantee, repeats in zip(
            plans.guarantees_of(proved, learner, unit_of(release)), proved["repeats"], strict=True
        )
        for _ in range(int(repeats))
    ]
    return (len(runs), together(runs)) if runs else None


def point_at(points: pd.DataFrame, value: float) -> pd.Series | None:
    """The computed point at that setting, if there is one."""
    near = points[(points["x"] - value).abs() < 1e-9]
    return None if near.empty else near.iloc[0]


def remarks(question: Question) -> plans.Remarks:
    """Why there is no guarantee where one might be expected, and what the libraries underneath warned of."""
    return plans.remarks_of(dict(question.parts)[""], tables.dataset(), tables.desk().memory)


def _known(part: Sequence[Scenario], question: Question, data: Dataset, desk: Desk) -> pd.DataFrame:
    return sweep(part, data, desk.memory, swept=question.swept, cancelled=lambda: True)


def _settings(name: str) -> dict[str, object]:
    return {"delta": session.delta(), **session.settings_for(name)}


def unit_of(release: str) -> str:
    """What the guarantee of the chain protects."""
    return method(Anonymizer, release).unit if release else "record"


def _name() -> str:
    return session.dataset_name()
