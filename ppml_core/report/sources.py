"""The literature behind methods, read from their docstrings: a method that cites its paper is quoted here."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.models.base import PrivacyModel
from ppml_core.attacks.base import Attack
from ppml_core.catalog import method, methods
from ppml_core.experiment.scenario import Scenario
from ppml_core.learn.base import Learner
from ppml_core.measures.base import Measure
from ppml_core.settings import Method

YEAR = re.compile(r"\b(?:19|20)\d\d\b(?!-)")
IN_BRACKETS = re.compile(r"\s?\((?=[^()]*[A-Z])([^()]*\b(?:19|20)\d\d\b[^()]*)\)")
SENTENCES = re.compile(r"(?<=[.:;])\s+")
NO_STOP = re.compile(r"\b(?:al|eq|Thm|Def|Prop|Alg|no|vol)\.$")
CALLED = re.compile(r"([a-z_][a-z0-9_]*)\s*\(")


@dataclass(frozen=True)
class Cited:
    """A method that was used: its title, what it gives, its version, and the sources that its docstring names."""

    kind: str
    title: str
    summary: str
    version: int
    sources: tuple[str, ...]


def cited(scenarios: Iterable[Scenario], measures: Iterable[str]) -> list[Cited]:
    """Every method of the scenarios once: anonymizers, privacy models, learners, attacks, measures."""
    known = list(scenarios)
    steps = [step for one in known for step in one.anonymize]
    asked = " ".join(str(dict(step.settings).get("models", "")) for step in steps)
    models = [name for name in CALLED.findall(asked) if name in methods(PrivacyModel)]
    if any("k" in dict(step.settings) for step in steps):
        models.insert(0, "k_anonymity")
    used: list[tuple[str, type[Method]]] = []
    used += [("anonymizer", method(Anonymizer, step.method)) for step in steps]
    used += [("privacy model", methods(PrivacyModel)[name]) for name in models if name in methods(PrivacyModel)]
    used += [("learner", method(Learner, one.learner.method)) for one in known]
    used += [("attack", method(Attack, step.method)) for one in known for step in one.attack]
    used += [("measure", method(Measure, name)) for name in measures]
    return [
        Cited(kind, cls.title, cls.summary(), cls.version, sources_of(cls)) for kind, cls in dict.fromkeys(used)
    ]  # fmt: skip


def sources_of(cls: type) -> tuple[str, ...]:
    """What the class's docstring cites: what stands in brackets with a year, then whole sentences with one.

    >>> from ppml_core.learn.dp_gd import DPGradientDescent
    >>> sources_of(DPGradientDescent)[1]
    'Dong, Roth, Su 2022, Corollary 3.3'
    """
    plain = " ".join((inspect.getdoc(cls) or "").partition(">>>")[0].split()).replace("`", "")
    inside = [part for held in IN_BRACKETS.findall(plain) for part in _sentences(held)]
    found = [*inside, *_sentences(IN_BRACKETS.sub("", plain))]
    return tuple(dict.fromkeys(_whole(part) for part in found if YEAR.search(part)))


def _whole(part: str) -> str:
    """Without its last stop, nor a bracket that it opens and does not close."""
    plain = part.strip().rstrip(".;:")
    return plain if plain.count("(") == plain.count(")") else plain.rpartition("(")[0].rstrip()


def _sentences(plain: str) -> list[str]:
    """Sentences; "et al." and "eq." end none."""
    found: list[str] = []
    for piece in SENTENCES.split(plain):
        if found and NO_STOP.search(found[-1]):
            found[-1] = f"{found[-1]} {piece}"
        else:
            found.append(piece)
    return found
