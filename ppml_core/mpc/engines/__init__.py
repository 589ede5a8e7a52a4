"""The engines behind one interface, one file each: which there are, which can run here, and which one does."""

from __future__ import annotations

import importlib.util

from ppml_core.catalog import methods
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.mpc.engines.base import Engine
from ppml_core.settings import words

EXTRA = "computing on secret shares needs an engine, which is not installed: pip install 'ppml-explorer[mpc]'."


def engines() -> dict[str, type[Engine]]:
    """Name -> engine, the one that takes the most people first."""
    return dict(sorted(methods(Engine).items(), key=lambda found: -found[1].most_rows))


def installed() -> tuple[str, ...]:
    """Names of the engines whose library is here, the faster one first."""
    return tuple(name for name, cls in engines().items() if importlib.util.find_spec(cls.library) is not None)


def chosen(name: str) -> str:
    """The engine that runs: the named one, or under "auto" the first that is here.

    Raises NotApplicable with what to do where there is none.
    """
    known, here = engines(), installed()
    if name != "auto" and name not in known:
        raise BadInput(f"engine must be one of auto, {', '.join(known)}, not {name!r}.")
    if not here:
        raise NotApplicable(EXTRA)
    if name == "auto":
        return here[0]
    if name not in here:
        limited = [f"{words(able)} has a wheel for {cls.limits} only" for able, cls in known.items() if cls.limits]
        raise NotApplicable(
            f"the engine {name!r} is not installed ({', '.join(limited)}): "
            f"pip install 'ppml-explorer[mpc]', or engine {here[0]}."
        )
    return name
