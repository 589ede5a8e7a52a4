"""Tidy result rows, and their summary over repeats with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ppml_core.evidence import Z95, Estimate
from ppml_core.experiment.attacked import attack_rows, not_handed_out
from ppml_core.experiment.points import Point, Record, point_of

COLUMNS = (
    "scenario_id", "repeat", "seed", "measure", "value", "unit", "protocol", "guarantee_epsilon", "guarantee_delta",
    "guarantee_neighbours", "guarantee_unit", "seconds", "error", "std_error", "low", "high",
)  # fmt: skip
NUMBERS = ("value", "guarantee_epsilon", "guarantee_delta", "seconds", "std_error", "low", "high")
NO_GUARANTEE = dict.fromkeys(("guarantee_epsilon", "guarantee_delta", "guarantee_neighbours", "guarantee_unit"))
COVERS = "noise seeds and test people"


def tidy(
    points: Sequence[Point], records: Mapping[str, Record], fingerprint: str, swept: Sequence[str] = ()
) -> pd.DataFrame:
    """One row per point × measure, in the order of the points; one column per swept setting, or one that differs.

    A guarantee stands beside the figures of the model it covers, not beside baselines or figures of the release.
    `low` and `high` are a 95 % interval over test people for that one model, or over what a figure of the release says;
    `std_error` is its standard error.
    """
    columns = [*swept, *(name for name in _differing(points) if name not in swept)]
    rows: list[Record] = []
    for point in points:
        record = records.get(point.key)
        if record is None:
            continue
        head = _head(point, record) | {name: point.scenario.setting(name) for name in columns}
        measured = [*record["rows"], *_raw_rows(point, records, fingerprint)]
        own = {prefix + name for prefix in ("", "train_") for name in point.scenario.measures}
        withheld = not_handed_out(point.scenario)
        rows += [head | _cells(withheld(row)) | ({} if row["measure"] in own else NO_GUARANTEE) for row in measured]
        rows += _attack_rows(point, head, records, fingerprint)
    frame = pd.DataFrame(rows, columns=[*COLUMNS, *columns])
    return frame.astype(dict.fromkeys(NUMBERS, float))


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """One line per scenario × measure: the mean over repeats with a 95 % interval over noise seeds and test people.

    The two sources add in quadrature: Student's t over the repeats' means, and the mean standard error over the test
    people, whom all repeats share. `failed` counts repeats without a value. Columns: those of the rows that are the
    same for all repeats, then `value, low, high, repeats, failed`.
    """
    shared = [
        name
        for name in rows.columns
        if name not in ("repeat", "seconds", "error", *NUMBERS) or name.startswith("guarantee_")
    ]
    lines = []
    for _, group in rows.groupby(["scenario_id", "measure"], sort=False):
        first = group.iloc[0]
        reach = (group["value"] - group["low"], group["high"] - group["value"])
        estimate = estimate_of(group["value"], group["std_error"], reach)
        line = {name: first[name] for name in shared} | {"seconds": float(group["seconds"].mean())}
        reasons = group["error"].dropna()
        line |= {
            "value": estimate.value if estimate else np.nan,
            "low": estimate.low if estimate else np.nan,
            "high": estimate.high if estimate else np.nan,
            "repeats": estimate.repeats if estimate else 0,
            "failed": int(group["value"].isna().sum()),
            "error": reasons.iloc[0] if len(reasons) else None,
        }
        lines.append(line)
    return pd.DataFrame(lines)


def estimate_of(values: Any, std_errors: Any, reach: tuple[Any, Any] | None = None) -> Estimate | None:
    """The mean of repeated values and its 95 % interval, or None where every repeat failed.

    `reach` says how far each value's own interval goes below and above it, where that is not 1.96 standard errors.

    >>> round(estimate_of([0.8, 0.8], [0.01, 0.01]).high, 4)
    0.8196
    """
    found = np.asarray(values, dtype=float)
    present = np.isfinite(found)
    errors, found = np.asarray(std_errors, dtype=float)[present], found[present]
    if not len(found):
        return None
    even = (Z95 * errors, Z95 * errors)
    sides = even if reach is None else tuple(np.asarray(side, dtype=float)[present] for side in reach)
    below, above = (float(np.nan_to_num(side).mean()) for side in sides)
    seeds = 0.0
    if len(found) > 1:
        seeds = float(stats.t.ppf(0.975, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found)))
    mean = float(found.mean())
    low, high = mean - np.hypot(below, seeds), mean + np.hypot(above, seeds)
    return Estimate(round(mean, 12), round(float(low), 12), round(float(high), 12), COVERS, len(found))


def _head(point: Point, record: Record) -> Record:
    return {
        "scenario_id": point.scenario.id,
        "repeat": point.repeat,
        "seed": point.scenario.seed,
        "protocol": record["protocol"],
        "seconds": record["seconds"],
    } | _promised(record)


def _promised(record: Record) -> Record:
    """The guarantee's columns; records of before units were told apart speak of single records."""
    known = record["guarantee"]
    return dict(zip(NO_GUARANTEE, [*known, "record"][:4] if known else (None,) * 4, strict=True))


def _cells(row: Record) -> Record:
    value, spread = row["value"], row["std_error"]
    known = value is not None
    return {
        "measure": row["measure"],
        "value": value,
        "unit": row["unit"],
        "error": row["error"],
        "std_error": spread,
        "low": row.get("low", value - Z95 * spread if known else None),
        "high": row.get("high", value + Z95 * spread if known else None),
    }


def _raw_rows(point: Point, records: Mapping[str, Record], fingerprint: str) -> list[Record]:
    """The test measures of the same learner on raw training people, as baselines of a protected point."""
    if not point.scenario.anonymize:
        return []
    raw = records.get(point_of(point.scenario.unprotected(), point.repeat, fingerprint).key)
    wanted = set(point.scenario.measures)
    return [
        row | {"measure": f"baseline_raw_{row['measure']}"}
        for row in (raw or {"rows": []})["rows"]
        if row["measure"] in wanted
    ]


def _attack_rows(point: Point, head: Record, records: Mapping[str, Record], fingerprint: str) -> list[Record]:
    """The findings of a point's attacks, with the guarantee of what was attacked and the seconds that it took."""
    rows: list[Record] = []
    for key, gaps in attack_rows(point.scenario, point.repeat, fingerprint):
        rows += [head | _cells(row) | NO_GUARANTEE for row in gaps]
        record = records.get(key) if key else None
        if record is None:
            continue
        own = head | _promised(record) | {"seconds": record["seconds"]}
        beside = ("control_", "baseline_")
        rows += [
            own | _cells(row) | (NO_GUARANTEE if row["measure"].startswith(beside) else {}) for row in record["rows"]
        ]
    return rows


def _differing(points: Sequence[Point]) -> list[str]:
    """Dotted settings that are not the same in all scenarios."""
    scenarios = list({point.scenario.id: point.scenario for point in points}.values())
    names = list(dict.fromkeys(name for scenario in scenarios for name in scenario.dotted()))
    return [name for name in names if len({str(scenario.setting(name)) for scenario in scenarios}) > 1]
