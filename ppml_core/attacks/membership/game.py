"""The membership game: who is asked about, who of them the attacked model was trained on, and the shadow models.

In: a table and a road to a model (`play`), or a model that exists with the people behind it (`against`). Out: `Game`,
in which every attack finds what it holds. All attacks share one set of shadow models.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.attacks.base import Subject, Trainer
from ppml_core.attacks.membership.evidence import Evidence, Shadows
from ppml_core.attacks.membership.report import Drawn
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Guarantee
from ppml_core.learn.base import Array, Fitted, Masks
from ppml_core.learn.target import encode_target, target_classes, target_numbers, task_of, with_classes

Rows = npt.NDArray[np.int64]

FEWEST_PEOPLE = 20
MOST_ASKED = 5_000
PUBLIC_SHARE = 1 / 3


@dataclass(frozen=True, eq=False)
class Game:
    """`people` are those asked about, `rows` where they stand in the table, `inside` (targets, people) who was trained
    on.

    `said` has shape (targets, people and public, classes): the public come last. `seconds` is what training all took.
    """

    people: Dataset
    public: Dataset
    rows: Rows
    inside: Masks
    said: Array
    shadows: Shadows
    drawn: Drawn
    guarantee: Guarantee | None
    seconds: float

    @property
    def targets(self) -> int:
        return len(self.inside)

    def evidence(self, target: int = 0) -> Evidence:
        """What the attacker of one of the targets holds."""
        asked = len(self.people)
        public = self.public if len(self.public) else None
        return Evidence(
            people=self.people,
            truth=self.shadows.truth,
            said=self.said[target, :asked],
            shadows=self.shadows,
            public=public,
            public_truth=None if public is None else truth_of(public),
            public_said=None if public is None else self.said[target, asked:],
        )


def truth_of(people: Dataset) -> npt.NDArray[Any]:
    """Class numbers, or the target's values in a regression."""
    if task_of(people.schema) == "regression":
        return target_numbers(people)
    return encode_target(people, target_classes(people.schema))


def play(
    data: Dataset,
    train: Trainer,
    shadows: int,
    rng: np.random.Generator,
    n: int | None = None,
    targets: int = 1,
    drawn: Drawn | None = None,
    fewest_public: int = 0,
    with_public: bool = True,
) -> Game:
    """A game on 2n people drawn from the table, of whom each target was trained on about half.

    Drawn "independently", each person is a member with probability one half, which is what adding or removing one is
    about; with a "fixed number" n of them are, as a guarantee for replacing one asks for. None is as the guarantee asks
    for, independently where there is none. Up to n further people stay apart as the public, unless no attack asks for
    them (`with_public`). The public size of the table is set to n. Raises BadInput for too few people or an odd number
    of shadow models.
    """
    _check_shadows(shadows)
    data = with_classes(data)
    most = int(len(data) / (2 + PUBLIC_SHARE))
    n = min(MOST_ASKED, most) if n is None else n
    if not FEWEST_PEOPLE <= n <= len(data) // 2:
        raise BadInput(
            f"n must be at least {FEWEST_PEOPLE} and at most half of the table's {len(data):,} people, not {n}."
        )
    if min(n, len(data) - 2 * n) < fewest_public:
        raise BadInput(
            f"this attack needs at least {fewest_public} people known not to be members "
            f"beside the {2 * n:,} asked about; choose another n."
        )
    order = rng.permutation(len(data))
    people, spare = (
        _sized(data.take(rows), n) for rows in (order[: 2 * n], order[2 * n : 3 * n if with_public else 2 * n])
    )
    start = time.perf_counter()
    who = _drawn(targets, 2 * n, drawn or "independently", rng)
    models = train(people, who, rng.spawn(targets))
    if drawn is None:
        drawn = _asked_for(models[0].guarantee)
        if drawn == "fixed number":
            who = _drawn(targets, 2 * n, drawn, rng)
            models = train(people, who, rng.spawn(targets))
    halves = _pairs(shadows, 2 * n, drawn, rng)
    answers = train.answers(people, halves, rng.spawn(shadows), people)
    return Game(
        people=people,
        public=spare,
        rows=order[: 2 * n],
        inside=who,
        said=np.array([_said(model, people, spare) for model in models]),
        shadows=Shadows(answers, halves, truth_of(people)),
        drawn=drawn,
        guarantee=models[0].guarantee,
        seconds=time.perf_counter() - start,
    )


def against(subject: Subject, shadows: int, rng: np.random.Generator, n: int = MOST_ASKED) -> Game:
    """A game against the subject's own model: up to n of its members and as many others are asked about.

    A shadow model is trained on as many people as the model was: half of those asked about, the rest drawn from the
    others of the table, whom the attacker is taken to know. Members are a fixed number. Rows are those of the members.
    """
    _check_shadows(shadows)
    lot = _lot(subject, shadows, rng, n)
    start = time.perf_counter()
    answers = subject.train.answers(lot.pool, lot.masks, rng.spawn(shadows), lot.people)
    asked = len(lot.people)
    return Game(
        people=lot.people,
        public=lot.public,
        rows=lot.rows,
        inside=(np.arange(asked) < asked // 2)[None, :],
        said=_said(subject.model, lot.people, lot.public)[None],
        shadows=Shadows(answers, lot.halves, truth_of(lot.people)),
        drawn="fixed number",
        guarantee=subject.guarantee,
        seconds=time.perf_counter() - start,
    )


@dataclass(frozen=True, eq=False)
class Lot:
    """Who is asked about (members first, then as many others), the public, and whom each shadow model is trained on.

    `masks` (shadows, pool) mark those; `halves` (shadows, people) are the part of them that is asked about.
    """

    others: Dataset
    pool: Dataset
    rows: Rows
    people: Dataset
    public: Dataset
    halves: Masks
    masks: Masks


def _lot(subject: Subject, shadows: int, rng: np.random.Generator, n: int) -> Lot:
    """Drawn for this subject, or the same for all subjects of one lot among these people; the last one is kept."""
    if subject.lot is None:
        return _drawn_lot(subject.members, subject.others, shadows, rng, n)
    memo, what, key = subject.members.memo, "lot of a membership game", (subject.lot, shadows, n)
    kept, lot = memo.get(what, (None, None))
    if kept != key or lot.others is not subject.others:
        shared = np.random.default_rng([subject.lot, shadows, n])
        lot = _drawn_lot(subject.members, subject.others, shadows, shared, n)
        memo[what] = key, lot
    return cast(Lot, lot)


def _drawn_lot(members: Dataset, others: Dataset, shadows: int, rng: np.random.Generator, n: int) -> Lot:
    public = min(n, int(len(others) * PUBLIC_SHARE))
    n = min(n, len(members), len(others) - public)
    if n < FEWEST_PEOPLE:
        raise NotApplicable(f"a membership game needs at least {FEWEST_PEOPLE} people on each side, not {n}.")
    pool = _joined(members, others)
    mine = rng.permutation(len(members))
    theirs = len(members) + rng.permutation(len(others))
    rows = np.concatenate([mine[:n], theirs[:n]])
    rest = np.concatenate([mine[n:], theirs[n:]])
    halves = _pairs(shadows, 2 * n, "fixed number", rng)
    masks = np.zeros((shadows, len(pool)), dtype=bool)
    masks[:, rows] = halves
    for mask in masks:
        mask[rng.choice(rest, len(members) - n, replace=False)] = True
    return Lot(others, pool, rows, pool.take(rows), pool.take(theirs[n : n + public]), halves, masks)


def _said(model: Fitted, people: Dataset, public: Dataset) -> Array:
    return np.concatenate([model.predict_proba(asked) for asked in (people, public) if len(asked)])


def _asked_for(guarantee: Guarantee | None) -> Drawn:
    return "fixed number" if guarantee is not None and guarantee.neighbours == "replace_one" else "independently"


def _drawn(models: int, people: int, drawn: Drawn, rng: np.random.Generator) -> Masks:
    if drawn == "independently":
        return rng.random((models, people)) < 0.5
    return np.argsort(rng.random((models, people)), axis=1) < people // 2


def _pairs(shadows: int, people: int, drawn: Drawn, rng: np.random.Generator) -> Masks:
    """Pairs of shadow models that split the people between them: each person is in exactly half of the models."""
    masks = np.empty((shadows, people), dtype=bool)
    masks[0::2] = _drawn(shadows // 2, people, drawn, rng)
    masks[1::2] = ~masks[0::2]
    return masks


def _sized(data: Dataset, n: int) -> Dataset:
    """The game's own size as public knowledge, where the schema has one."""
    if data.schema.expected_rows is None:
        return data
    return data.with_schema(dataclasses.replace(data.schema, expected_rows=n))


def _joined(members: Dataset, others: Dataset) -> Dataset:
    tables: Sequence[pd.DataFrame] = (members.table, others.table)
    return dataclasses.replace(members, table=pd.concat(tables, ignore_index=True))


def _check_shadows(shadows: int) -> None:
    if shadows < 2 or shadows % 2:
        raise BadInput(f"shadow models come in pairs: shadows must be an even number of at least 2, not {shadows}.")
