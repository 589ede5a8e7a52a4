"""What the page Attacks & risk works with: the models that are attacked, the jobs that do it, and their results.

In: the session's scenario and choices. Out: membership reports by name, as far as they are worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from dashboard import anonymizing, comparing, scenarios, session, sweeps, tables, widgets
from dashboard.jobs import Job
from ppml_core.attacks.membership.report import MembershipReport
from ppml_core.charts.scenario_words import in_short
from ppml_core.errors import PPMLError
from ppml_core.experiment import plans
from ppml_core.experiment.membership_view import MembershipView, attack_membership
from ppml_core.experiment.release_attacks import Tried, attack_releases
from ppml_core.experiment.scenario import Scenario
from ppml_core.workers import Progress

SHADOWS = (8, 16, 32, 64)
PEOPLE = (500, 1000, 2000, 5000)
RECOMMENDED = "recommended"
NOBODY = "nobody"
FIRST_BESIDE = "random_forest"
BESIDE = "attack_beside"


@dataclass(frozen=True)
class Target:
    """A model to attack: what it is called here, and the road to it."""

    name: str
    scenario: Scenario

    @property
    def key(self) -> Hashable:
        return ("membership", tables.key(), self.scenario.id, shadows(), people())


class Stopped(PPMLError):
    """The person who started it no longer wants it."""


def targets() -> list[Target]:
    """The session's model, and the one beside it."""
    own = sweeps.current_point()
    learner, epsilon = sweeps.current_learner(), session.get("epsilon")
    title = sweeps.title_of(learner, session.release())
    named = f"{title}, ε = {epsilon:g}" if sweeps.has_budget(learner) else title
    found = [Target(named, own)]
    other, whole = chosen_beside(), scenarios_beside()
    if other in whole:
        found.append(Target(*whole[other]))
    elif other != NOBODY:
        plan = plans.epsilon_plan(session.dataset_name(), other, {}, [float(epsilon)], 1)[0]
        budget = f", ε = {epsilon:g}" if plans.sweeps_epsilon(other) else ""
        found.append(Target(f"{sweeps.title_of(other)}{budget}", plan))
    return [target for place, target in enumerate(found) if target.scenario not in [f.scenario for f in found[:place]]]


def beside() -> dict[str, str]:
    """What the session's own may be compared with, by title: learners, and by id whole scenarios."""
    learners = {name: sweeps.title_of(name) for name in plans.learners_for(tables.dataset().schema)}
    return {NOBODY: "nothing"} | learners | {name: title for name, (title, _) in scenarios_beside().items()}


def chosen_beside() -> str:
    held = str(st.session_state.get(BESIDE))
    return held if held in beside() else first_beside()


def scenarios_beside() -> dict[str, tuple[str, Scenario]]:
    """(title, scenario) by its id: saved or picked on Compare & report, and what ran on Together apart.

    Of the latter the shadow models are trained in the clear (EVIDENCE 19).
    """
    offered = comparing.offered().items()
    compared = {one.id: (title, one) for key, (title, one) in offered if key not in comparing.STANDING}
    return {one.id: (in_short(one), one) for one in scenarios.done_apart()} | compared


def first_beside() -> str:
    """A model that remembers, where the target allows it."""
    return FIRST_BESIDE if FIRST_BESIDE in beside() else NOBODY


def shadows() -> int:
    return int(st.session_state.get("attack_shadows", SHADOWS[1]))


def people() -> int:
    """People trained on; a small table has fewer to offer."""
    return min(int(st.session_state.get("attack_people", PEOPLE[2])), most_people())


def most_people() -> int:
    return len(tables.dataset()) * 3 // 7


def known(target: Target) -> MembershipView | None:
    desk = tables.desk()
    return desk.once(target.key, lambda: None) if desk.has(target.key) else None


def job_of(target: Target) -> Job | None:
    return tables.desk().find(target.key)


def start(target: Target) -> None:
    """Attacks the model beside the page; nothing where that is done or under way."""
    data, asked, shadow_models, n = tables.dataset(), target.scenario, shadows(), people()
    work_out(
        target.key, f"attack on {target.name}", lambda heard: attack_membership(asked, data, shadow_models, n, heard)
    )


def work_out(key: Hashable, title: str, make: Callable[[Progress], object], counted: str = "models") -> None:
    """Makes the value of that name beside the page, with progress; what was stopped leaves nothing behind."""
    desk = tables.desk()

    def work(job: Job) -> None:
        def heard(done: int, total: int) -> None:
            if job.cancelled:
                raise Stopped("it was stopped")
            job.report(done, total)

        with suppress(Stopped):
            desk.once(key, lambda: make(heard))

    if not desk.has(key):
        desk.start(key, title, work).counted = counted


def start_all() -> None:
    for target in targets():
        start(target)


def chosen_report(view: MembershipView) -> MembershipReport:
    """The report that the page was asked for; the recommended one where that attack could not be run."""
    asked = str(st.session_state.get("attack", RECOMMENDED))
    return view.reports.get(asked, view.reports[view.recommended])


def reports() -> Mapping[str, MembershipReport]:
    """What is known by now, in the order of the targets."""
    views = {target.name: known(target) for target in targets()}
    return {name: chosen_report(view) for name, view in views.items() if view is not None}


def release_key() -> Hashable:
    return ("attacks on a release", tables.key(), anonymizing.anonymizer().text())


def releases_tried() -> tuple[Tried, ...] | None:
    """Attacks on the table and on the release of the page Anonymize, as far as they are worked out."""
    desk, key = tables.desk(), release_key()
    return desk.once(key, tuple) if desk.has(key) else None


def start_releases() -> None:
    data, made, names = tables.dataset(), anonymizing.anonymizer(), ("as it is", f"release, k = {session.get('k')}")
    work_out(
        release_key(),
        "attacks on the table",
        lambda heard: attack_releases(data, made, names, progress=heard),
        "attacks",
    )


def is_running() -> bool:
    jobs = [*(job_of(target) for target in targets()), tables.desk().find(release_key())]
    return any(job is not None and job.running for job in jobs)


def run_controls() -> None:
    """One button for all that is missing; progress and a way to stop for what runs."""
    missing = [target for target in targets() if known(target) is None]
    running = [job for target in missing if (job := job_of(target)) is not None and job.running]
    if missing and not running:
        st.button("Run the attack", key="run_attack", type="primary", on_click=start_all, width="stretch")
    for target in missing:
        widgets.job_line(job_of(target))
