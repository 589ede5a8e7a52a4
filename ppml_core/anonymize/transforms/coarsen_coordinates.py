"""Places on a coarse grid: latitude and longitude with fewer decimals, in cells of some kilometres, or as a geohash."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.columns import Floats, numbers
from ppml_core.anonymize.rules import ByRule, asked_for
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput
from ppml_core.settings import setting

KM_PER_DEGREE = 111.195  # of a sphere with the Earth's mean radius, 6,371.0088 km
GEOHASH = "0123456789bcdefghjkmnpqrstuvwxyz"
LATITUDE = re.compile(r"^(lat|latitude|latitud|breite|breitengrad)$|\b(lat|latitude|breitengrad)\b", re.IGNORECASE)
LONGITUDE = re.compile(
    r"^(lon|lng|long|longitude|longitud|länge|laenge|längengrad)$|\b(lon|lng|longitude|längengrad)\b", re.IGNORECASE
)
LIMITS = {"latitude": 90.0, "longitude": 180.0}
WHERE_FROM = "degrees of latitude and longitude"


@dataclass(frozen=True)
class CoarsenCoordinates(Anonymizer):
    """The table with places told by their cell of a grid only.

    `decimals` rounds both degrees: one decimal is 11.1 km from south to north, less from west to east. `grid` gives the
    middle of cells about `cell_km` wide at every latitude, rows of one height with as many columns as fit. `geohash`
    puts a geohash of `precision` signs in place of both (Niemeyer 2008), which record linkage, comparing columns of one
    name, does not try. The cells depend on no row.

    It protects the exact place against who reads it. It does not hide who lives alone in a cell (`alone_share`), and
    several coarse places of one person, of a night and of a day say, still single out most (de Montjoye et al. 2013).
    """

    title: ClassVar[str] = "Coarsen coordinates"
    protocol: ClassVar[str] = "raw test people, with places as coarse as in the release"
    fixed_in_advance: ClassVar[bool] = True

    latitude: str = setting("", help="the column of latitudes; empty: the one that is called so")
    longitude: str = setting("", help="the column of longitudes; empty: the one that is called so")
    way: str = setting("decimals", choices=("decimals", "grid", "geohash"), help="how places are made coarse")
    decimals: int = setting(1, 0, 6, help="decimals of a degree that stay", unit="decimals")
    cell_km: float = setting(10.0, 0.01, 5000.0, slider=(1, 100), help="width of a cell of the grid", unit="km")
    precision: int = setting(4, 1, 12, help="signs of the geohash that stay", unit="characters")

    def fit(self, data: Dataset, rng: np.random.Generator) -> ByRule:
        names = self._columns(data)
        if names is None:
            return ByRule(data, lambda people: people.table, lambda schema: schema, ())
        return Places(data, names, self)

    def _columns(self, data: Dataset) -> tuple[str, str] | None:
        if bool(self.latitude) != bool(self.longitude):
            raise BadInput("name both latitude and longitude, or neither.")
        if self.latitude:
            asked_for(data, (self.latitude, self.longitude), (), "coarsen")
            return self.latitude, self.longitude
        numeric = [name for name, column in data.schema.columns.items() if column.kind == "numeric"]
        found = [_first(numeric, pattern) for pattern in (LATITUDE, LONGITUDE)]
        return (found[0], found[1]) if found[0] and found[1] else None

    def cells(self, latitude: Floats, longitude: Floats) -> tuple[Floats, Floats]:
        """The degrees to publish in place of these."""
        if self.way == "decimals":
            return np.round(latitude, self.decimals) + 0.0, np.round(longitude, self.decimals) + 0.0
        rows = max(1, round(180 * KM_PER_DEGREE / self.cell_km))
        height = 180 / rows
        middle = -90 + height * (np.clip(np.floor((latitude + 90) / height), 0, rows - 1) + 0.5)
        around = np.maximum(1, np.rint(360 * KM_PER_DEGREE * np.cos(np.radians(middle)) / self.cell_km))
        width = 360 / around
        column = np.clip(np.floor((longitude + 180) / width), 0, around - 1)
        return np.round(middle, 6), np.round(-180 + width * (column + 0.5), 6)

    def cell_size(self, latitude: float) -> tuple[float, float]:
        """Kilometres from south to north and from west to east at that latitude.

        >>> [round(side, 1) for side in CoarsenCoordinates().cell_size(60.0)]
        [11.1, 5.6]
        """
        narrower = math.cos(math.radians(latitude))
        if self.way == "decimals":
            high = wide = 10.0**-self.decimals
        elif self.way == "geohash":
            bits = 5 * self.precision
            high, wide = 180 / 2 ** (bits // 2), 360 / 2 ** (bits - bits // 2)
        else:
            high = 180 / max(1, round(180 * KM_PER_DEGREE / self.cell_km))
            wide = 360 / max(1, round(360 * KM_PER_DEGREE * narrower / self.cell_km))
        return high * KM_PER_DEGREE, wide * KM_PER_DEGREE * narrower


class Places(ByRule):
    """The recoding to cells; with a geohash it stands where latitude was, and longitude is gone."""

    def __init__(self, data: Dataset, names: tuple[str, str], grid: CoarsenCoordinates) -> None:
        self.names, self.grid = names, grid
        self.hashed = "geohash" if "geohash" not in data.schema.columns else f"geohash_of_{names[0]}"
        super().__init__(data, self._coarse, self._meant, names)
        self.statistics = {"columns": list(names), **self._told(data)}

    def _coarse(self, data: Dataset) -> pd.DataFrame:
        latitude, longitude = (
            _degrees(data, name, LIMITS[what]) for name, what in zip(self.names, LIMITS, strict=True)
        )
        nowhere = np.isnan(latitude) | np.isnan(longitude)
        table, index = data.table.copy(deep=False), data.table.index
        if self.grid.way == "geohash":
            places = zip(latitude, longitude, nowhere, strict=True)
            cells = [None if gone else geohash(north, east, self.grid.precision) for north, east, gone in places]
            table[self.names[0]] = pd.Series(cells, index=index, dtype="str")
            return table.drop(columns=self.names[1]).rename(columns={self.names[0]: self.hashed})
        for name, cells_ in zip(self.names, self.grid.cells(latitude, longitude), strict=True):
            table[name] = pd.Series(np.where(nowhere, np.nan, cells_), index=index)
        return table

    def _meant(self, schema: Schema) -> Schema:
        if self.grid.way != "geohash":
            changed = {
                name: _on_the_globe(schema[name], LIMITS[what]) for name, what in zip(self.names, LIMITS, strict=True)
            }
            return schema.replace_columns(changed)
        role = schema[self.names[0]].role
        place = Column(role=role, kind="categorical", description=f"Geohash of {self.grid.precision} signs.")
        columns = {
            self.hashed if name == self.names[0] else name: place if name == self.names[0] else column
            for name, column in schema.columns.items()
            if name != self.names[1]
        }
        return dataclasses.replace(schema, columns=columns)

    def _told(self, data: Dataset) -> dict[str, Any]:
        latitude = numbers(data, self.names[0])
        middle = float(np.nanmedian(latitude)) if np.isfinite(latitude).any() else 0.0
        high, wide = self.grid.cell_size(middle)
        shown = [self.hashed] if self.grid.way == "geohash" else list(self.names)
        people = self.release.table.dropna(subset=shown).groupby(shown).size()
        return {
            "cell_km": [high, wide],
            "at_latitude": middle,
            "cells": len(people),
            "alone_share": float((people == 1).sum() / people.sum()) if len(people) else 0.0,
        }


def geohash(latitude: float, longitude: float, precision: int) -> str:
    """The geohash of a place: halves of longitude and latitude by turns, 5 bits a sign.

    >>> geohash(57.64911, 10.40744, 11)
    'u4pruydqqvj'
    """
    low, high = [-180.0, -90.0], [180.0, 90.0]
    place, number = (longitude, latitude), 0
    for turn in range(5 * precision):
        axis = turn % 2
        middle = (low[axis] + high[axis]) / 2
        upper = place[axis] >= middle
        number = 2 * number + upper
        (low if upper else high)[axis] = middle
    return "".join(GEOHASH[number >> 5 * step & 31] for step in reversed(range(precision)))


def _degrees(data: Dataset, name: str, limit: float) -> Floats:
    values = numbers(data, name)
    beyond = values[np.abs(values) > limit]
    if len(beyond):
        raise BadInput(f"column {name!r} holds {beyond[0]:g}, and degrees there lie within -{limit:g} and {limit:g}.")
    return values


def _on_the_globe(column: Column, limit: float) -> Column:
    """Bounds that a rounded place keeps to, whatever it was; no hierarchy of the exact places."""
    return dataclasses.replace(
        column, kind="numeric", bounds=(-limit, limit), bins=None, categories=None, hierarchy_file=None, widths=None,
        levels=None, source=WHERE_FROM,
    )  # fmt: skip


def _first(names: list[str], pattern: re.Pattern[str]) -> str | None:
    return next((name for name in names if pattern.search(name.replace("_", " "))), None)
