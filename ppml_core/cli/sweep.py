"""`ppml sweep`: a scenario trained over many settings and repeats; and what every command that sweeps does alike."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppml_core.cli.designs import design_arguments, designed, time_limit
from ppml_core.cli.output import Bar, check_target_folder, names, say, write_whole
from ppml_core.cli.scenario import axes_of, base_of
from ppml_core.cli.tables import read_table_of, schema_arguments
from ppml_core.cli.whole_numbers import free_seed_argument, processes_argument
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

    from ppml_core.store import Store


def sweep_arguments(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--scenario", type=Path, help="a scenario file (TOML)")
    add("--dataset", help="a bundled name or a path")
    schema_arguments(command)
    add("--learner", help="a learner's name (see ppml methods)")
    add("--venue", help="where it is trained (see ppml methods): federated, …")
    add("--epsilon", help="one or more, with commas")
    add("--delta", help="one or more, with commas")
    add("--method", help="an anonymizer for the training part (full_domain where --k is given)")
    add("--k", help="one or more, with commas: anonymize the training part with each k first")
    add("--set", action="append", default=[], metavar="learner.NAME=V[,V…]", help="any other setting")
    design_arguments(command)
    add("--repeats", type=int, help="fits with seeds of their own (5)")
    free_seed_argument(command)
    computing_arguments(command)


def computing_arguments(command: argparse.ArgumentParser) -> None:
    """Where it is computed, what the run is called and where its rows go."""
    add = command.add_argument
    processes_argument(command)
    add("--cluster", metavar="ADDRESS", help="work on the Dask cluster at tcp://host:8786 instead")
    add("--name", default="", help="a name to find the run by (ppml runs list)")
    add("--note", default="", help="what it is for")
    add("--out", type=Path, required=True, help="the Parquet file to write")


def check_computing(arguments: argparse.Namespace) -> None:
    """Raises BadInput where two places to compute are named, or the rows could not be written."""
    if arguments.cluster and arguments.processes > 1:
        raise BadInput("give --processes or --cluster, not both: a cluster has its own workers.")
    check_target_folder(arguments.out)


@dataclass(frozen=True)
class Computed:
    """A recorded run and its rows, which stand in the file that was asked for."""

    run_id: str
    rows: pd.DataFrame
    seconds: float


def computed(
    arguments: argparse.Namespace,
    scenarios: Sequence[Any],
    data: Dataset,
    store: Store,
    swept: Sequence[str] = (),
    cancelled: Callable[[], bool] | None = None,
) -> Computed:
    """Sweeps the scenarios, records the run in the store and writes its rows."""
    import numpy as np

    from ppml_core.experiment.sweep import sweep
    from ppml_core.store.recording import recording

    started = time.perf_counter()
    with (
        recording(store, scenarios, data, list(swept), arguments.name, arguments.note) as run,
        np.errstate(all="ignore"),
    ):
        rows = sweep(
            scenarios, data, store, swept=list(swept), processes=arguments.processes, cluster=arguments.cluster,
            progress=Bar(), on_failure=run.failed, cancelled=cancelled,
        )  # fmt: skip
    seconds = time.perf_counter() - started
    write_whole(arguments.out, lambda path: rows.to_parquet(path, index=False))
    return Computed(run.run_id, rows, seconds)


def check_measured(arguments: argparse.Namespace, measured: pd.DataFrame, stop: Callable[[], bool] | None) -> None:
    """Ends the command with exit code 2 and a sentence where the rows of its measures have no value at all."""
    if measured.empty and stop and stop():
        say("nothing was measured: the time was over before the first point was finished; give more --minutes.")
    elif len(measured) and measured["value"].isna().all():
        say("nothing was measured in any of the points: change what is asked for, by the reasons that are told.")
    else:
        return
    arguments.exit_code = 2


def run_sweep(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.data.checks import check_target
    from ppml_core.experiment.plans import remarks_of
    from ppml_core.store import Store

    base = _protected(arguments, base_of(arguments))
    axes = _axes(arguments)
    check_computing(arguments)
    scenarios = designed(arguments, base, axes)
    _refuse_idle(scenarios, axes)
    stop = time_limit(arguments.minutes)
    data = read_table_of(arguments, base.dataset)
    _warn_of_delta(scenarios, data)
    check_target(data)
    store = Store()
    found = computed(arguments, scenarios, data, store, list(axes), stop)
    for note in sorted(set(found.rows["error"].dropna())):
        say(f"not computed: {note}")
    said = remarks_of(scenarios, data, store)
    for remark in (*said.no_guarantee, *said.warnings):
        say(f"note: {remark}")
    measured = found.rows[found.rows["measure"].isin(base.measures)]
    check_measured(arguments, measured, stop)
    lost = measured.groupby(["scenario_id", "repeat"])["value"].apply(lambda values: values.isna().all())
    return {
        "run": found.run_id,
        "points": len(scenarios),
        "rows": len(found.rows),
        "failed": int(lost.sum()),
        "seconds": found.seconds,
        "out": str(arguments.out),
    }


def _refuse_idle(scenarios: Sequence[Any], axes: Mapping[str, Any]) -> None:
    """Raises BadInput for an axis of the venue that means nothing in any scenario: a curve against ε without noise."""
    from ppml_core.venues.base import Venue

    made = [scenario.venue.make(Venue) for scenario in scenarios if scenario.venue]
    for name in (dotted.removeprefix("venue.") for dotted in axes if dotted.startswith("venue.")):
        if made and not any(venue.heeds(name) for venue in made):
            made[0].refuse_idle([name])


def _protected(arguments: argparse.Namespace, base: Any) -> Any:
    """The scenario with the venue and the anonymizer that flags ask for."""
    import dataclasses

    from ppml_core.experiment.scenario import Scenario, Step
    from ppml_core.venues.base import Venue

    if arguments.venue:
        base = dataclasses.replace(base, venue=Step.of(Venue, arguments.venue))
    has_k = any("k" in dict(step.settings) for step in base.anonymize)
    if arguments.method or (arguments.k and not has_k):
        chosen = arguments.method or "full_domain"
        chain = Scenario.of(base.dataset, base.learner.method, anonymize=[(chosen, {})]).anonymize
        base = dataclasses.replace(base, anonymize=(*base.anonymize, *chain))
    return base


def _axes(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """Dotted setting -> its values as texts; the scenario parses and checks them."""
    axes = {}
    for flag, dotted in (("k", "anonymize.k"), ("epsilon", "learner.epsilon"), ("delta", "learner.delta")):
        given = getattr(arguments, flag)
        if given is not None:
            axes[dotted] = list(dict.fromkeys(names(given)))
            if not axes[dotted]:
                raise BadInput(f"--{flag} takes one or more numbers with commas between, not {given!r}.")
    for dotted, values in axes_of(arguments.set).items():
        if dotted in axes:
            raise BadInput(f"{dotted} is given twice.")
        axes[dotted] = values
    return axes


def _warn_of_delta(scenarios: Sequence[Any], data: Dataset) -> None:
    from ppml_core.accounting.budget import delta_limit

    if data.schema.expected_rows is None:
        return
    limit = delta_limit(data.schema.expected_rows)
    largest = max((scenario.setting("learner.delta") or 0.0 for scenario in scenarios), default=0.0)
    if largest > limit:
        say(
            f"delta {largest:g} is above 1/(10 x expected rows) = {limit:.2g}: "
            f"a guarantee that weak should not be published"
        )
