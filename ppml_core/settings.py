"""One declaration of a setting gives its check, its control, its command-line flag and its line in the docs.

In: class bodies that declare fields with `setting(...)`. Out: `settings_of(cls)`, values that are checked whenever a
method is made, and `parse` for text that arrives from a command line, a URL or a file.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import types
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from ppml_core.errors import BadInput

PROPER = {
    "iid": "by lot (IID)", "fedavg": "FedAvg", "fedprox": "FedProx", "fedadam": "FedAdam", "spu": "SPU", "mpyc": "MPyC",
}  # fmt: skip
Type = Literal["int", "float", "bool", "choice", "columns", "text"]


@dataclass(frozen=True)
class Setting:
    """What a method accepts for one field, and what a control offers.

    `low` and `high` bound what is accepted (inclusive; None is open); `slider` bounds what the control offers and
    `steps` lists the values it stops at. `optional` settings accept None, meaning "not used" or "chosen for you".
    `needs` names another setting and those of its values beside which alone this one means anything. `method` is the
    name of the method that declares it.
    """

    name: str
    type: Type
    default: Any
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    slider: tuple[float, float] | None = None
    steps: tuple[float, ...] = ()
    log: bool = False
    optional: bool = False
    needs: tuple[str, tuple[Any, ...]] | None = None
    method: str = ""

    @property
    def is_of_table(self) -> bool:
        """Whether a value may be a column or a word of the table: a list of columns, or free text."""
        return self.type in ("columns", "text")

    def is_meant(self, value_of: Callable[[str], Any]) -> bool:
        """Whether it means anything beside the others, whose values are asked for by name."""
        return self.needs is None or value_of(self.needs[0]) in self.needs[1]

    def check(self, value: Any) -> None:
        """Raises BadInput with the setting's name, the value it got, and what it may be."""
        if value is None and self.optional:
            return
        if not self._has_type(value) or not self._in_range(value):
            raise BadInput(f"{self.name} must be {self.allowed()}, not {value!r}.")

    def parse(self, text: Any) -> Any:
        """The value that a text stands for, checked; values that already have the type pass through.

        >>> Setting("k", "int", 5, "smallest class", low=2).parse("10")
        10
        """
        value = self._convert(text) if isinstance(text, str) else self._widen(text)
        self.check(value)
        return value

    def allowed(self) -> str:
        """What may be written here, in words."""
        if self.type == "choice":
            return "one of " + ", ".join(self.choices)
        if self.type in ("bool", "columns", "text"):
            return {"bool": "true or false", "columns": "a list of column names", "text": "text"}[self.type]
        noun = "a whole number" if self.type == "int" else "a number"
        low = "" if self.low is None else f" of at least {self.low:g}"
        high = "" if self.high is None else f"{' and' if low else ' of'} at most {self.high:g}"
        return noun + low + high + (", or none" if self.optional else "")

    def _has_type(self, value: Any) -> bool:
        if self.type == "bool":
            return isinstance(value, bool)
        if self.type == "int":
            return isinstance(value, int) and not isinstance(value, bool)
        if self.type == "float":
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if self.type == "columns":
            return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
        return isinstance(value, str)

    def _in_range(self, value: Any) -> bool:
        if self.type == "choice":
            return value in self.choices
        if self.type in ("int", "float"):
            return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
        return True

    def _widen(self, value: Any) -> Any:
        if self.type == "float" and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return tuple(value) if self.type == "columns" and isinstance(value, list) else value

    def _convert(self, text: str) -> Any:
        stripped = text.strip()
        if self.optional and stripped.lower() in ("", "none"):
            return None
        try:
            if self.type == "int":
                return int(stripped)
            if self.type == "float":
                return float(stripped)
        except ValueError:
            raise BadInput(f"{self.name} must be {self.allowed()}, not {text!r}.") from None
        if self.type == "bool":
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
                stripped.lower(), text
            )
        if self.type == "columns":
            return tuple(part.strip() for part in stripped.split(",") if part.strip())
        return stripped


def setting(
    default: Any,
    low: float | None = None,
    high: float | None = None,
    *,
    help: str,
    unit: str = "",
    choices: Sequence[str] = (),
    slider: tuple[float, float] | None = None,
    steps: Sequence[float] = (),
    log: bool = False,
    needs: tuple[str, tuple[Any, ...]] | None = None,
) -> Any:
    """A dataclass field that declares one public setting of a method (see `Setting` for each argument)."""
    declared = {
        "low": low,
        "high": high,
        "help": help,
        "unit": unit,
        "choices": tuple(choices),
        "slider": slider,
        "steps": tuple(steps),
        "log": log,
        "needs": needs,
    }
    return dataclasses.field(default=default, metadata={"setting": declared})


class Method:
    """A named way of doing one thing: a frozen dataclass whose fields are its settings.

    Its name is the name of the file it stands in. `title` is what a person reads, `version` is raised whenever the
    numbers it gives change, so that stored results of the older version are not mistaken for its own.
    """

    title: ClassVar[str]
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        for name, declared in settings_of(type(self)).items():
            value = declared._widen(getattr(self, name))
            object.__setattr__(self, name, value)
            declared.check(value)

    @classmethod
    def name(cls) -> str:
        return cls.__module__.rpartition(".")[2]

    def values(self) -> dict[str, Any]:
        """The settings as plain values that JSON and TOML can carry."""
        return {
            name: list(value) if isinstance(value := getattr(self, name), tuple) else value
            for name in settings_of(type(self))
        }

    def speaks_of_table(self) -> bool:
        """Whether a setting that is not its default may hold a column or a word of the table."""
        declared = settings_of(type(self)).items()
        return any(known.is_of_table and getattr(self, name) != known.default for name, known in declared)

    def text(self) -> str:
        """The method with its settings as a call; those at their default as well, for a default may change."""
        given = ", ".join(f"{name}={value!r}" for name, value in self.values().items() if value not in (None, [], ""))
        return f"{self.name()}({given})"

    @classmethod
    def summary(cls) -> str:
        """First line of the docstring: what the method gives, in a sentence."""
        return (cls.__doc__ or "").strip().partition("\n")[0]

    def heeds(self, name: str) -> bool:
        """Whether the setting means anything beside the others."""
        return settings_of(type(self))[name].is_meant(lambda other: getattr(self, other))

    def refuse_idle(self, given: Collection[str]) -> None:
        """Raises BadInput for a setting that somebody asked for by name and that means nothing beside the others."""
        for name, known in settings_of(type(self)).items():
            if known.needs is None or name not in given or self.heeds(name):
                continue
            other, values = known.needs
            beside = " or ".join(str(value).lower() if isinstance(value, bool) else value for value in values)
            raise BadInput(
                f"{name} means nothing while {other} is {str(getattr(self, other)).lower()}: set {other} to {beside}, "
                f"or leave {name} out."
            )

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The method with these settings; text is parsed, unknown names are refused with the known ones listed."""
        known = settings_of(cls)
        unknown = sorted(set(values) - set(known))
        if unknown:
            offered = ", ".join(known) or "no settings"
            raise BadInput(f"{cls.name()} has no setting {unknown[0]!r}; it has {offered}.")
        return cls(**{name: known[name].parse(value) for name, value in values.items()})


def settings_of(cls: type) -> dict[str, Setting]:
    """The settings that a method class declares, by name, in the order in which they stand."""
    return dict(_settings(cls))


@functools.cache
def _settings(cls: type) -> tuple[tuple[str, Setting], ...]:
    """Worked out once for each class: pages ask for them many times in a run."""
    hints = typing.get_type_hints(cls)
    return tuple(
        (field.name, _declared(field, hints[field.name], cls.__module__.rpartition(".")[2]))
        for field in dataclasses.fields(cls)
        if "setting" in field.metadata
    )


def _declared(field: dataclasses.Field[Any], hint: Any, method: str) -> Setting:
    metadata = field.metadata["setting"]
    members = [hint]
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        members = [member for member in typing.get_args(hint) if member is not type(None)]
    optional = len(members) < len(typing.get_args(hint)) if members != [hint] else False
    return Setting(
        name=field.name, type=_type_of(members[0], metadata), default=field.default, optional=optional, method=method,
        **metadata,
    )  # fmt: skip


def _type_of(hint: Any, metadata: Mapping[str, Any]) -> Type:
    if metadata["choices"]:
        return "choice"
    plain: dict[Any, Type] = {int: "int", float: "float", bool: "bool", str: "text"}
    if hint in plain:
        return plain[hint]
    if typing.get_origin(hint) is tuple:
        return "columns"
    raise TypeError(f"a setting cannot have the type {hint!r}")


def words(name: str) -> str:
    """A setting's or method's name as a person reads it.

    >>> words("suppression_limit"), words("fedavg")
    ('suppression limit', 'FedAvg')
    """
    return PROPER.get(name) or re.sub(r"[_\.]+", " ", name)
