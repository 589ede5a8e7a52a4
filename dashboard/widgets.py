"""The pieces pages are made of: the scenario bar, the chart block, lists of facts, jobs.

In: values of the core. Out: elements on the page. What a control's value is stands in `session`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import controls, session, sweeps, tables
from dashboard.copy_link import copy_link
from dashboard.jobs import Job
from ppml_core.accounting.budget import default_delta
from ppml_core.anonymize.base import Anonymizer
from ppml_core.catalog import method
from ppml_core.charts.scenario_words import in_short
from ppml_core.charts.template import CONFIG, Chart, Mode
from ppml_core.charts.words import budget, count, power, repeats
from ppml_core.data.dataset import Dataset
from ppml_core.errors import PPMLError
from ppml_core.experiment.scenario import Scenario
from ppml_core.learn.base import Learner
from ppml_core.measures.base import Measure
from ppml_core.settings import settings_of, words

PAINT_SECONDS = 0.1
INTERNAL = "Internal: counted or measured on the people themselves, and covered by no guarantee."


@dataclass(frozen=True)
class Step:
    """A step of the road, and the page on which it begins."""

    title: str
    page: str


ROAD = (
    Step("Data", "data_roles"),
    Step("Anonymize", "anonymize"),
    Step("Choose a technique", "trade_off"),
    Step("Train", "private_training"),
    Step("Evaluate", "attacks_risk"),
)
ROAD_PAGES = {
    "start": -1, "data_roles": 0, "anonymize": 1, "trade_off": 2, "query_desk": 2, "private_training": 3,
    "together_apart": 3, "attacks_risk": 4, "compare_report": 4,
}  # fmt: skip


def mode() -> Mode:
    """The colours the browser shows now."""
    return "dark" if st.context.theme.type == "dark" else "light"


def scenario_bar(save: Callable[[], None], own: Callable[[], Scenario] | None = None) -> None:
    """One line on top of every page: what is shown, a way back, a link that reproduces it, and a way to keep it.

    `own` is the scenario of a page that trains elsewhere: the line is about that one.
    """
    data = tables.dataset()
    about = [f"<strong>{escape(short_title(data))}</strong>", f"{count(len(data))} people"]
    parts = about + (_central(data) if own is None else [escape(_told(own))])
    facts = "".join(f"<li>{part}</li>" for part in parts)
    line, actions = st.columns([5, 2.6], vertical_alignment="center")
    with line:
        st.html(f'<ul class="scenario" aria-label="Scenario">{facts}</ul>')
    with actions, st.container(horizontal=True, horizontal_alignment="right", key="bar_actions"):
        for name, act, can in (("Undo", session.undo, session.can_undo), ("Redo", session.redo, session.can_redo)):
            st.button(name, type="tertiary", key=name.lower(), on_click=act, disabled=not can())
        st.button("Reset", type="tertiary", key="reset", on_click=session.open_scenario, args=({},))
        copy_link()
        save()


def shown_delta(data: Dataset) -> str:
    """The δ that is set; where it is chosen for the table's size, what that gives for a method that has one."""
    chosen, size = session.delta(), data.schema.expected_rows
    if chosen is not None:
        return f", δ = {power(chosen)}"
    used = [settings_of(method(Learner, str(session.get(session.learner_field()))))]
    if session.release():
        used.append(settings_of(method(Anonymizer, session.release())))
    if size is None or not any("delta" in declared for declared in used):
        return ""
    return f", δ = {power(default_delta(size))}"


def _told(own: Callable[[], Scenario]) -> str:
    try:
        return in_short(own())
    except PPMLError:
        return "settings that do not go together"


def _central(data: Dataset) -> list[str]:
    """What the session has decided for people in one place."""
    return [
        f"k = {session.get('k')}",
        f"ε = {budget(session.get('epsilon'))}{shown_delta(data)}",
        escape(sweeps.title_of(str(session.get(session.learner_field())), sweeps.trained_on())),
        repeats(session.get("repeats")),
    ]


def road(page: str) -> Step | None:
    """The five steps with the present one marked; the step after it, or the report's page after the last."""
    here = ROAD_PAGES[page]
    steps = "".join(
        f"<li{' aria-current=step' if place == here else ''}{' class=done' if place < here else ''}>{step.title}</li>"
        for place, step in enumerate(ROAD)
    )
    st.html(f'<ol class="road" aria-label="Road">{steps}</ol>', width="content")
    if page == "attacks_risk":
        return Step("Compare & report", "compare_report")
    return ROAD[here + 1] if here + 1 < len(ROAD) else None


def heading(title: str, answer: str) -> None:
    """A question in serif and its answer in muted words."""
    st.html(f'<h2 class="question">{escape(title)}</h2><p class="answer">{escape(answer)}</p>')


def label(text: str) -> None:
    """Small capitals over a group of controls."""
    st.html(f'<p class="label">{escape(text)}</p>')


def story(*paragraphs: str, title: str = "") -> None:
    """Paragraphs of prose; **bold** and *italics* as in Markdown."""
    if title:
        st.html(f'<h3 class="story">{escape(title)}</h3>')
    st.markdown("\n\n".join(paragraphs))


def refusal(sentence: str) -> None:
    """What cannot be done, in one sentence, beside the control that asked for it."""
    st.html(f'<p class="refusal" role="alert">{escape(_sentence(sentence))}</p>')


def notice(sentence: str) -> None:
    """What deserves a look, and is no fault."""
    st.html(f'<p class="notice">{escape(_sentence(sentence))}</p>')


def guarded_part(body: Callable[[], None]) -> None:
    """Draws a part of a page; what it is refused stands in its place, and the rest of the page goes on."""
    try:
        body()
    except PPMLError as fault:
        refusal(str(fault))


def aside(sentence: str) -> None:
    st.html(f'<p class="aside">{escape(sentence)}</p>')


def chart(drawn: Chart, key: str, on_select: Callable[[], None] | None = None, *, first: bool = False) -> None:
    """The question, its answer, the figure, how to read it, and the table behind it (made only when opened).

    With `first`, what follows waits until the browser has painted the figure: it would compete for the same thread.
    """
    heading(drawn.question, drawn.answer)
    selecting: dict[str, Any] = {"on_select": on_select, "selection_mode": "points"} if on_select else {}
    st.plotly_chart(drawn.figure, key=key, theme=None, config=CONFIG, alt=drawn.alt, **selecting)
    if first:
        time.sleep(PAINT_SECONDS)
    if drawn.standing:
        aside(drawn.standing)
    with st.container(horizontal=True, gap="small", key=f"{key}_more"):
        reading = st.expander("How to read this", key=f"{key}_reading")
        numbers = st.expander("The table behind it", key=f"{key}_numbers", on_change="rerun")
    reading.write(drawn.how_to_read)
    if numbers.open:
        numbers.dataframe(drawn.table, hide_index=True, height=min(38 + 35 * max(len(drawn.table), 1), 320))


def facts(entries: Sequence[tuple[str, str, str]], *, stacked: bool = False) -> None:
    """Numbers side by side, or `stacked` in a narrow column: (value, what it is, a line beneath)."""
    items = "".join(
        f"<div><dt>{escape(name)}</dt><dd><b>{escape(value)}</b> <span>{escape(note)}</span></dd></div>"
        for value, name, note in entries
    )
    st.html(f'<dl class="facts{" stacked" if stacked else ""}">{items}</dl>')


def table(
    frame: pd.DataFrame, shares: Sequence[str] = (), caption: str = "", note: str = "", *, words: bool = False
) -> None:
    """A plain table that can be read aloud; columns in `shares` (0..1) are drawn as bars with their number.

    The column `note`, if any, stands in small print under the first one, as do a cell's lines after its first. Cells of
    a table of `words` break lines.
    """
    shown = [str(name) for name in frame.columns if name != note]
    style = (" words" if len(shown) > 2 else "") if words else "" if note else " narrow"
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in shown)
    body = "".join(
        "<tr>" + "".join(_cell(line[name], name in shares, line.get(note, "") if not place else "")
                         for place, name in enumerate(shown)) + "</tr>"
        for line in ({str(key): value for key, value in row.items()} for row in frame.to_dict("records"))
    )  # fmt: skip
    st.html(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="plain{style}">'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def epsilon_slider(*, disabled: bool = False) -> float:
    """The privacy budget on its round values, ends in words."""
    value = st.select_slider(
        "Privacy budget ε",
        options=session.epsilons(),
        value=session.first("epsilon"),
        format_func=budget,
        key="epsilon",
        disabled=disabled,
        help=controls.told("How far one person can change what comes out, at most.", "epsilon"),
    )
    st.html('<p class="ends"><span>← more privacy</span><span>more accuracy →</span></p>')
    if value > 10:
        aside("Above ε = 10 the guarantee alone says little; what attacks achieve says more.")
    return float(value)


def k_slider(offered: Sequence[int]) -> int:
    """k on the values that were computed."""
    keep_within("k", offered, min(offered, key=lambda value: abs(value - int(session.get("k")))))
    value = st.select_slider(
        "k, smallest class of look-alikes",
        options=offered,
        value=session.first("k"),
        key="k",
        help=controls.told("How many people share every released quasi-identifier, at least.", "k-anonymity"),
    )
    st.html('<p class="ends"><span>← more detail</span><span>more look-alikes →</span></p>')
    return int(value)


def measure_control(offered: Sequence[str]) -> str:
    """Which measure the charts show."""
    told = controls.told("What is measured of the model on people that it was not trained on.", "estimate")
    return segments("Measure", offered, "measure", told, lambda name: str(method(Measure, name).title))


def segments(name: str, offered: Sequence[str], key: str, told: str, show: Callable[[str], str] = str) -> str:
    """One of a few, side by side, with its help; kept across pages."""
    keep_within(key, offered, offered[0])
    return str(
        st.segmented_control(
            name, list(offered), default=session.first(key), key=key, format_func=show, required=True, help=told
        )
    )


def choose(
    name: str, offered: Any, key: str, told: str, show: Callable[[Any], str] = words, *, first: Any = None
) -> Any:
    """One of several, by name, with its help; kept across pages."""
    chosen = session.first(key, first)
    index = list(offered).index(chosen) if chosen in offered else 0
    return st.selectbox(name, offered, index, key=key, format_func=show, help=told)


def keep_within(key: str, offered: Sequence[Any], instead: Any) -> None:
    """Gives a control a value that it offers."""
    if st.session_state.get(key) not in offered:
        session.put(key, instead)


def short_title(data: Dataset) -> str:
    """What a table is called in a sentence."""
    return data.schema.title.partition(":")[0] or data.name


def run_missing(question: sweeps.Question, title: str, text: str = "Compute these points") -> None:
    """A button for what has not been computed yet, and how far it is."""
    place, data = tables.desk(), tables.dataset()
    job = place.find(question.key)
    complete = sweeps.is_complete(question, sweeps.known_rows(question, place, data))
    if not complete and (job is None or not job.running):
        st.button(
            text, key=f"run_{question.name}", type="primary", on_click=sweeps.start,
            args=(question, place, data, title), width="stretch",
        )  # fmt: skip
    job_line(job)


def lattice_is_coming(job: Job) -> None:
    """Says what is being worked out beside the page, or why it cannot be."""
    columns = len(tables.dataset().quasi_identifiers)
    if job.error:
        refusal(job.error)
        return
    heading("How many look-alikes does each person have?", f"Working out {job.title} of {columns} columns, once.")
    st.progress(0.0, text="a few seconds")


def part(key: str, title: str, body: Callable[[], None]) -> None:
    """A part that is worked out when it is opened; what it is refused stands in its place."""
    with st.expander(title, key=f"part_{key}", on_change="rerun") as opened:
        if opened.open:
            guarded_part(body)


def job_line(job: Job | None) -> None:
    """Progress with the time left and a way to stop, or how it ended; nothing where no job was started.

    Who is shown it waits for it; where others do as well, nobody may stop it.
    """
    if job is None:
        return
    if job.running and not job.cancelled:
        job.join()
        st.progress(job.fraction, text=_progress(job))
        if job.may_be_stopped():
            st.button("Cancel", key=f"cancel_{hash(job.key)}", on_click=job.stop)
        else:
            aside("Somebody else waits for it too, so that it cannot be stopped from here.")
    elif job.error:
        refusal(job.error)
    elif job.running:
        aside("Cancelled: it stops when the models at work are done. What is finished is kept.")
    elif job.cancelled:
        aside(f"Cancelled after {count(job.done)} of {count(job.total)} {job.counted}. What is finished is kept.")


def work_list(jobs: Sequence[Job]) -> None:
    """Everything that runs or waits, small: what it is, how far, how long still, and a way to stop what one may."""
    if not jobs:
        return
    label("At work")
    for number, job in enumerate(jobs):
        told = f"<b>{escape(_sentence(job.title)[:-1])}</b><span>{escape(_progress(job))}</span>"
        bar = f'<i style="width:{100 * job.fraction:.0f}%"></i>'
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"work_{number}"):
            st.html(f'<div class="work" role="status">{told}<div class="track">{bar}</div></div>', width="stretch")
            if (job.total or job.waiting) and job.may_be_stopped():
                st.button("Stop", type="tertiary", key=f"stop_{hash(job.key)}", on_click=job.stop,
                          help=f"Stops: {job.title}. What is finished is kept.")  # fmt: skip


def _progress(job: Job) -> str:
    """How far a job is, in words."""
    if job.waiting:
        return "waiting for its turn"
    if not job.total:
        return "under way"
    left = job.seconds_left
    wait = "" if left is None else f", about {_seconds(left)} left"
    return f"{count(job.done)} of {count(job.total)} {job.counted}{wait}"


def _seconds(seconds: float) -> str:
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60)} min"


def _cell(value: Any, share: bool, note: str = "") -> str:
    if not share:
        first, *rest = ("" if value is None else str(value)).split("\n")
        under = "".join(f"<small>{escape(line)}</small>" for line in (*rest, note) if line)
        return f"<td>{escape(first)}{under}</td>"
    width = 0.0 if value is None or pd.isna(value) else 100 * float(value)
    shown = "0 %" if width == 0 else ("<1 %" if width < 1 else f"{width:.0f} %")
    bar = f'<span class="bar"><i style="width:{width:.1f}%"></i></span>'
    return f'<td class="share">{bar}<span>{escape(shown)}</span></td>'


def _sentence(text: str) -> str:
    """Capital first, full stop last."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")
