"""Who sees what in a venue, as plain values: parties and messages for a drawing, a table, and sentences beneath it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from ppml_core.evidence import Threat

Form = Literal["clear", "noisy", "masked", "encrypted", "shares"]

COLUMNS = ["who", "inputs", "model", "intermediates", "output"]


@dataclass(frozen=True)
class Node:
    """A party: where it stands on a plane of 100 by 100, what it is called, what it holds and what it sees."""

    name: str
    x: float
    y: float
    holds: str
    sees: str
    is_server: bool = False
    label: str = ""


@dataclass(frozen=True)
class Link:
    """A message from one node to another, by their places in the scene; `rise` moves the line up."""

    source: int
    target: int
    form: Form
    arrow: bool = True
    rise: float = 0.0


@dataclass(frozen=True)
class Caption:
    """Words on the drawing."""

    x: float
    y: float
    text: str
    form: Form | None = None
    anchor: Literal["left", "center", "right"] = "center"


@dataclass(frozen=True)
class Scene:
    """A whole drawing, with the sentence that says what it shows."""

    answer: str
    nodes: Sequence[Node]
    links: Sequence[Link]
    captions: Sequence[Caption] = ()


@dataclass(frozen=True, eq=False)
class Seen:
    """A drawing, a table of who learns inputs, model, intermediates and output, and sentences beneath it."""

    scene: Scene
    table: pd.DataFrame
    notes: tuple[str, ...]

    @classmethod
    def by_item(cls, scene: Scene, items: Sequence[tuple[str, str]], notes: tuple[str, ...]) -> Seen:
        """With a row for each thing that there is to learn."""
        return cls(scene, pd.DataFrame(items, columns=["what", "who learns it"]), notes)

    @classmethod
    def by_onlooker(cls, scene: Scene, threats: Sequence[Threat], notes: tuple[str, ...]) -> Seen:
        """With a row for each who looks on."""
        rows = [(one.who, one.inputs, one.model, one.intermediates, one.output) for one in threats]
        return cls(scene, pd.DataFrame(rows, columns=COLUMNS), notes)
