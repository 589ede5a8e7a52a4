"""What transforms of identifying columns share: a rule that is the same for every cell, applied to all alike.

In: a table and a rule per column. Out: a `ByRule` recoding, whose release, unseen people, whole table and population
all went through the same rule.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Recoding
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput

Rule = Callable[[Sequence[str]], Sequence[str]]

ABSENT = ""
MAPPING_COLUMNS = ("value", "published")


class ByRule(Recoding):
    """A release made by a rule that looks at one person at a time, so that anyone may be recoded by it later.

    `tables` gives a table's cells anew, `schemas` what they mean then; `changed` are the columns that they replace. A
    whole table or a population that lacks one of these is not recoded.
    """

    def __init__(
        self,
        data: Dataset,
        tables: Callable[[Dataset], pd.DataFrame],
        schemas: Callable[[Schema], Schema],
        changed: Sequence[str],
        statistics: Mapping[str, Any] | None = None,
    ) -> None:
        self._tables, self._schemas, self.changed = tables, schemas, tuple(changed)
        self._others: dict[int, tuple[Dataset, Dataset | None]] = {}
        self.schema = schemas(data.schema)
        self.kept = np.arange(len(data))
        self.release = self.transform(data)
        self.statistics = {"columns": list(changed), **(statistics or {})}

    def transform(self, data: Dataset) -> Dataset:
        if not self.changed:
            return data.with_schema(self.schema)
        published = {name: meaning for name, meaning in data.published.items() if name not in self.changed}
        whole = None if data.whole is None else self._other(data.whole)
        population = None if data.population is None else self._other(data.population) or data.population
        table = self._tables(data)
        return dataclasses.replace(
            data, table=table, schema=self.schema, whole=whole, population=population, published=published
        )

    def mapping(self) -> dict[str, pd.DataFrame]:
        return {}

    def _other(self, whole: Dataset) -> Dataset | None:
        """A table beside that of the people, recoded once."""
        if id(whole) not in self._others:
            recoded = None
            if set(self.changed) <= set(whole.table.columns):
                recoded = dataclasses.replace(
                    whole, table=self._tables(whole), schema=self._schemas(whole.schema), whole=None, published={}
                )
            self._others[id(whole)] = (whole, recoded)
        return self._others[id(whole)][1]


class Rewritten(ByRule):
    """A release in which the texts of some columns became other texts; an absent value stays absent."""

    def __init__(self, data: Dataset, rules: Mapping[str, Rule], statistics: Mapping[str, Any] | None = None) -> None:
        self.rules = rules
        self._mapping = {name: _pairs(data, name, rule) for name, rule in rules.items()}
        super().__init__(data, self._rewritten, self._meant, list(rules), statistics)

    def mapping(self) -> dict[str, pd.DataFrame]:
        return {name: pairs.copy() for name, pairs in self._mapping.items()}

    def _rewritten(self, data: Dataset) -> pd.DataFrame:
        table = data.table.copy(deep=False)
        for name, rule in self.rules.items():
            table[name] = rewritten(data, name, rule)
        return table

    def _meant(self, schema: Schema) -> Schema:
        return schema.replace_columns({name: text_column(schema[name], rule) for name, rule in self.rules.items()})


def rewritten(data: Dataset, name: str, rule: Rule) -> pd.Series:
    """The column with each distinct text looked up once; an absent value and an empty text stay as they are."""
    codes, texts = pd.factorize(data.texts(name))
    fresh = dict(zip(texts, texts, strict=True))
    present = [text for text in texts if text != ABSENT]
    fresh.update(zip(present, rule(present), strict=True))
    cells = np.array([fresh[text] for text in texts] or [ABSENT], dtype=object)[codes]
    index = data.table.index
    return pd.Series(cells, index=index, name=name, dtype="str").mask(data.table[name].isna())


def text_column(column: Column, rule: Rule) -> Column:
    """The meaning of a column whose texts were rewritten: same role, no bounds and no hierarchy of the old texts.

    Declared categories go through the same rule, so that the schema of the release names no old value.
    """
    return dataclasses.replace(
        column,
        kind="categorical" if column.kind in ("categorical", "ordinal") else "text",
        categories=None if column.categories is None else tuple(dict.fromkeys(rule(column.categories))),
        bounds=None, bins=None, unit="", hierarchy_file=None, widths=None, levels=None,
    )  # fmt: skip


def asked_for(data: Dataset, wanted: Sequence[str], otherwise: Sequence[str], verb: str) -> tuple[str, ...]:
    """The columns to work on: those named, else `otherwise`, which may be none.

    Raises BadInput where a column is unknown, named twice, or is what models learn or the split goes by.
    """
    for name in wanted:
        if name not in data.schema.columns:
            raise BadInput(f"there is no column {name!r} to {verb}; the table has {', '.join(data.schema.columns)}.")
        if name in (data.schema.target, data.schema.split):
            what = "target" if name == data.schema.target else "split"
            raise BadInput(f"column {name!r} is the {what} of this table: name another {what} before you {verb} it.")
    if len(set(wanted)) != len(wanted):
        raise BadInput(f"a column is named twice in {', '.join(wanted)}.")
    reserved = (data.schema.target, data.schema.split)
    return tuple(wanted) or tuple(name for name in otherwise if name not in reserved)


def _pairs(data: Dataset, name: str, rule: Rule) -> pd.DataFrame:
    present = [text for text in dict.fromkeys(data.texts(name)) if text != ABSENT]
    return pd.DataFrame(dict(zip(MAPPING_COLUMNS, (present, list(rule(present))), strict=True)), dtype="str")
