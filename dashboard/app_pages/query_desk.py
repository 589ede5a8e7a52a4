"""Query desk: ask about the table under restrictions or a budget, see what it costs, and break it."""

from __future__ import annotations

import streamlit as st

from dashboard import asking, breaking, controls, frame, querying, restricting, session, tables, widgets
from dashboard.controls import told
from ppml_core.catalog import methods
from ppml_core.charts import query_words
from ppml_core.charts.words import budget, power
from ppml_core.errors import PPMLError
from ppml_core.queries.policies.base import Policy
from ppml_core.queries.query import Query
from ppml_core.settings import settings_of

EMPTY = "Ask, and the answer stands here with what it rests on."


def page() -> None:
    if querying.is_loading():
        widgets.heading("What does one more question tell?", "Loading the table into the desk, once.")
        return
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        query = asked()
        shown = st.container()
    with right:
        desk_controls()
    with shown:
        if query is not None:
            widgets.guarded_part(lambda: before_asking(query))
        answer()
    with right:
        widgets.guarded_part(ledger)
    below, beside = st.columns([1.9, 1], gap="large")
    with below:
        widgets.guarded_part(breaking.part)
        widgets.part("reconstruction", "How much noise hides a whole column?", breaking.reconstruction)
        widgets.part("restricted", "What if a model answers, not the table?", restricting.part)
    with beside:
        what_is_not_stopped()


def asked() -> Query | None:
    """The question as it stands; what it is refused for stands beside it."""
    widgets.label("The question")
    try:
        query = asking.question()
    except PPMLError as fault:
        widgets.refusal(str(fault))
        return None
    asking.written_out(query)
    return query


def before_asking(query: Query) -> None:
    """Cost and error bar before anything is spent, then the button."""
    if sentence := querying.cannot_answer():
        widgets.refusal(f"{sentence} The other desk, Restriction, answers without it.")
        return
    if querying.mode() == querying.PRIVATE:
        desk = querying.private_desk(opening=False)
        told = desk.preview(query, querying.cost())
        widgets.facts(query_words.preview_facts(query, told, desk.session, desk.spent))
        if not told.fits:
            widgets.notice("The budget is exhausted for this question: it costs more than is left.")
    st.button("Ask", key="ask", type="primary", on_click=querying.ask, args=(query,))


def answer() -> None:
    if sentence := querying.refused():
        widgets.refusal(sentence)
    found = querying.answer()
    if found is None:
        widgets.aside(EMPTY)
        return
    if not found.allowed:
        widgets.heading(found.title, found.why)
    else:
        widgets.chart(found.chart(widgets.mode()), key="query_answer")
    if found.rulings:
        widgets.table(query_words.rulings_table(found.rulings), caption="What each policy decided")
    for leak in found.leaks:
        widgets.notice(leak)


def desk_controls() -> None:
    widgets.label("Who asks, under what")
    st.selectbox(
        "Analyst", querying.analysts(), key="query_analyst", accept_new_options=True, persist_state="session",
        help=told("Each has a history and a budget of their own. Write another name for a third analyst.", "collusion"),
    )  # fmt: skip
    modes = [querying.RESTRICTED, querying.PRIVATE]
    st.segmented_control(
        "The desk", modes, default=querying.first_mode(), key="desk_mode", required=True,
        persist_state="session",
        help=told("Refuse some questions, or answer each with noise and count what it costs.", "query restriction"),
    )  # fmt: skip
    (budget_controls if querying.mode() == querying.PRIVATE else policy_controls)()


def policy_controls() -> None:
    """Which restrictions stand, and their settings."""
    known = methods(Policy)
    chosen = st.multiselect(
        "Restrictions, in this order", list(known), list(querying.FIRST_POLICIES), key="desk_policies",
        format_func=lambda name: str(known[name].title), persist_state="session",
        help=told(
            "Every one must allow a query. Another choice is another desk, with an empty history.", "query restriction"
        ),
    )  # fmt: skip
    for name in chosen:
        for setting in settings_of(known[name]).values():
            title = f"{known[name].title}: {setting.name}"
            controls.control(setting, f"{querying.SETTING}{name}.{setting.name}", title=title)


def budget_controls() -> None:
    """What this question may cost, and the analyst's budget until it is opened."""
    st.select_slider(
        "ε of this question", querying.COSTS, 0.1, key="query_epsilon", format_func=budget, persist_state="session",
        help=told("What the answer costs of the budget: less is more noise.", "epsilon"),
    )  # fmt: skip
    if querying.is_opened():
        opened = querying.budget_session()
        delta = f", δ = {power(opened.delta)}" if opened.delta else ""
        widgets.aside(
            f"{opened.analyst}'s budget on this table is ε = {budget(opened.epsilon)}{delta}; it was opened with the "
            "first question and is never made larger."
        )
        return
    st.select_slider(
        "Budget of this analyst, ε", querying.BUDGETS, 1.0, key="query_budget", format_func=budget,
        persist_state="session", help=told("All answers together; fixed by the first question.", "privacy budget"),
    )  # fmt: skip
    offered = querying.deltas()
    if st.session_state.get("query_delta", 0.0) not in offered:
        st.session_state["query_delta"] = 0.0
    st.selectbox(
        "δ of the budget", offered, key="query_delta", persist_state="session",
        format_func=lambda value: f"{power(value)} (Gaussian noise)" if value else "0 (Laplace noise)",
        help=told("0: pure ε, added up. Above 0: Gaussian noise, added up as concentrated DP.", "delta"),
    )  # fmt: skip


def ledger() -> None:
    """What the analyst asked before, and what all of them know together."""
    widgets.label(f"History of {querying.analyst()}")
    if querying.mode() == querying.RESTRICTED:
        past = querying.restricted_desk().history(querying.analyst())
        if past:
            widgets.table(query_words.history_table(past), caption="Questions and decisions", note="why")
        widgets.aside("In this session only." if past else "Nothing asked at this desk yet.")
        return
    spent = querying.spending()
    if spent:
        widgets.table(query_words.budgets_table(spent), shares=("used",), caption="Budgets of the analysts")
    if querying.cannot_answer():
        return
    desk = querying.private_desk(opening=False)
    if entries := desk.history():
        widgets.table(query_words.ledger_table(entries, desk.session), caption="What was charged")
    widgets.aside(query_words.together_sentence(desk.together(), len(spent)))
    kept = "ends with this session" if session.is_upload() else "outlives a restart"
    widgets.aside(f"The ledger {kept}. How long an answer takes is not covered.")


def what_is_not_stopped() -> None:
    """What each policy leaves open, in its own words; for a budget what it stands on."""
    widgets.label("What it does not stop")
    if querying.mode() == querying.RESTRICTED:
        for sentence in query_words.leaking(querying.policies()) or ["Nothing restricts the desk."]:
            widgets.aside(sentence)
        widgets.aside("A restriction proves nothing: what it is worth is what attacks on it find.")
        return
    widgets.aside(
        "Bounds and categories come from the schema; what was read off the rows is refused. Refusals depend on the "
        "question, the schema and what was spent, never on a row. For the attacks each trial has the analyst's whole "
        "budget, as pure ε."
    )
    widgets.aside(f"The table is {widgets.short_title(tables.dataset())}; neighbours add or remove one person.")


def is_running() -> bool:
    return querying.is_loading() or breaking.is_running() or restricting.is_running()


frame.show(page, waiting=is_running)
