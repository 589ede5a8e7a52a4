"""Attacks & risk: what someone finds out who sees the model or the table, beside what is proved that they cannot."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import attacking, controls, frame, session, sweeps, tables, widgets
from ppml_core.attacks.membership.report import MembershipReport
from ppml_core.charts import attack_story, story
from ppml_core.charts.attack_roc import attack_roc
from ppml_core.charts.attack_success import attack_success
from ppml_core.charts.dot_grid import dot_grid
from ppml_core.experiment.membership_view import offered

PLAIN, LOG = "Plain", "Log scales"


def page() -> None:
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        choices()
    targets, reports = attacking.targets(), attacking.reports()
    with left:
        scale = widgets.segments(
            "Axes", [PLAIN, LOG], "attack_axes",
            controls.told("Logarithmic axes show the few who are found almost for certain.", "ROC curve"),
        )  # fmt: skip
        control = st.toggle(
            "Show the control, with membership by lot", key="attack_control",
            help=controls.told("The same attack where there is nothing to find: it should guess.", "estimate"),
        )  # fmt: skip
        drawn = attack_roc(reports, log=scale == LOG, control=control, mode=widgets.mode())
        widgets.chart(drawn, key="attack_roc")
    with right:
        attacking.run_controls()
    told(reports)
    below, _ = st.columns([1.9, 1], gap="large")
    with below:
        if session.first_time("attack") and not reports and not any(attacking.job_of(target) for target in targets):
            attacking.start_all()
        widgets.part("exposed", "Who stands out most?", exposed)
        widgets.part("known_columns", "What does it take to find someone in the table?", known_columns)
        widgets.part("before_after", "What does the release change?", before_after)
        widgets.part("regulations", "Which words do regulations use?", regulations)


def told(reports: Mapping[str, MembershipReport]) -> None:
    """For each model side by side: dots, the claim, what was reached, what was held fixed."""
    for number, (place, (name, report)) in enumerate(
        zip(st.columns(max(len(reports), 1), gap="large"), reports.items(), strict=False)
    ):
        with place:
            widgets.story(title=name)
            grid = dot_grid(attack_story.grids(report), attack_story.ABOUT, widgets.mode(), name=name)
            widgets.chart(grid, key=f"attack_dots_{number}")
            widgets.story(*attack_story.membership_story(report, name))
            widgets.aside(attack_story.held_fixed(report))


def choices() -> None:
    widgets.label("What is attacked")
    widgets.aside("A model that is handed out, asked as often as the attacker likes.")
    learner = sweeps.current_learner()
    learners = sweeps.offered_learners()
    widgets.keep_within(session.learner_field(), learners, learner)
    widgets.choose(
        "Learner", learners, session.learner_field(),
        controls.told("What the model under attack is trained by.", "membership inference"), sweeps.title_of,
    )  # fmt: skip
    widgets.epsilon_slider(disabled=not sweeps.has_budget(sweeps.current_learner()))
    others, now = attacking.beside(), attacking.chosen_beside()
    if st.session_state.get(attacking.BESIDE, now) != now:
        st.session_state[attacking.BESIDE] = now
    st.selectbox(
        "Beside it", list(others), list(others).index(now), key=attacking.BESIDE, persist_state="session",
        format_func=lambda name: others[name],
        help=controls.told(
            "Another model trained on as many people, attacked in the same way, or a whole scenario: saved or picked "
            "on Compare & report, or one of Together apart, which is made by the same steps in the clear, for the "
            "attack looks at the model.", "overfitting",
        ),
    )  # fmt: skip
    titles = {name: cls.title for name, cls in offered().items()}
    widgets.label("How")
    st.selectbox(
        "Attack", [attacking.RECOMMENDED, *titles], key="attack", persist_state="session",
        format_func=lambda name: titles.get(name, "best on shadow models"),
        help=controls.told(
            "The best one is found on the shadow models, before the model itself is looked at. All attacks share one "
            "set of shadow models: changing from one to another trains nothing.", "membership inference",
        ),
    )  # fmt: skip
    with st.expander("People and shadow models", key="attack_sizes"):
        sizes = [size for size in attacking.PEOPLE if size <= attacking.most_people()] or [attacking.most_people()]
        st.select_slider(
            "People trained on", sizes, min(attacking.people(), sizes[-1]), key="attack_people",
            persist_state="session",
            help=controls.told("As many others are asked about. Fewer people are remembered better.", "overfitting"),
        )  # fmt: skip
        st.select_slider(
            "Shadow models", attacking.SHADOWS, attacking.shadows(), key="attack_shadows", persist_state="session",
            help=controls.told("Models that the attacker trains to learn what membership looks like.", "shadow model"),
        )  # fmt: skip


def exposed() -> None:
    reports = attacking.reports()
    if not reports:
        widgets.aside("No attack has been run yet.")
        return
    name = str(widgets.choose(
        "Model", list(reports), "exposed_model", controls.told("Whose members are listed.", "membership inference"),
        str, first=next(iter(reports)),
    ))  # fmt: skip
    report = reports.get(name, next(iter(reports.values())))
    widgets.table(attack_story.exposed_table(report), caption="Members that the attack is surest of, by row")
    widgets.aside("Rows of the table, never what it says of them. Internal: not for a report.")
    widgets.table(
        attack_story.groups_table(report), shares=("found",),
        caption="Groups whose members are found most often at one error in a hundred",
    )  # fmt: skip


def known_columns() -> None:
    data = tables.dataset()
    if not data.quasi_identifiers:
        widgets.aside("No column is a quasi-identifier yet: give one that role on Data & roles.")
        return
    sets, people = tables.known_column_sets()
    widgets.table(
        attack_story.column_set_table(sets, people), shares=("singles out", "distinction", "separation"),
        caption="Sets of columns that someone may know, the most telling first",
    )  # fmt: skip
    widgets.aside(
        "Distinction: distinct combinations per person. Separation: pairs of people told apart. Held fixed: the table "
        "as it is, and an attacker who knows exactly these columns."
    )


def before_after() -> None:
    """Risk of the table as it is beside that of the release on Anonymize."""
    if not tables.dataset().quasi_identifiers:
        widgets.aside("No column is a quasi-identifier yet: give one that role on Data & roles.")
        return
    before, after = st.columns(2, gap="large")
    with before:
        widgets.label("The table as it is")
        widgets.facts(story.risk_facts(tables.risk()), stacked=True)
    with after:
        widgets.label(f"The release at k = {session.get('k')}")
        if tables.lattice_is_missing():
            tables.start_lattice()
            widgets.aside("Working out the release beside the page.")
            return
        widgets.facts(story.release_facts(tables.current_preview()), stacked=True)
    widgets.aside(widgets.INTERNAL)
    tried, job = attacking.releases_tried(), tables.desk().find(attacking.release_key())
    if tried is not None:
        widgets.chart(attack_success(tried, widgets.mode()), key="releases_tried")
    elif job is None or not job.running:
        st.button("Attack both tables", key="attack_tables", on_click=attacking.start_releases)
    if tried is None:
        widgets.job_line(job)


def regulations() -> None:
    widgets.table(attack_story.REGULATIONS, caption="Words of regulations, and what is measured here about them")
    widgets.aside("Vocabulary, not a verdict: no number here says that a law is complied with.")


frame.show(page, waiting=attacking.is_running)
