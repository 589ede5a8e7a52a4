"""One party: `python -m ppml_core.mpc.party MANIFEST`, a process that reads its own file and computes with two others.

The manifest says which party this is, what its file hashes to, where the others listen, and the public plan. A file
that is not this party's is refused before anything is sent. What the party learned is left in its own folder. Where the
manifest names the process that coordinates a simulation, the party ends, and clears its folder away, with that process.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ppml_core.catalog import method
from ppml_core.errors import PPMLError, in_a_sentence
from ppml_core.mpc.holding import Array, Holding, Opened, read_holding
from ppml_core.mpc.plan import Plan
from ppml_core.workers import leave_with

REFUSED = 3
BROKEN = 4
RESULT = "result.json"
OPENED = "opened.npz"


def stay_within(own: Path) -> None:
    """From here on this process's Python cannot open a file of a neighbouring folder, where the others' files lie."""
    around = own.resolve().parent

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        path = Path(os.path.abspath(os.fsdecode(arguments[0])))
        if path.is_relative_to(around) and not path.is_relative_to(own.resolve()):
            raise PermissionError(f"{path} belongs to another party")

    sys.addaudithook(watch)


def main(manifest_path: str) -> int:
    """Runs the party to its end; 0, or the code of why not, with a sentence in its result."""
    folder = Path(manifest_path).resolve().parent
    manifest = json.loads(Path(manifest_path).read_text())
    if manifest.get("coordinator"):
        leave_with(int(manifest["coordinator"]), partial(_clear_away, folder))
    stay_within(folder)
    try:
        party = int(manifest["party"])
        holding = read_holding(folder / manifest["file"], party, manifest["sha256"])
        opened = _computed(manifest, Plan.from_values(manifest["plan"]), party, holding)
    except PPMLError as fault:
        return _told(folder, {"refused": str(fault)}, REFUSED)
    except Exception as fault:
        traceback.print_exc()
        return _told(folder, {"broken": in_a_sentence(fault)}, BROKEN)
    np.savez(folder / OPENED, predictions=opened.predictions, **_named(opened.weights))
    return _told(folder, {"bytes": opened.bytes_sent, "seconds": opened.seconds}, 0)


def _clear_away(folder: Path) -> None:
    """What a coordinator that was killed could not do."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()


def _computed(manifest: Mapping[str, Any], plan: Plan, party: int, holding: Holding) -> Opened:
    from ppml_core.mpc.engines.base import Engine

    start = time.perf_counter()
    opened = method(Engine, manifest["engine"])().take_part(plan, party, holding, tuple(manifest["addresses"]))
    opened.seconds["all"] = time.perf_counter() - start
    return opened


def _named(weights: tuple[Array, ...]) -> dict[str, Any]:
    return {f"weights_{place}": each for place, each in enumerate(weights)}


def _told(folder: Path, result: dict[str, Any], code: int) -> int:
    (folder / RESULT).write_text(json.dumps(result))
    return code


if __name__ == "__main__":
    sys.stdout.flush()
    code = main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
