"""The first sections of a report: the question and its answer, the data and their roles, what was done and why."""

from __future__ import annotations

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.base import Attack
from ppml_core.catalog import method
from ppml_core.charts import story
from ppml_core.charts.scenario_words import in_short, written
from ppml_core.charts.words import count, repeats
from ppml_core.data.schema import INFERRED, Column, Schema
from ppml_core.experiment.scenario import Scenario, Step
from ppml_core.learn.base import Learner
from ppml_core.report.exploration import Exploration
from ppml_core.report.figures import accuracy_in_people, handed_out, line_of, standing_of_choice
from ppml_core.report.markup import Html, aside, heading, items, joined, prose, section, table, tag, text
from ppml_core.report.withheld import LEAST_TOLD, Count
from ppml_core.settings import settings_of, words

MOST_VALUES = 12


def question(told: Exploration, asked: str) -> Html:
    """What was asked, and the answer at the chosen scenario."""
    usual = (
        f"How good can a model of {words(told.about.schema.target or 'the target')} still be on {told.about.title} "
        "when the people in it are protected, and what stays at risk?"
    )
    answer = [prose(f"Chosen ({told.why_chosen}): **{_plain(in_short(told.chosen))}**.", standing_of_choice(told))]
    utility = accuracy_in_people(told) or line_of(told, told.utility.measure)
    if utility:
        answer.append(prose(utility, "internal"))
    standing = standing_of_choice(told) if told.guarantee else None
    proved = [prose(said, standing) for said in story.guarantee_story(told.guarantee)[:1]]
    return section("question", "The question", Html(f'<p class="lead">{text(asked or usual)}</p>'), *answer, *proved)


def data_and_roles(told: Exploration) -> Html:
    """The table and its columns: what is public, and what each column does."""
    about, schema = told.about, told.about.schema
    facts = [
        ("Table", text(schema.title or about.name)),
        ("Source", text(schema.source or "not told")),
        ("Licence", text(schema.license or "not told")),
        ("People", _tagged(count(about.people), "internal")),
        ("Trained on, tested on", _tagged(f"{count(about.training)} and {count(about.test)} people", "internal")),
        ("Expected size, public", _tagged(count(schema.expected_rows), "publishable") if schema.expected_rows
         else text("not declared")),
        ("Target", text(schema.target or "none")),
    ]  # fmt: skip
    columns = [
        (name, column.role.replace("_", " "), column.kind, _public(column))
        for name, column in schema.columns.items()
    ]  # fmt: skip
    parts = [
        _facts(facts),
        prose(story.roles_sentence(schema)),
        table("Columns and their roles", ("column", "role", "kind", "public knowledge of it"), columns),
        aside(story.ROLE_HELP),
    ]
    if about.classes:
        rows = [(label, _tagged(_told(people), "internal")) for label, people in about.classes]
        parts += [table(f"People per class of {schema.target}", ("class", "people"), rows), aside(SMALL)]
    return section("data", "Data and roles", *parts)


SMALL = (
    f"Counts of fewer than {LEAST_TOLD} people are withheld, and others with them where they could be worked out. "
    "Shares that stand for so few people are told as a bound."
)


def what_was_done(told: Exploration) -> Html:
    """The chain, the learner, what is handed out, who attacks it, and how wide was looked."""
    chosen = told.chosen
    steps = [
        _step(step, Anonymizer, at, _why_protected(step, told.about.schema))
        for at, step in enumerate(chosen.anonymize, 1)
    ]
    steps.append(
        _step(
            chosen.learner, Learner, len(steps) + 1, _why_learnt(chosen.learner, is_proved=told.guarantee is not None)
        )
    )
    protocol = next(iter(told.rows.loc[told.rows["scenario_id"] == chosen.id, "protocol"]), "") or "raw test people"
    how = [
        f"Handed out: {handed_out(chosen)}.",
        f"Split first: every step was fitted on the training people alone. Tested on: {protocol}.",
        f"{repeats(chosen.repeats)}, each with noise of its own, seed {chosen.seed}.",
    ]
    attacks = [_step(step, Attack, at) for at, step in enumerate(chosen.attack, 1)]
    parts = [*steps, items(how)]
    if attacks:
        parts += [heading("Who attacked it"), *attacks]
    if len(told.scenarios) > 1:
        parts += [heading("What was compared"), *_compared(told)]
    return section("done", "What was done, and why", *parts)


def _compared(told: Exploration) -> list[Html]:
    values: dict[str, set[str]] = {}
    for one in told.scenarios:
        values.setdefault("protection", set()).add(_chain(one))
        values.setdefault("learner", set()).add(method(Learner, one.learner.method).title)
        for name, value in one.dotted().items():
            values.setdefault(name, set()).add(written(name.rpartition(".")[2], value).partition(" = ")[2])
    told_of = {name: seen for name, seen in values.items() if len(seen) > 1}
    rows = [(_named(name), ", ".join(_in_order(seen))) for name, seen in told_of.items()]
    said = (
        f"{count(len(told.scenarios))} scenarios were computed on this table. Looking at them to choose one is not "
        "charged to any budget: the chosen setting is internal, or is chosen again on other people."
    )
    return [prose(said, "internal"), table("Settings that were compared", ("setting", "values"), rows)]


def _chain(scenario: Scenario) -> str:
    return " then ".join(method(Anonymizer, step.method).title for step in scenario.anonymize) or "none"


def _named(dotted: str) -> str:
    room, _, name = dotted.partition(".")
    return words(name) + (" (of the protection)" if room == "anonymize" else "") if name else room


def _in_order(seen: set[str]) -> list[str]:
    def key(value: str) -> tuple[int, float, str]:
        try:
            return 0, float(value.replace("\u00a0%", "")), ""
        except ValueError:
            return 1, 0.0, value

    ordered = sorted(seen, key=key)
    return (
        ordered if len(ordered) <= MOST_VALUES else [*ordered[:MOST_VALUES], f"and {len(ordered) - MOST_VALUES} more"]
    )


def _why_protected(step: Step, schema: Schema) -> str:
    """What an anonymizer is there for."""
    cls, settings = method(Anonymizer, step.method), dict(step.settings)
    known = ", ".join(words(name) for name in schema.quasi_identifiers) or "what others know"
    if cls.synthesizes:
        return "Why: no record of what is handed out belongs to anybody."
    if "epsilon" in settings:
        return "Why: the noise bounds what anybody can learn of one person."
    if "k" in settings or settings.get("models"):
        return f"Why: whoever knows {known} of a person finds look-alikes, not one record."
    if cls.perturbs:
        return "Why: cells may be false afterwards, so that a match is no proof."
    return "Why: it takes away what names people or points at them."


def _why_learnt(step: Step, *, is_proved: bool) -> str:
    """What the learner gives for privacy."""
    if method(Learner, step.method).private and not is_proved:
        return "Why: it adds noise in the training, but here nothing is proved about the people (see Guarantees)."
    if method(Learner, step.method).private:
        return "Why: what the model tells of one person's record is bounded by noise in the training."
    return "Why: it is the plain way. It adds nothing to protect the people whom it is trained on."


def _step(step: Step, kind: type[Anonymizer] | type[Learner] | type[Attack], at: int, why: str = "") -> Html:
    cls = method(kind, step.method)
    declared = settings_of(cls)
    rows = [
        (words(name), _value(name, value), declared[name].help)
        for name, value in step.settings
        if value not in (None, "", ())
    ]
    parts = [heading(f"{at}. {cls.title}"), prose(_plain(f"{cls.summary()} {why}".strip()))]
    if rows:
        parts.append(table(f"Settings of {cls.title}", ("setting", "value", "what it is"), rows))
    return joined(parts)


def _value(name: str, value: object) -> str:
    return written(name, value).partition(" = ")[2]


def _public(column: Column) -> str:
    """What is public of the column, with whoever says so; what was read off the table is not told."""
    if column.source == INFERRED:
        return "withheld: read off this table"
    known = []
    if column.bounds is not None:
        known.append(f"{column.bounds[0]:g} to {column.bounds[1]:g}{f' {column.unit}' if column.unit else ''}")
    if column.categories is not None:
        known.append(f"{count(len(column.categories))} categories")
    if not known:
        return "–"
    return f"{', '.join(known)}{f' ({column.source})' if column.source else ''}"


def _told(people: Count) -> str:
    return "withheld" if people is None else count(people)


def _tagged(said: str, standing: str) -> Html:
    return Html(f"{text(said)} {tag('internal' if standing == 'internal' else 'publishable')}")


def _facts(entries: list[tuple[str, Html]]) -> Html:
    rows = "".join(f"<div><dt>{text(name)}</dt><dd>{value}</dd></div>" for name, value in entries)
    return Html(f'<dl class="facts">{rows}</dl>')


def _plain(said: str) -> str:
    """Without signs that prose would take for emphasis, nor the marks of code."""
    return said.replace("*", "∗").replace("`", "")
