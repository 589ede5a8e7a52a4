"""The settings that a differentially private method declares alike, wherever it stands: epsilon, delta, neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ppml_core.settings import setting

EPSILONS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)


def epsilon_setting(
    help: str = "privacy budget ε of the training", default: float = 1.0, steps: Sequence[float] = EPSILONS,
    least: float = EPSILONS[0], needs: tuple[str, tuple[Any, ...]] | None = None,
) -> Any:  # fmt: skip
    """An epsilon, offered from `least` to 100."""
    return setting(default, 1e-3, 1e3, slider=(least, EPSILONS[-1]), steps=steps, log=True, help=help, needs=needs)


def delta_setting(needs: tuple[str, tuple[Any, ...]] | None = None) -> Any:
    """A delta, of type float | None."""
    told = "privacy budget δ; none is the largest power of ten within 1/(10·expected rows)"
    return setting(None, 1e-15, 0.1, log=True, help=told, needs=needs)


def neighbours_setting() -> Any:
    """The relation under which a guarantee is given."""
    told = "tables that must look alike: one person more or less, or one person replaced"
    return setting("add_or_remove_one", choices=("add_or_remove_one", "replace_one"), help=told)
