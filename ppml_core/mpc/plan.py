"""The public plan of a computation on shares: everything that every party may know, and nothing else.

Sizes, steps and the polynomial stand in for the sigmoid are agreed on before anybody shares anything. Numbers in the
plan are rounded to few bits, so that all engines and the clear run use the very same ones.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from ppml_core.errors import BadInput

PARTIES = 3
REACH = 8.0
POLYNOMIAL_BITS = 14
FACTOR_BITS = 6
MOMENTUM_BITS = 8
MOST_MOMENTUM = {"logistic_regression": 0.9, "network": 0.8}
FIRST_SPREAD = 0.1

Model = Literal["logistic_regression", "network"]
Split = Literal["horizontal", "vertical"]
Triple = tuple[int, int, int]


@dataclass(frozen=True)
class Plan:
    """What is trained and how, in public numbers.

    `rows`, `test_rows` and `columns` are what each party holds; under a vertical split the parties hold columns of the
    same people and `labels` is the party that has their classes. Step t looks at every `batches`-th person, from the
    (t modulo batches)-th on, and subtracts gradient · factor · shrink, Nesterov's way with the `momenta`. Only where
    `opens_model` is set do the parties put the trained weights together.
    """

    model: Model
    split: Split
    rows: Triple
    test_rows: Triple
    columns: Triple
    labels: int
    hidden: int
    steps: int
    batches: int
    factor: float
    halvings: int
    linear: float
    cubic: float
    momenta: tuple[float, ...]
    first_seed: int
    opens_model: bool

    @classmethod
    def of(
        cls, model: Model, split: Split, rows: Triple, test_rows: Triple, columns: Triple, *, longest: float,
        steps: int, batch: int = 1_000, hidden: int = 8, rate: float | None = None, first_seed: int = 1,
        opens_model: bool = False,
    ) -> Self:  # fmt: skip
        """A plan whose step follows from public numbers: `longest` bounds the squared length of every encoded row.

        For logistic regression 4/3 over slope · longest is the longest step that Nesterov's method stands wherever the
        people lie; a network takes two fifths of that, found on Adult.
        """
        linear, cubic = sigmoid_polynomial()
        if rate is None:
            rate = 1.3 / (linear * longest) if model == "logistic_regression" else 2.6 / longest
        people = sum(rows) if split == "horizontal" else rows[0]
        batches = max(1, people // batch)
        halvings = math.ceil(math.log2(people // batches))
        factor = _rounded(rate * 2**halvings / (people // batches), FACTOR_BITS)
        if factor <= 0:
            raise BadInput(f"learning_rate must be at least {2 ** -(FACTOR_BITS + 1):g}, not {rate:g}.")
        most = MOST_MOMENTUM[model]
        momenta = tuple(_rounded(min(step / (step + 3), most), MOMENTUM_BITS) for step in range(steps))
        return cls(
            model=model, split=split, rows=rows, test_rows=test_rows, columns=columns, labels=PARTIES - 1,
            hidden=hidden, steps=steps, batches=batches, factor=factor, halvings=halvings, linear=linear, cubic=cubic,
            momenta=momenta, first_seed=first_seed, opens_model=opens_model,
        )  # fmt: skip

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The plan that `values()` wrote, through JSON or not."""
        given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        return cls(**given)

    def values(self) -> dict[str, Any]:
        """Plain values that JSON can carry."""
        return dataclasses.asdict(self)

    @property
    def shrinks(self) -> tuple[float, ...]:
        """What each gradient is multiplied with after the factor, a power of two for each of the weights.

        The network's output weights, of which there are many, take steps as much shorter.
        """
        shrink = 2.0**-self.halvings
        if self.model == "logistic_regression":
            return (shrink,)
        return 2 * shrink, shrink * 2.0 ** -round(math.log2(self.hidden)), shrink

    @property
    def people(self) -> int:
        return sum(self.rows) if self.split == "horizontal" else self.rows[0]

    @property
    def batch(self) -> int:
        """People that a step looks at; the few left over by the division are not looked at by any."""
        return self.people // self.batches

    @property
    def rate(self) -> float:
        """Length of a step along the mean gradient of its people."""
        return self.factor * 2.0**-self.halvings * self.batch

    @property
    def width(self) -> int:
        return self.columns[0] if self.split == "horizontal" else sum(self.columns)

    def has_labels(self, party: int) -> bool:
        return self.split == "horizontal" or party == self.labels

    def sees_predictions(self, party: int) -> bool:
        """Whether probabilities are opened to this party: of its own test people, or as the holder of the labels."""
        return self.has_labels(party)


def sigmoid_polynomial(reach: float = REACH) -> tuple[float, float]:
    """(a, b) of 1/2 + a·z + b·z³, the least squares fit of the sigmoid on [-reach, reach], rounded to 14 bits.

    >>> a, b = sigmoid_polynomial()
    >>> round(a, 4), round(b, 4)
    (0.1501, -0.0016)
    """
    z = np.linspace(-reach, reach, 4001)
    powers = np.column_stack([z, z**3])
    a, b = np.linalg.lstsq(powers, 1 / (1 + np.exp(-z)) - 0.5)[0]
    return _rounded(a, POLYNOMIAL_BITS), _rounded(b, POLYNOMIAL_BITS)


def first_weights(plan: Plan) -> tuple[npt.NDArray[np.float64], ...]:
    """Where training begins, from a public seed: (weights) of the linear model, (first, out, bias) of the network.

    The linear model starts at 0. The network's first layer is small and random, and its output weights have both signs.
    """
    if plan.model == "logistic_regression":
        return (np.zeros(plan.width),)
    first = FIRST_SPREAD * np.random.default_rng(plan.first_seed).standard_normal((plan.width, plan.hidden))
    signs = np.where(np.arange(plan.hidden) % 2, 1.0, -1.0)
    return first, FIRST_SPREAD * signs / math.sqrt(plan.hidden), np.zeros(1)


def _rounded(value: float, bits: int) -> float:
    return float(round(float(value) * 2**bits)) * 0.5**bits
