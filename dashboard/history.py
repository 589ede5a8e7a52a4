"""Undo and redo over everything that a session decides: the scenario's values, the learner's settings, the schema.

In: what `session` holds after each run. Out: the state before or after the last change, put back as if it were chosen
by hand. Tables themselves are not remembered: a state that spoke of an upload since replaced is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

MOST = 200
KEY = "history"


@dataclass(frozen=True)
class State:
    """All that is decided at one moment: values by name, the edited schema, and which upload they speak of."""

    values: dict[str, Any]
    settings: dict[str, Any]
    schema: str | None
    upload: int


@dataclass
class History:
    """States so far, the present one last, and those that were undone, the next one last."""

    past: list[State] = field(default_factory=list)
    undone: list[State] = field(default_factory=list)

    def record(self, now: State) -> None:
        """Adds the present state where it differs from the last; a new one ends what could be redone."""
        if self.past and self.past[-1] == now:
            return
        self.past = [*self._alive(self.past, now), now][-MOST:]
        self.undone = []

    def undo(self) -> State | None:
        """The state before the present one, which is now the present; None where there is none."""
        if len(self.past) < 2:
            return None
        self.undone.append(self.past.pop())
        return self.past[-1]

    def redo(self) -> State | None:
        if not self.undone:
            return None
        self.past.append(self.undone.pop())
        return self.past[-1]

    @staticmethod
    def _alive(states: list[State], now: State) -> list[State]:
        return [state for state in states if state.upload in (0, now.upload)] if now.upload else states


def history() -> History:
    """This session's."""
    found: History = st.session_state.setdefault(KEY, History())
    return found
