"""What a privacy model owes: which equivalence classes may stay in a release.

A model is bound to a table once and then asked of class after class, so what depends on the table alone (the overall
distribution, distances between values) is made when it is bound.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from ppml_core.anonymize.classes import Bools, Classes, Floats, Ground
from ppml_core.catalog import method
from ppml_core.errors import BadInput
from ppml_core.settings import Method

ClassCheck = Callable[[Classes], Bools]
ReleaseCheck = Callable[[Classes, Bools, Floats], Bools]


class PrivacyModel(Method, ABC):
    """A promise about a released table.

    `upward_closed`: once a class satisfies it, a class that contains it does too; then "at most so many suppressed"
    holds at every node above one where it holds, and a search may prune by that. `closed_under_merging` is weaker: a
    class made of classes that all satisfy it does so too. `needs_population` asks for a population table.
    `needs_disjoint_classes`: its promise has no meaning where a person fits several classes.
    `threat` says in a few plain words what it is asked against, `why` in a sentence what it then demands, `strength`
    names the setting that says how much: a model that has them is offered on a slider.
    """

    upward_closed: ClassVar[bool] = False
    closed_under_merging: ClassVar[bool] = False
    needs_population: ClassVar[bool] = False
    needs_disjoint_classes: ClassVar[bool] = False
    threat: ClassVar[str] = ""
    why: ClassVar[str] = ""
    strength: ClassVar[str] = ""

    def sensitive_of(self, ground: Ground) -> tuple[str, ...]:
        """The sensitive attributes whose histograms the model reads."""
        return ()

    def least_people(self) -> int:
        """The fewest people that a class can hold and satisfy it."""
        return 1

    def person(self) -> str:
        """The column that tells persons apart where the model counts persons instead of rows, or ''."""
        return ""

    def text(self) -> str:
        """The model with its settings, as `read_models` reads it.

        Settings that stand at their default are written as well: a stored scenario must not change with a default.
        """
        given = ", ".join(f"{name}={value!r}" for name, value in self.values().items() if value not in (None, [], ""))
        return f"{self.name()}({given})"

    @abstractmethod
    def bind(self, ground: Ground) -> ClassCheck | ReleaseCheck:
        """The promise as a function, with all that depends on the table alone made once."""


class ClassModel(PrivacyModel):
    """A promise about each class by itself: a class that breaks it is suppressed."""

    @abstractmethod
    def bind(self, ground: Ground) -> ClassCheck:
        """A function that says for each class whether it may stay, shape (classes,)."""


class ReleaseModel(PrivacyModel):
    """A promise about the release as a whole: classes are suppressed, smallest first, until it holds."""

    @abstractmethod
    def bind(self, ground: Ground) -> ReleaseCheck:
        """A function of (classes, those that may stay by other models, loss per person of each class) -> who stays.

        Among classes of one size those with the larger loss go first.
        """


def read_models(text: str) -> tuple[PrivacyModel, ...]:
    """The models written as calls with + between; raises BadInput naming what cannot be read.

    >>> [model.name() for model in read_models("distinct_l_diversity(l=3) + k_anonymity(k=5)")]
    ['distinct_l_diversity', 'k_anonymity']
    """
    if not text.strip():
        return ()
    try:
        return tuple(_model(call) for call in _terms(ast.parse(text.strip(), mode="eval").body))
    except (SyntaxError, ValueError):
        raise BadInput(
            f"models are written like distinct_l_diversity(l=3) + equal_t_closeness(t=0.2), not {text!r}."
        ) from None


def write_models(models: Sequence[PrivacyModel]) -> str:
    """The text that `read_models` gives back as these models."""
    return " + ".join(model.text() for model in models)


def _terms(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_terms(node.left), *_terms(node.right)]
    return [node]


def _model(node: ast.expr) -> PrivacyModel:
    if isinstance(node, ast.Name):
        return _made(node.id, {})
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.args:
        raise ValueError(ast.dump(node))
    return _made(node.func.id, {str(word.arg): ast.literal_eval(word.value) for word in node.keywords})


def _made(name: str, values: dict[str, Any]) -> PrivacyModel:
    return method(PrivacyModel, name).from_values(values)
