"""The picture of the house in pyproject.toml names every room there is, and no other."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from pathlib import Path

import ppml_core

CHECKED = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]
ROOMS = {f"ppml_core.{module.name}" for module in pkgutil.iter_modules(ppml_core.__path__)}


def contracts(forbidding: str) -> list[dict[str, object]]:
    return [one for one in CHECKED["contracts"] if forbidding in one.get("forbidden_modules", ())]


def test_every_room_has_its_layer() -> None:
    layers = next(one["layers"] for one in CHECKED["contracts"] if one["type"] == "layers")
    assert set(re.findall(r"ppml_core\.\w+", " ".join(layers))) == ROOMS


def test_every_room_either_draws_or_must_not() -> None:
    named = {name for one in contracts("plotly") for name in one["source_modules"]}
    assert named == ROOMS - {"ppml_core.charts", "ppml_core.report"} | {"dashboard"}
