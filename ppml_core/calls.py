"""Methods written as text: `pram(p=0.8) + rounding(base=5.0)`, for scenarios, links and command lines."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, TypeVar

from ppml_core.catalog import method
from ppml_core.errors import BadInput
from ppml_core.settings import Method

M = TypeVar("M", bound=Method)


def read_calls(kind: type[M], text: str, example: str) -> tuple[M, ...]:
    """The methods of a kind, written as calls with + between; raises BadInput naming what cannot be read."""
    if not text.strip():
        return ()
    try:
        return tuple(_made(kind, call) for call in _terms(ast.parse(text.strip(), mode="eval").body))
    except (SyntaxError, ValueError):
        raise BadInput(f"{kind.__name__.lower()}s are written like {example}, not {text!r}.") from None


def write_calls(made: Sequence[Method]) -> str:
    """The text that `read_calls` gives back as these methods."""
    return " + ".join(one.text() for one in made)


def _terms(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_terms(node.left), *_terms(node.right)]
    return [node]


def _made(kind: type[M], node: ast.expr) -> M:
    values: dict[str, Any] = {}
    if isinstance(node, ast.Call) and not node.args:
        values = {str(word.arg): ast.literal_eval(word.value) for word in node.keywords}
        node = node.func
    if not isinstance(node, ast.Name):
        raise ValueError(ast.dump(node))
    return method(kind, node.id).from_values(values)
