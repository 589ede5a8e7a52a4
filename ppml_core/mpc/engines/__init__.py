"""The two engines behind one interface: each takes part in a computation as one party. Libraries load where used."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Protocol, cast

from ppml_core.errors import BadInput, NotApplicable
from ppml_core.mpc.holding import Holding, Opened
from ppml_core.mpc.plan import Plan

EXTRA = "computing on secret shares needs an engine, which is not installed: pip install 'ppml-explorer[mpc]'."
LIBRARIES = {"spu": "spu", "mpyc": "mpyc"}
MODELS = {"spu": ("logistic_regression", "network"), "mpyc": ("logistic_regression",)}
TITLES = {"spu": "SPU, protocol ABY3", "mpyc": "MPyC, Shamir sharing"}


class Engine(Protocol):
    """What an engine's module offers."""

    def take_part(self, plan: Plan, party: int, holding: Holding, addresses: tuple[str, ...]) -> Opened:
        """Shares what the party holds, computes with the others, and gives what is opened to this party."""


def engine(name: str) -> Engine:
    """The engine's module, and with it its library."""
    return cast(Engine, importlib.import_module(f"ppml_core.mpc.engines.{name}_engine"))


def installed() -> tuple[str, ...]:
    """Names of the engines whose library is here, the faster one first."""
    return tuple(name for name, library in LIBRARIES.items() if importlib.util.find_spec(library) is not None)


def chosen(name: str, model: str) -> str:
    """The engine that runs: the named one, or under "auto" the first that is here and has the model.

    Raises NotApplicable with what to do where there is none.
    """
    here = installed()
    if name != "auto" and name not in LIBRARIES:
        raise BadInput(f"engine must be one of auto, {', '.join(LIBRARIES)}, not {name!r}.")
    if not here:
        raise NotApplicable(EXTRA)
    fitting = [known for known in here if model in MODELS[known]]
    if name == "auto" and fitting:
        return fitting[0]
    if name == "auto" or model not in MODELS[name]:
        raise NotApplicable(
            f"a {model} on shares is trained by SPU only, which has a wheel for CPython 3.11 on Linux: "
            "take logistic_regression, or that Python."
        )
    if name not in here:
        raise NotApplicable(
            f"the engine {name!r} is not installed (SPU has a wheel for CPython 3.11 on Linux only): "
            f"pip install 'ppml-explorer[mpc]', or engine {here[0]}."
        )
    return name
