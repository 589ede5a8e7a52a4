"""The model as a server knows it, who has the schema and nobody's rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ppml_core.catalog import method
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import read_schema
from ppml_core.errors import BadInput
from ppml_core.federated.model import Model, model_of
from ppml_core.learn.base import Learner


def model_of_schema(learner: Mapping[str, Any], schema: Path) -> Model:
    """The model that each node makes of the same schema. Raises BadInput where its size is not public.

    The table that it is made of has one row without a value: only its schema is read.
    """
    meaning = read_schema(schema)
    if meaning.expected_rows is None:
        raise BadInput("write expected_rows into the schema: about how many people all sites have together.")
    nobody = Dataset(pd.DataFrame({name: [None] for name in meaning.columns}), meaning, schema.stem)
    return model_of(method(Learner, learner["method"]).from_values(learner["settings"]), nobody)
