"""What IBM diffprivlib's tree learners share: public bounds and classes, and the budget under replacing one record.

Their leaves are labelled by permute-and-flip on the counts of classes, with sensitivity 1 and for counts that only grow
or only fall: the proof is for adding or removing one record of a leaf. Replacing a record touches two counts, in one
leaf or in two, so the library is given half of the epsilon that is promised here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Guarantee
from ppml_core.learn.base import Fitted
from ppml_core.learn.deadline import fit_in_time
from ppml_core.learn.models import LibraryModel, imported, seed_of, watched
from ppml_core.learn.promise import Ground
from ppml_core.learn.target import encode_target

COUNTS_TOUCHED = 2


def fit_library_tree(name: str, data: Dataset, rng: np.random.Generator, epsilon: float, **settings: Any) -> Fitted:
    """The library's class of that name, fitted to columns within [0, 1]."""
    library = imported("diffprivlib.models")
    with watched() as watch:
        ground = Ground.of(data, needs_size=False)
        y = encode_target(data, ground.classes)
        model = getattr(library, name)(
            epsilon=epsilon / COUNTS_TOUCHED,
            bounds=(0.0, 1.0),
            classes=np.arange(len(ground.classes)),
            random_state=seed_of(rng),
            **settings,
        )
        fit_in_time(model, ground.encoder.encode(data), y)
    return LibraryModel(
        model,
        ground.encoder,
        classes=ground.classes,
        guarantee=ground.promised(Guarantee(epsilon, 0.0, "replace_one")),
        guarantee_note=ground.doubt,
        warnings=ground.encoder.notes + watch.warnings,
        noise=(("mechanism", "permute and flip"), ("epsilon_of_each_leaf", epsilon / COUNTS_TOUCHED)),
        seconds=watch.seconds,
        form="dense",
    )
