"""Audits of whole methods: a learner, an anonymizer or a release against the guarantee that it gives itself.

In: a method and a number of runs. Out: a `Report` with everything that a page or the command line shows of it. Nothing
here reads a private row: the people are made up from a schema.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ppml_core.accounting.curves import highest_tpr
from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.audits import views
from ppml_core.attacks.audits.bounds import Floats
from ppml_core.attacks.audits.one_run import LEAST_CANARIES, one_run_audit
from ppml_core.attacks.audits.two_world import LEAST_RUNS, audit_of_scores
from ppml_core.attacks.audits.worlds import Pair, built_in, coins_and_canaries, pairs
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Estimate, Guarantee
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.target import encode_target, target_numbers
from ppml_core.settings import Setting, settings_of
from ppml_core.workers import Progress

Views = Callable[[Pair, int, int], Floats]

POINTS = 200
BATCH = 250
FEW_NUMBERS = 8
TELLING: dict[str, Any] = {
    "steps": 1, "momentum": 0.0, "averaged": 1.0, "learning_rate": 1e-3, "knots": 1, "ridge": 0.0, "trees": 20,
    "shrinkage": 100.0, "columns": 1, "n_estimators": 1, "n_clusters": 2, "iterations": 1, "rows": 5_000,
    "pairs": False,
}  # fmt: skip
TELLING_AT_ONCE: dict[str, Any] = {"ridge": 1e6}


@dataclass(frozen=True, eq=False)
class Report:
    """One audit. `lower_bound` (epsilon at the claim's delta) and `contradicted` hold at `confidence` together.

    `gaussian_bound` is a further bound where the claim is Gaussian, else None. `tpr` and `fpr` are of the threshold
    that was tested, with their bounds; for one run they are shares of canaries, without (canaries of one run are not
    independent). `allowed` is the highest true positive rate that the claim allows at the upper bound of `fpr`; for
    one run the largest share of right guesses. `curve` is the claim's own at each of `roc_fpr`, `roc_tpr` what the
    attack's scores reached on the runs that chose nothing.
    """

    subject: str
    method: Literal["two_world", "one_run"]
    claim: Guarantee
    lower_bound: float
    gaussian_bound: float | None
    confidence: float
    runs: int
    canaries: int
    contradicted: bool
    allowed: float
    fpr: Estimate
    tpr: Estimate
    worlds: str
    roc_fpr: Floats
    roc_tpr: Floats
    curve: Floats


def telling(cls: type[Learner] | type[Anonymizer]) -> dict[str, Any]:
    """Settings of a method under which what it releases says as much as all the noisy sums behind it.

    One step, none forgotten, too short to bend: then the weights are the noisy sum itself. What is solved at once, not
    in steps, is so under a ridge that leaves nothing else.
    """
    declared = settings_of(cls)
    asked = TELLING if "steps" in declared else TELLING | TELLING_AT_ONCE
    return {name: value for name, value in asked.items() if name in declared and _accepts(declared[name], value)}


def audit_learner(
    learner: Learner,
    runs: int,
    seed: int = 1,
    error: float = 0.01,
    schema: Schema | None = None,
    progress: Progress | None = None,
) -> Report:
    """Two-world audit of the guarantee that the learner's models carry, over `runs` trainings in each world.

    Raises NotApplicable where it gives none, BadInput for too few runs.
    """
    schema = schema or built_in(learner.tasks[0])

    def seen(pair: Pair, side: int, count: int) -> Floats:
        found = []
        for start in range(0, count, BATCH):
            rngs = [np.random.default_rng([seed, side, run]) for run in range(start, min(start + BATCH, count))]
            models = type(learner).fit_many([learner] * len(rngs), (pair.first, pair.second)[side], rngs)
            found += [views.of_model(model, pair) for model in models]
        return views.as_matrix(found)

    model = learner.fit(pairs(schema, "add_or_remove_one")[0].second, np.random.default_rng([seed]))
    claim = _claimed(model.guarantee, learner.name(), model.guarantee_note)
    return _two_worlds(learner.name(), claim, schema, seen, runs, error, progress)


def audit_anonymizer(
    anonymizer: Anonymizer,
    runs: int,
    seed: int = 1,
    error: float = 0.01,
    schema: Schema | None = None,
    progress: Progress | None = None,
) -> Report:
    """The same of an anonymizer whose release carries a guarantee."""
    schema = schema or built_in()

    def seen(pair: Pair, side: int, count: int) -> Floats:
        data = (pair.first, pair.second)[side]
        made = (anonymizer.fit(data, np.random.default_rng([seed, side, run])) for run in range(count))
        return views.as_matrix([views.of_table(recoding, pair) for recoding in made])

    recoding = anonymizer.fit(pairs(schema, "add_or_remove_one")[0].second, np.random.default_rng([seed]))
    claim = _claimed(recoding.guarantee, anonymizer.name(), recoding.guarantee_note)
    return _two_worlds(anonymizer.name(), claim, schema, seen, runs, error, progress)


def audit_release(method: Learner | Anonymizer, runs: int, error: float = 0.01, schema: Schema | None = None) -> Report:
    """Two-world audit of what leaves: models or tables whose noise comes from the operating system, so without a seed.

    Raises NotApplicable where OpenDP is not installed.
    """
    schema = schema or built_in()

    def seen(pair: Pair, side: int, count: int) -> Floats:
        data = (pair.first, pair.second)[side]
        return views.as_matrix([views.of(method.fit_release(data), pair) for _ in range(count)])

    made = method.fit_release(pairs(schema, "add_or_remove_one")[0].second)
    claim = _claimed(made.guarantee, method.name(), made.guarantee_note)
    return _two_worlds(f"release of {method.name()}", claim, schema, seen, runs, error, None)


def audit_canaries(
    learner: Learner, canaries: int, seed: int = 1, error: float = 0.05, schema: Schema | None = None
) -> Report:
    """One-run audit: one training with so many canaries, each with a category of its own, in by the toss of a coin."""
    schema = schema or built_in(learner.tasks[0], inputs=False)
    few, _, _ = coins_and_canaries(schema, LEAST_CANARIES, "add_or_remove_one", np.random.default_rng([seed]))
    probe = learner.fit(few, np.random.default_rng([seed]))
    claim = _claimed(probe.guarantee, learner.name(), probe.guarantee_note)
    people, shown, coins = coins_and_canaries(schema, canaries, claim.neighbours, np.random.default_rng([seed, 0]))
    model = learner.fit(people, np.random.default_rng([seed, 1]))
    claim = _claimed(model.guarantee, learner.name(), model.guarantee_note)
    scores = _beliefs(model, shown)
    found = one_run_audit(scores, coins, claim, error)
    guessed = np.argsort(-scores, kind="stable")[: found.guesses // 2]
    right = coins[guessed]
    fpr, tpr = float((~right).sum() / max(1, (~coins).sum())), float(right.sum() / max(1, coins.sum()))
    roc_fpr, roc_tpr = roc(scores[~coins], scores[coins])
    return Report(
        subject=learner.name(),
        method="one_run",
        claim=claim,
        lower_bound=found.lower_bound,
        gaussian_bound=found.gaussian_bound,
        confidence=found.confidence,
        runs=1,
        canaries=canaries,
        contradicted=found.contradicted,
        allowed=found.allowed,
        fpr=Estimate(fpr, 0.0, 1.0, covers="canaries of one run, which are not independent", confidence=1.0),
        tpr=Estimate(tpr, 0.0, 1.0, covers="canaries of one run, which are not independent", confidence=1.0),
        worlds="canaries in by the toss of a coin",
        roc_fpr=roc_fpr,
        roc_tpr=roc_tpr,
        curve=highest_tpr(claim, roc_fpr),
    )


def audit_views(
    subject: str, claim: Guarantee, first: Floats, second: Floats, error: float = 0.01, worlds: str = ""
) -> Report:
    """Two-world audit of anything whose releases are rows of numbers, shape (runs, numbers), one matrix per world.

    Of the even runs one half shapes a direction, and the other chooses between it and the first number alone, and a
    threshold; the odd runs test.
    """
    if min(len(first), len(second)) < LEAST_RUNS:
        raise BadInput(f"an audit needs at least {LEAST_RUNS} runs in each world, not {min(len(first), len(second))}.")
    scores = _scored(*_as_wide(first, second))
    found = audit_of_scores(scores, claim, error, chosen=len(first[::2]) - len(first[::4]))
    outs, ins = (np.asarray(found.sign * side[1::2]) for side in scores[found.way])
    roc_fpr, roc_tpr = roc(outs, ins)
    cut, covers = found.cut, "runs that chose nothing"
    return Report(
        subject=subject,
        method="two_world",
        claim=claim,
        lower_bound=found.lower_bound,
        gaussian_bound=found.gaussian_bound,
        confidence=found.confidence,
        runs=found.runs,
        canaries=1,
        contradicted=found.contradicted,
        allowed=found.allowed,
        fpr=Estimate(cut.fpr, cut.fpr_low, cut.fpr_high, covers, len(outs), found.confidence),
        tpr=Estimate(cut.tpr, cut.tpr_low, cut.tpr_high, covers, len(ins), found.confidence),
        worlds=worlds,
        roc_fpr=roc_fpr,
        roc_tpr=roc_tpr,
        curve=highest_tpr(claim, roc_fpr),
    )


def roc(outs: Floats, ins: Floats) -> tuple[Floats, Floats]:
    """(false, true positive rates) at up to 200 thresholds, from none to all."""
    thresholds = np.quantile(np.concatenate([outs, ins]), np.linspace(1, 0, POINTS), method="nearest")
    low, high = np.sort(outs), np.sort(ins)
    fpr = 1 - np.searchsorted(low, thresholds, side="right") / len(low)
    tpr = 1 - np.searchsorted(high, thresholds, side="right") / len(high)
    return np.append(fpr, 1.0), np.append(tpr, 1.0)


def _two_worlds(
    subject: str, claim: Guarantee, schema: Schema, seen: Views, runs: int, error: float, progress: Progress | None
) -> Report:
    """The pair of worlds in which the claim does worst; each is tested at its share of `error`."""
    tried = pairs(schema, claim.neighbours)
    reports = []
    for place, pair in enumerate(tried):
        views_ = []
        for side in (0, 1):
            views_.append(seen(pair, side, runs))
            if progress is not None:
                progress(2 * place + side + 1, 2 * len(tried))
        reports.append(audit_views(subject, claim, views_[0], views_[1], error / len(tried), pair.name))
    worst = max(reports, key=lambda one: (one.contradicted, one.lower_bound, one.gaussian_bound or 0.0))
    return dataclasses.replace(worst, confidence=1 - error)


def _scored(first: Floats, second: Floats) -> list[tuple[Floats, Floats]]:
    """Scores by the first number alone, and by the best direction of the first few and of all."""
    shaping = [side[::4] for side in (first, second)]
    ways = [(first[:, 0], second[:, 0])]
    for width in sorted({min(FEW_NUMBERS, first.shape[1]), first.shape[1]} - {1}):
        direction = views.best_direction(shaping[0][:, :width], shaping[1][:, :width])
        ways.append((first[:, :width] @ direction, second[:, :width] @ direction))
    return ways


def _as_wide(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Both with as many columns as the wider has, zeros in those that are added, and the first or what ever differs."""
    width = max(first.shape[1], second.shape[1])
    one, two = (np.pad(side, ((0, 0), (0, width - side.shape[1]))) for side in (first, second))
    differs = (np.ptp(np.concatenate([one, two]), axis=0) > 0) | (np.arange(width) == 0)
    return one[:, differs], two[:, differs]


def _beliefs(model: Fitted, shown: Dataset) -> Floats:
    """How sure the model is of each canary's answer, beside all canaries with that answer: log odds, or nearness."""
    answers = model.predict_proba(shown)
    if model.classes:
        asked: Any = encode_target(shown, model.classes)
        own = answers[np.arange(len(answers)), asked]
        sure = np.log(np.clip(own, 1e-300, 1.0)) - np.log(np.clip(1 - own, 1e-300, 1.0))
    else:
        asked = target_numbers(shown)
        sure = -np.abs(answers[:, 0] - asked)
    for answer in np.unique(asked):
        sure[asked == answer] -= sure[asked == answer].mean()
    return np.asarray(sure, dtype=np.float64)


def _claimed(guarantee: Guarantee | None, name: str, note: str) -> Guarantee:
    if guarantee is None:
        why = note.rstrip(".") or "it is no private method"
        raise NotApplicable(f"{name} gives no guarantee that could be audited: {why}.")
    return guarantee


def _accepts(declared: Setting, value: Any) -> bool:
    try:
        declared.check(value)
    except BadInput:
        return False
    return True
