"""Finds the methods of a kind: every concrete class in the package that defines it. Adding one is adding a file."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Protocol, TypeVar

from ppml_core.errors import BadInput


class Named(Protocol):
    """What a kind's classes must offer: the name under which they are found."""

    @classmethod
    def name(cls) -> str: ...


M = TypeVar("M", bound=Named)


def methods(kind: type[M]) -> dict[str, type[M]]:
    """Name -> class for every concrete class of `kind` below the package that defines it, sorted by name.

    A method's name is its file's name, so a file holds one. Raises TypeError when two would share a name.
    """
    package = _package_of(kind)
    return dict(_found(kind, package, tuple(package.__path__)))


@functools.cache
def _found(kind: type[M], package: ModuleType, folders: tuple[str, ...]) -> dict[str, type[M]]:
    found: dict[str, type[M]] = {}
    for module in _modules(package):
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if not issubclass(cls, kind) or inspect.isabstract(cls) or cls.__module__ != module.__name__:
                continue
            if found.setdefault(cls.name(), cls) is not cls:
                raise TypeError(f"two methods are called {cls.name()}: {found[cls.name()]} and {cls}")
    return dict(sorted(found.items()))


def method(kind: type[M], name: str) -> type[M]:
    """The class of that name, or BadInput with the names that exist."""
    known = methods(kind)
    if name not in known:
        raise BadInput(f"there is no {_words(kind)} {name!r}; there are {', '.join(known)}.")
    return known[name]


def _words(kind: type) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower()


def _package_of(kind: type) -> ModuleType:
    module = importlib.import_module(kind.__module__)
    return module if hasattr(module, "__path__") else importlib.import_module(kind.__module__.rpartition(".")[0])


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        yield importlib.import_module(info.name)
