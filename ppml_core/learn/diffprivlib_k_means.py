"""Clusters by IBM diffprivlib's k-means, corrected, and noisy counts of the classes in each: pure epsilon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ppml_core.accounting.budget_settings import epsilon_setting
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee
from ppml_core.learn.base import Array, Fitted, Learner
from ppml_core.learn.deadline import fit_in_time
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.models import imported, seed_of, watched
from ppml_core.learn.promise import Ground
from ppml_core.learn.target import encode_target
from ppml_core.settings import setting

Block = npt.NDArray[np.float64]

TOUCHED = 2
ONE_MORE = 1.0


@dataclass(frozen=True)
class DiffprivlibKMeans(Learner):
    """Shares of the classes in the cluster that a person is nearest to: pure ε under replacing one record.

    A part of ε moves the centres, the same in every iteration; the rest counts classes per cluster. diffprivlib 0.6.6's
    own steps are not used: they swap the budgets of counts and coordinates (twice ε at 50 features), leave empty
    clusters without noise, charge one cluster where a replaced person touches two, and keep labels and inertia as they
    are (tests show it). Centres start at people drawn from the public bounds, and every cluster gets Laplace noise in
    its count and in each coordinate of its sum. A row of [0, 1] features adds 1 per column at most (one-hot, no knots),
    so one person replaced moves all sums by 2·columns and all counts by 2, in L1. The number of rows is public here.
    Su, Cao, Li, Bertino, Jin 2016 (DPLloyd).
    """

    title: ClassVar[str] = "diffprivlib k-means"
    private: ClassVar[bool] = True

    epsilon: float = epsilon_setting("privacy budget ε of the clusters and the counts together")
    label_share: float = setting(
        0.3, 0.01, 0.99, slider=(0.1, 0.9), help="part of ε that the counts of classes get", unit="share"
    )
    count_share: float = setting(
        0.2, 0.01, 0.99, slider=(0.1, 0.9), unit="share",
        help="part of each iteration's ε that the counts of people get; the sums get the rest",
    )  # fmt: skip
    n_clusters: int = setting(20, 1, 200, slider=(2, 40), help="clusters", unit="clusters")
    iterations: int = setting(2, 1, 50, slider=(1, 10), help="times the centres move; ε is shared between them")

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        with watched() as watch:
            ground = Ground.of(data, needs_size=False)
            if len(data) < self.n_clusters:
                people = "1 person is" if len(data) == 1 else f"{len(data)} people are"
                raise NotApplicable(f"{people} fewer than {self.n_clusters} clusters: lower n_clusters, or add people.")
            y = encode_target(data, ground.classes)
            X = np.asarray(ground.encoder.encode(data), dtype=np.float64)
            scales = self.scales(len(ground.encoder.parts))
            model = corrected(self, scales, made_up_people(ground.encoder, self.n_clusters, rng), seed_of(rng))
            fit_in_time(model, X)
            counts = class_counts(nearest(X, model.cluster_centers_), y, self.n_clusters, len(ground.classes))
            told = np.maximum(counts + rng.laplace(0, scales["classes"], counts.shape), 0) + ONE_MORE
        return ClusterModel(
            centres=np.asarray(model.cluster_centers_),
            shares=told / told.sum(axis=1, keepdims=True),
            encoder=ground.encoder,
            classes=ground.classes,
            guarantee=ground.promised(Guarantee(self.epsilon, 0.0, "replace_one")),
            guarantee_note=ground.doubt,
            warnings=ground.encoder.notes + watch.warnings,
            noise=(("mechanism", "laplace"), *((f"scale_of_{what}", scale) for what, scale in scales.items())),
            seconds=watch.seconds,
        )

    def scales(self, columns: int) -> dict[str, float]:
        """Scale of the Laplace noise in sums and counts of each iteration, and in the counts of classes.

        >>> DiffprivlibKMeans(epsilon=2.0, label_share=0.5, count_share=0.5, iterations=1).scales(5)
        {'sums': 20.0, 'people': 4.0, 'classes': 2.0}
        """
        each = self.epsilon * (1 - self.label_share) / self.iterations
        return {
            "sums": TOUCHED * columns / (each * (1 - self.count_share)),
            "people": TOUCHED / (each * self.count_share),
            "classes": TOUCHED / (self.epsilon * self.label_share),
        }


def corrected(settings: DiffprivlibKMeans, scales: dict[str, float], start: Block, seed: int) -> Any:
    """The library's k-means on [0, 1] features, whose centres start there and move by `moved_centres`."""
    library = imported("diffprivlib.models").KMeans

    class Corrected(library):  # type: ignore[misc, valid-type]
        def _calc_iters(self, n_dims: int, n_samples: int, rho: float = 0.225) -> int:
            return settings.iterations

        def _init_centers(self, dims: int, random_state: Any) -> Block:
            return start

        def _update_centers(self, X: Block, centers: Block, labels: Any, random_state: Any, **_: Any) -> Block:
            return moved_centres(X, labels, centers, scales, random_state)

    return Corrected(settings.n_clusters, epsilon=settings.epsilon, bounds=(0.0, 1.0), random_state=seed)


def cluster_sums(X: Block, labels: npt.NDArray[np.intp], clusters: int) -> tuple[Block, Block]:
    """(sums of shape (clusters, features), people in each), clusters without anybody too."""
    one = np.eye(clusters)[labels]
    return one.T @ X, one.sum(axis=0)


def moved_centres(X: Block, labels: Any, centres: Block, scales: dict[str, float], random_state: Any) -> Block:
    """Noisy sums over noisy counts, within the public bounds; a cluster whose noisy count says little stays."""
    sums, people = cluster_sums(X, labels, len(centres))
    sums = sums + random_state.laplace(0, scales["sums"], sums.shape)
    people = people + random_state.laplace(0, scales["people"], people.shape)
    moved = np.clip(sums / np.maximum(people, ONE_MORE)[:, None], 0.0, 1.0)
    return np.where((people > scales["sums"])[:, None], moved, centres)


def made_up_people(encoder: Encoder, people: int, rng: np.random.Generator) -> Block:
    """Rows of nobody, drawn evenly from the public bounds and categories: where the centres start."""
    X = np.zeros((people, encoder.width))
    for part, offset in zip(encoder.parts, encoder.offsets, strict=False):
        if part.is_numeric:
            X[:, offset] = rng.random(people)
        else:
            X[np.arange(people), offset + rng.integers(len(part.names), size=people)] = 1.0
    return X


def nearest(X: Block, centres: Block) -> npt.NDArray[np.intp]:
    """The closest centre of each row."""
    return np.asarray(((centres**2).sum(axis=1) - 2 * X @ centres.T).argmin(axis=1))


def class_counts(labels: npt.NDArray[np.intp], y: npt.NDArray[np.int64], clusters: int, classes: int) -> Block:
    """People of each class in each cluster."""
    return np.bincount(labels * classes + y, minlength=clusters * classes).reshape(clusters, classes).astype(np.float64)


@dataclass
class ClusterModel(Fitted):
    """Noisy centres and shares: the library's own object, which holds everybody's label, is not kept."""

    centres: Block
    shares: Block
    encoder: Encoder

    def predict_proba(self, data: Dataset) -> Array:
        X = np.asarray(self.encoder.encode(data), dtype=np.float64)
        return np.asarray(self.shares[nearest(X, self.centres)])
