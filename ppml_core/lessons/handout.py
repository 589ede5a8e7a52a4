"""A lesson as one page of HTML to print: the claim, its chart, what was worked out, the questions, the answers apart.

In: a lesson, what it found, its seed. Out: text that needs nothing else: no script, font or picture from elsewhere.
"""

from __future__ import annotations

from html import escape

import pandas as pd

from ppml_core.charts.still import still
from ppml_core.lessons.base import Found, Lesson, Question
from ppml_core.settings import words

STYLE = """
body { font: 16px/1.5 Georgia, "Source Serif", serif; color: #22211E; background: #fff; max-width: 42rem;
  margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .4rem; } h2 { font-size: 1.15rem; margin: 1.5rem 0 .3rem; }
p, li { margin: .3rem 0; overflow-wrap: anywhere; }
.muted, caption { color: #5E5C56; font-size: .9rem; text-align: left; }
dl { display: flex; flex-wrap: wrap; gap: 1rem 2rem; } dt { font-size: .9rem; color: #5E5C56; }
dd { margin: 0; } dd b { font-size: 1.5rem; }
#figure { break-inside: avoid; margin: .6rem 0; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; width: 100%; }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #E2E0D9; font-weight: 400; }
th { color: #5E5C56; } ol.choices { list-style: upper-alpha; }
.apart { break-before: page; } @media print { body { margin: 0; } }
"""
MOST_ROWS = 14


def handout_of(lesson: Lesson, found: Found, seed: int) -> str:
    """The page; settings, seed and table are named, so that the numbers can be had again."""
    chart = lesson.chart(found)
    picture, policy = still(chart)
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd><b>{escape(value)}</b> <span class='muted'>{escape(note)}</span></dd></div>"
        for value, name, note in found.facts
    )
    asked = "".join(
        f"<h3>Question {place}</h3>{_asked(question)}" for place, question in enumerate(lesson.questions, 1)
    )
    answered = "".join(_answered(place, question) for place, question in enumerate(lesson.questions, 1))
    sources = "".join(f"<li>{escape(source.who)}: {escape(source.what)}. {escape(source.address)}</li>"
                      for source in lesson.sources)  # fmt: skip
    settings = ", ".join(f"{words(name)} = {value}" for name, value in lesson.values().items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(lesson.title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>"
        f"<p class='muted'>PPML Explorer, lesson {lesson.number}</p><h1>{escape(lesson.title)}</h1>"
        f"<p>{escape(lesson.claim)}</p><h2>{escape(chart.question)}</h2><p>{escape(chart.answer)}</p>{picture}<dl>{facts}</dl>"
        f"{_table(chart.table, chart.question)}"
        f"<p class='muted'>{escape(chart.how_to_read)}</p><p class='muted'>{escape(chart.standing)} "
        f"Worked out on the table {escape(lesson.dataset)} with {escape(settings)}; seed {seed}.</p>"
        f"<h2>Why</h2><p>{escape(lesson.why)}</p><h2>Questions</h2>{asked}"
        f"<h2>Sources</h2><ul>{sources}</ul>"
        f"<section class='apart'><h2>Answers</h2>{answered}</section></main></body></html>"
    )


def _asked(question: Question) -> str:
    choices = "".join(f"<li>{escape(answer)}</li>" for answer in question.answers)
    return f"<p>{escape(question.text)}</p><ol class='choices'>{choices}</ol>"


def _answered(place: int, question: Question) -> str:
    return f"<p><b>{place}: {escape(question.answers[question.right])}</b> {escape(question.why)}</p>"


def _table(table: pd.DataFrame, caption: str) -> str:
    """As many rows as fit on a page, evenly picked where there are more."""
    step = -(-len(table) // MOST_ROWS)
    shown = table.iloc[::step]
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in shown.columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(_written(value))}</td>' for value in row)}</tr>"
                   for row in shown.itertuples(index=False))  # fmt: skip
    some = f", every {step}th row" if step > 1 else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>The numbers behind it{some}</caption><tr>{head}</tr>{body}</table></div>"
    )


def _written(value: object) -> str:
    return (
        f"{value:.3g}"
        if isinstance(value, float)
        else ("yes" if value is True else "no" if value is False else str(value))
    )
