"""How each measure is spoken of: its noun, its axis, its range, which way is better, and a gap in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ppml_core.charts.words import people_per_thousand


@dataclass(frozen=True)
class Wording:
    """`close` is the gap below which two models count as level for a sentence; `gap` puts one into words."""

    noun: str
    axis: str
    limits: tuple[float, float] | None
    higher_is_better: bool
    close: float
    gap: Callable[[float], str]
    tick: Callable[[float], str]


def _people(gap: float) -> str:
    number = max(people_per_thousand(gap), 1)
    return f"{number} {'person' if number == 1 else 'people'} in 1,000"


def _points(gap: float) -> str:
    return f"{gap:.3f}"


def _plain(value: float) -> str:
    return f"{value:.2f}" if abs(value * 100 - round(value * 100)) < 1e-9 else f"{value:.3f}"


def _large(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


WORDINGS = {
    "accuracy": Wording("accuracy", "test accuracy", (0.0, 1.0), True, 0.012, _people, _plain),
    "roc_auc": Wording("ROC AUC", "test ROC AUC", (0.0, 1.0), True, 0.012, _points, _plain),
    "log_loss": Wording("log loss", "test log loss (nats)", None, False, 0.03, _points, _plain),
    "calibration_error": Wording("calibration error", "test calibration error", None, False, 0.01, _points, _plain),
    "r2": Wording("R²", "test R²", None, True, 0.02, _points, _plain),
    "mae": Wording("mean absolute error", "test mean absolute error", None, False, 0.0, _points, _large),
}


def wording(measure: str) -> Wording:
    """The words of a measure; an unknown one is spoken of by its own name."""
    plain = measure.replace("_", " ")
    return WORDINGS.get(measure, Wording(plain, f"test {plain}", None, True, 0.01, _points, _plain))
