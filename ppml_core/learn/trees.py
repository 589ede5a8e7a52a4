"""What the tree learners share: one number per column, classes or numbers as target, one watched fit."""

from __future__ import annotations

from typing import Any

from ppml_core.data.dataset import Dataset
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.models import LibraryModel, calibrating, encoded, require_all_classes, watched
from ppml_core.learn.target import encode_target, target_classes, target_numbers, task_of


def fit_trees(classifier: Any, regressor: Any, data: Dataset, form: str, calibrated: str | None = None) -> LibraryModel:
    """Fits whichever of the two the target asks for; `form` is the shape of features that they take."""
    classes: tuple[str, ...] = ()
    if task_of(data.schema) == "classification":
        classes = target_classes(data.schema, data)
        y: Any = encode_target(data, classes)
        require_all_classes(y, classes, 2)
        classifier = calibrating(classifier, calibrated, y)
    else:
        y = target_numbers(data)
    encoder = Encoder.reading(data)
    X = encoded(encoder, data, form)
    with watched() as watch:
        model = (classifier if classes else regressor).fit(X, y)
    return LibraryModel(
        model, encoder, classes=classes, warnings=encoder.notes + watch.warnings, seconds=watch.seconds, form=form
    )
