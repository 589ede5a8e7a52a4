"""What a privacy model owes: which equivalence classes may stay in a release.

A model is bound to a table once and then asked of class after class, so what depends on the table alone (the overall
distribution, distances between values) is made when it is bound.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from ppml_core.anonymize.classes import Bools, Classes, Floats, Ground
from ppml_core.calls import read_calls
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

    @property
    def class_size(self) -> int | None:
        """How many a class must hold, where the model asks for nothing else; None where it asks for something else."""
        return None

    def least_people(self) -> int:
        """The fewest people that a class can hold and satisfy it."""
        return 1

    def person(self) -> str:
        """The column that tells persons apart where the model counts persons instead of rows, or ''."""
        return ""

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
    return read_calls(PrivacyModel, text, "distinct_l_diversity(l=3) + equal_t_closeness(t=0.2)")
