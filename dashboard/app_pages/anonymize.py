"""Anonymize: k, a suppression limit and further protections in, the release out at once; what it costs, and whom."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import anonymizing, controls, frame, perturbing, session, tables, widgets
from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.attacks.give_aways import give_aways as given_away
from ppml_core.attacks.intersection import intersect
from ppml_core.attacks.who_pays import who_loses_detail as groups_that_lose_detail
from ppml_core.attacks.who_pays import who_pays as groups_that_pay
from ppml_core.charts import story
from ppml_core.charts.before_after import before_after_chart
from ppml_core.charts.class_sizes import class_size_chart
from ppml_core.charts.lattice_map import MOST_DRAWN, lattice_chart
from ppml_core.charts.pair import pair_chart
from ppml_core.experiment.pair_view import pair_view
from ppml_core.experiment.preview import Preview, lattice_nodes
from ppml_core.settings import settings_of


def page() -> None:
    if anonymizing.is_missing():
        job = anonymizing.start()
        widgets.lattice_is_coming(job)
        if job.error:
            choices()
            further_controls()
        return
    # First what moves with the sliders, whose values are known before they are drawn: computed, then sent at once.
    shown = anonymizing.shown()
    sizes = class_size_chart(shown.before, shown.after, shown.suppressed, shown.k, widgets.mode())
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        widgets.chart(sizes, key="class_sizes", first=True)
    with right:
        choices()
        facts = story.release_facts(shown)
        widgets.facts(facts, stacked=True)
        widgets.aside(
            "k-anonymity bounds the first number. It does not hide a value that all look-alikes share. "
            + widgets.INTERNAL
        )
        beside(anonymizing.title(shown), facts)
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        before_and_after(shown)
        widgets.part("perturb", "What does perturbing the release hide on top?", partial(perturbing.part, shown))
        widgets.part("lattice", "Which generalizations keep what was asked?", explorer)
        widgets.part("who_pays", "Who pays for it?", partial(who_pays, shown))
        widgets.part("together", "What do releases taken so far reveal together?", together)
        widgets.part("give_aways", "Do the kept columns give it away again?", partial(give_aways, shown))
    with right:
        further_controls()
        downloads(shown)


def choices() -> None:
    declared = settings_of(FullDomain)
    widgets.label("Look-alikes")
    controls.control(declared["k"], "k", title="k, smallest class of look-alikes")
    if anonymizing.is_global():
        controls.control(declared["suppression_limit"], "suppression", title="People that may be left out, at most")


def further_controls() -> None:
    """The method and the protections beside k."""
    widgets.label("Method")
    anonymizing.recoding_control()
    widgets.label("What else to protect against")
    widgets.guarded_part(anonymizing.protections)


def beside(name: str, facts: anonymizing.Facts) -> None:
    """This release next to one that was kept."""
    kept = anonymizing.kept_beside()
    if kept is not None:
        title, before = kept
        rows = [(what, was, now) for (now, what, _), (was, _, _) in zip(facts, before, strict=True)]
        widgets.table(pd.DataFrame(rows, columns=["", "kept", "now"]), caption=f"Kept: {title}")
        widgets.aside(f"Kept: {title}.")
    st.button("Keep this one beside", key="keep_beside", on_click=anonymizing.keep_beside, args=(name, facts))


def before_and_after(shown: anonymizing.Shown) -> None:
    """A column by itself where everybody is generalized alike, and with another one whatever the method."""
    keep = shown.data.quasi_identifiers
    widgets.keep_within("column", keep, keep[0])
    name = widgets.choose(
        "Column", keep, "column", controls.told("Which column is shown before and after.", "generalization")
    )
    if isinstance(shown, Preview):
        widgets.chart(before_after_chart(shown.column(name), widgets.mode()), key="before_after")
        widgets.label("What becomes of each column")
        widgets.table(story.levels_table(shown), caption="Level of each quasi-identifier in the release")
    else:
        widgets.aside(
            "This method publishes one value differently for different people: the mapping says what each became."
        )
    widgets.part("pair", "What is left of the relation between two columns?", partial(pair, shown, name))


def pair(shown: anonymizing.Shown, name: str) -> None:
    others = [other for other in shown.data.quasi_identifiers if other != name]
    if not others:
        widgets.aside("A pair needs a second quasi-identifier: give one on Data & roles.")
        return
    widgets.keep_within("beside_column", others, others[0])
    other = widgets.choose(
        "Together with", others, "beside_column",
        controls.told("The second column, whose relation to the first one is shown.", "generalization"),
    )  # fmt: skip
    drawn = pair_chart(pair_view(shown.data, shown.recoding(), name, other), widgets.mode())
    widgets.chart(drawn, key="pair_before_after")


def explorer() -> None:
    """Every generalization: drawn up to 200 of them, else as a table; one can be picked instead of the best."""
    if not anonymizing.is_global():
        widgets.aside("Local methods choose no single generalization; this belongs to full-domain generalization.")
        return
    lattice, k, limit = tables.lattice(), int(session.get("k")), float(session.get("suppression"))
    nodes = lattice_nodes(lattice, k, limit)
    in_use = lattice.index_of(tables.current_preview().node.levels)
    asked = f"k = {k} with at most {limit:.0%} left out".replace("%", " %")
    if len(nodes) <= MOST_DRAWN:
        widgets.chart(lattice_chart(nodes, in_use, asked, widgets.mode()), key="lattice_map")
    else:
        widgets.aside(f"{int(nodes['keeps'].sum()):,} of {len(nodes):,} generalizations keep {asked}.")
    keeping = nodes[nodes["keeps"]].sort_values("loss", ignore_index=True).head(MOST_DRAWN)
    event = st.dataframe(
        keeping.drop(columns=["node", "keeps"]),
        hide_index=True,
        height=260,
        key=f"nodes_{tables.mark()}_{session.get('models')}_{k}_{limit}",
        on_select="rerun",
        selection_mode="single-row",
    )
    picked = event["selection"]["rows"]
    with st.container(horizontal=True):
        st.button(
            "Use the picked one", key="use_node", disabled=not picked, on_click=anonymizing.use_node,
            args=(int(keeping["node"].iloc[picked[0]]) if picked else 0,),
        )  # fmt: skip
        st.button(
            "Back to the best", key="use_best", disabled=tables.chosen_levels() is None, on_click=anonymizing.use_best
        )


def who_pays(shown: anonymizing.Shown) -> None:
    widgets.label("Left out more often than others")
    found = groups_that_pay(shown.data, shown.recoding())
    if not found:
        widgets.aside("No group of at least 20 people is left out more often than the others, beyond chance.")
    for cost in found[:8]:
        widgets.story(cost.sentence())
    widgets.label("Generalized more than others")
    lost = groups_that_lose_detail(shown.data, shown.recoding())
    if not lost:
        widgets.aside("No group of at least 20 released people lost more detail than the others, beyond chance.")
    for loss in lost[:8]:
        widgets.story(loss.sentence())
    widgets.aside(widgets.INTERNAL)


def give_aways(shown: anonymizing.Shown) -> None:
    found = given_away(shown.data, shown.recoding(), np.random.default_rng(0))
    if not found:
        widgets.aside("No kept column lets a generalized value be guessed better than the release alone does.")
    for one in found[:8]:
        widgets.story(one.sentence())
    widgets.aside(f"Learned on one half of the people and tried on the other, both ways. {widgets.INTERNAL}")


def together() -> None:
    """Every release of this table that was taken away in this session, and what they reveal together."""
    log = anonymizing.taken_so_far()
    if len(log) < 2:
        widgets.aside(
            "Take two releases of this table away, and what someone learns who holds both is counted here: classes "
            "that are large enough in each can be small where they meet."
        )
        return
    widgets.story(intersect(tables.dataset(), log).sentence())
    rows = [(taken.name, f"{taken.people:,}") for taken in log]
    widgets.table(pd.DataFrame(rows, columns=["release", "people"]), caption="Releases taken so far")
    widgets.aside(widgets.INTERNAL)


def downloads(shown: anonymizing.Shown) -> None:
    widgets.label("Take away")
    name = f"{shown.data.name}-k{shown.k}"
    st.download_button(
        "Download the release as CSV", data=partial(anonymizing.csv_file, shown), file_name=f"{name}.csv",
        mime="text/csv", key="save_csv", on_click=anonymizing.log_release, args=(shown, tables.key()),
    )  # fmt: skip
    for label, key, make, ending, mime in (
        ("Mapping", "mapping", partial(anonymizing.mapping_file, shown), "-mapping.json", "application/json"),
        ("Hierarchies", "trees", partial(anonymizing.hierarchies_file, shown), "-hierarchies.zip", "application/zip"),
        ("Settings", "settings", anonymizing.scenario().to_toml, ".toml", "text/plain"),
    ):
        st.download_button(
            label, data=make, file_name=f"{name}{ending}", mime=mime, key=f"save_{key}", on_click="ignore"
        )
    widgets.aside(
        "Identifiers and the people left out are not in the file. The release carries no ε: it was chosen by looking "
        "at everybody."
    )


frame.show(page, waiting=lambda: anonymizing.is_missing() or perturbing.is_running())
