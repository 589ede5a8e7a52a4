"""Places on a map: degrees of latitude and longitude."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.data.identifiers.base import Detector, Finding, share_text
from ppml_core.data.identifiers.look import Look, header_words

WORDS = header_words(
    "lat latitude lon lng long longitude gps coordinate coordinates coords geolocation latlon latlng geopoint "
    "breitengrad langengrad koordinaten geografischebreite geografischelange coordonnees latitud longitud "
    "coordenadas geocode location"
)
PAIR = re.compile(
    r"(?:POINT ?)?[(\[]?\s*(-?\d{1,3}\.\d{2,})°?\s*[NSEW]?\s*[,; ]\s*(-?\d{1,3}\.\d{2,})°?\s*[NSEW]?\s*[)\]]?",
    re.IGNORECASE,
)
DEGREES = re.compile(r"\d{1,3}° ?\d{1,2}['′](?: ?\d{1,2}(?:\.\d+)?[\"″])? ?[NSEWO]?.*")


@dataclass(frozen=True)
class Coordinates(Detector):
    """Numbers between -180 and 180 with fractions under a header that says so, or pairs of such numbers."""

    title: ClassVar[str] = "coordinates"
    order: ClassVar[int] = 25

    def column(self, look: Look) -> Finding | None:
        named = look.says(WORDS)
        said = "The header speaks of a place on a map." if named else ""
        if look.numbers is not None:
            return self._numbers(look.numbers, look.is_whole, said) if named else None
        share = look.share(lambda text: is_pair(text) or DEGREES.fullmatch(text))
        if share < 0.7:
            return None
        return self.finding(0.6 + 0.3 * share + 0.09 * named, share_text(share, "are latitude and longitude"), said)

    def _numbers(self, numbers: np.ndarray, whole: bool, said: str) -> Finding | None:
        if whole or not len(numbers) or np.abs(numbers).max() > 180:
            return None
        return self.finding(0.9, said, "All numbers lie between -180 and 180 and have fractions.")


def is_pair(text: str) -> bool:
    """Whether a text is a latitude and a longitude.

    >>> is_pair("48.8566, 2.3522"), is_pair("480.1, 2.3")
    (True, False)
    """
    found = PAIR.fullmatch(text)
    return found is not None and abs(float(found.group(1))) <= 180 and abs(float(found.group(2))) <= 180
