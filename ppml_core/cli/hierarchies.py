"""`ppml hierarchy check|suggest|export` and `ppml schema infer|check`.

Like the other commands, but that a check which finds faults lists them on stdout and gives the exit code 2.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from ppml_core.cli.output import Command, OneLineParser, check_target_folder, say, write_whole
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import Hierarchy
from ppml_core.data.reading import read_dataset
from ppml_core.errors import BadInput, PPMLError


def hierarchy_arguments(commands: Any, command: Command) -> None:
    """`ppml hierarchy` and `ppml schema` with what each of their commands takes; `command` makes one of those."""
    words = "check, suggest and export hierarchies"
    hierarchy = commands.add_parser("hierarchy", help=words, description=words)
    ways = hierarchy.add_subparsers(dest="way", required=True, parser_class=OneLineParser)
    check = command(ways, "check", run_check, "hold hierarchies against the values of a table")
    suggest = command(ways, "suggest", run_suggest, "hierarchies to choose from, best first")
    export = command(ways, "export", run_export, "write a hierarchy in ARX's format")
    for parser in (check, suggest, export):
        _table(parser)
    check.add_argument("--file", type=Path, metavar="H.csv", help="a hierarchy file to check instead of the schema's")
    check.add_argument("--repair", type=Path, metavar="OUT.csv", help="where to write the repaired hierarchy")
    for parser in (check, suggest):
        parser.add_argument("--column", help="one column (the quasi-identifiers)")
    export.add_argument("--column", required=True, help="the column whose hierarchy is written")
    export.add_argument("--out", type=Path, required=True, help="the CSV file to write")

    words = "infer a schema, or check one against its table"
    schema = commands.add_parser("schema", help=words, description=words)
    ways = schema.add_subparsers(dest="way", required=True, parser_class=OneLineParser)
    infer = command(ways, "infer", run_infer, "write a schema to correct by hand")
    infer.add_argument("table", metavar="TABLE", help="a bundled name (see ppml datasets) or a path")
    infer.add_argument("--out", type=Path, required=True, help="the TOML file to write")
    fits = command(ways, "check", run_schema_check, "list every fault of a schema")
    fits.add_argument("table", metavar="TABLE", help="a bundled name (see ppml datasets) or a path")
    fits.add_argument("--schema", type=Path, required=True, help="the schema file")


def run_check(arguments: argparse.Namespace) -> dict[str, Any]:
    """Per column its faults, each with the repair; the exit code is 2 where one is left."""
    data = _read(arguments)
    names = _names(arguments, data)
    if (arguments.file or arguments.repair) and len(names) != 1:
        raise BadInput("--file and --repair go with one column: name it with --column.")
    if arguments.repair:
        check_target_folder(arguments.repair)
    columns = {name: _checked(data, name, arguments.file) for name in names}
    if arguments.repair:
        _write_repair(columns[names[0]].pop("rows"), names[0], arguments.repair)
    for found in columns.values():
        found.pop("rows", None)
    faulty = any(found["faults"] for found in columns.values())
    arguments.exit_code = 2 if faulty and not arguments.repair else 0
    return {"columns": columns} | ({"out": str(arguments.repair)} if arguments.repair else {})


def run_suggest(arguments: argparse.Namespace) -> dict[str, Any]:
    """Per column the suggestions: title, why, number of levels, groups per level."""
    from ppml_core.data.hierarchies import level_counts, suggest

    data = _read(arguments)
    answer = {}
    for name in _names(arguments, data):
        found = []
        for suggestion in suggest(data, name):
            trial = data.with_schema(data.schema.replace_columns({name: suggestion.column}))
            groups = level_counts(trial, name)
            found.append({
                "title": suggestion.title, "why": suggestion.why, "levels": len(groups), "groups": groups,
                "public": suggestion.column.is_public,
            })  # fmt: skip
        answer[name] = found
    return answer


def run_export(arguments: argparse.Namespace) -> dict[str, Any]:
    """Writes ARX's CSV; a declared file that has all values is written as it is, byte for byte."""
    from ppml_core.data.hierarchies import export_arx

    data = _read(arguments)
    name = _names(arguments, data)[0]
    check_target_folder(arguments.out)
    tree = data.hierarchy(name)
    data.leaf_codes(name, tree)
    style = _style(data, name)
    write_whole(arguments.out, lambda path: path.write_bytes(export_arx(tree, style)))
    return {"column": name, "values": len(tree.leaves), "levels": tree.depth, "out": str(arguments.out)}


def run_infer(arguments: argparse.Namespace) -> dict[str, Any]:
    """Writes the inferred schema, the reason for each column above it."""
    from ppml_core.data import bundled
    from ppml_core.data.inference import infer_schema
    from ppml_core.data.reading import read_table

    check_target_folder(arguments.out)
    path = Path(arguments.table)
    known = arguments.table in bundled.names()
    if not known and not path.exists():
        raise BadInput(f"there is no file {arguments.table!r} and no bundled table of that name.")
    table = bundled.load(arguments.table).table if known else read_table(path, path.name)
    inferred = infer_schema(table, arguments.table if known else path.stem)
    text = with_reasons(inferred.schema.to_toml(), inferred.reasons)
    write_whole(arguments.out, lambda out: out.write_text(text, encoding="utf-8"))
    say("note: bounds, categories and levels were read off this table; give public ones and their source instead")
    columns = {
        name: {"role": column.role, "kind": column.kind, "reason": inferred.reasons[name]}
        for name, column in inferred.schema.columns.items()
    }
    return {
        "columns": columns, "target": inferred.schema.target, "target_reason": inferred.target_reason,
        "out": str(arguments.out),
    }  # fmt: skip


def run_schema_check(arguments: argparse.Namespace) -> dict[str, Any]:
    """Every fault, one sentence each; the exit code is 2 where there is one."""
    from ppml_core.data.schema_faults import schema_faults

    found = schema_faults(arguments.table, arguments.schema)
    arguments.exit_code = 2 if found.faults else 0
    return {"faults": list(found.faults), "undescribed": list(found.undescribed)}


def with_reasons(toml: str, reasons: Any) -> str:
    """The schema's text with a comment above each column, in the order of the columns.

    >>> print(with_reasons('title = "t"\\n\\n[columns."age"]\\nrole = "feature"', {"age": "It is a number."}))
    title = "t"
    <BLANKLINE>
    # It is a number.
    [columns."age"]
    role = "feature"
    """
    left = iter(reasons.values())
    lines = []
    for line in toml.split("\n"):
        if line.startswith("[columns."):
            lines.append(f"# {' '.join(next(left).split())}")
        lines.append(line)
    return "\n".join(lines)


def _table(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("table", metavar="TABLE", help="a bundled name (see ppml datasets) or a path")
    parser.add_argument(
        "--schema", type=Path, help="a schema file; default schema.toml beside the table, else inferred"
    )


def _read(arguments: argparse.Namespace) -> Dataset:
    """The table, also where a declared hierarchy lacks values of it: that is for the check to say."""
    return read_dataset(arguments.table, schema=arguments.schema, lenient=True)


def _names(arguments: argparse.Namespace, data: Dataset) -> list[str]:
    if arguments.column is None:
        if not data.quasi_identifiers:
            raise BadInput("no column is a quasi-identifier: name one with --column.")
        return data.quasi_identifiers
    if arguments.column not in data.schema.columns:
        raise BadInput(f"there is no column {arguments.column!r}; the table has {', '.join(data.schema.columns)}.")
    return [arguments.column]


def _checked(data: Dataset, name: str, file: Path | None) -> dict[str, Any]:
    """The faults of a column's hierarchy; `rows` are those to write as a repair."""
    from ppml_core.data.hierarchies import check_file

    column = data.schema[name]
    source = file or ((data.schema.folder or Path()) / column.hierarchy_file if column.hierarchy_file else None)
    if source is None:
        return _checked_entries(data, name)
    try:
        content = source.read_bytes()
    except OSError as fault:
        raise BadInput(f"the hierarchy file of {name!r}, {source}, cannot be read: {fault.strerror}.") from fault
    values = [str(value) for value in dict.fromkeys(data.texts(name))]
    checked = check_file(content, name, [value for value in values if value or not column.missing])
    rows = checked.repaired or (checked.rows if not checked.faults else None)
    answer = {
        "faults": [dataclasses.asdict(fault) for fault in checked.faults],
        "repairable": checked.repaired is not None,
        "rows": rows,
    }
    return answer if rows is None else answer | _shape_of_rows(rows, name)


def _checked_entries(data: Dataset, name: str) -> dict[str, Any]:
    """The same where the schema's widths or levels, or nothing, say what the hierarchy is."""
    from ppml_core.data.hierarchies import suggest
    from ppml_core.data.hierarchies.arx import rows_of

    try:
        tree = data.hierarchy(name)
        data.leaf_codes(name, tree)
    except PPMLError as fault:
        found = suggest(data, name)
        repair = "Take the first suggestion of ppml hierarchy suggest." if found else "None can be made."
        trial = data.with_schema(data.schema.replace_columns({name: found[0].column})) if found else None
        rows = rows_of(trial.hierarchy(name)) if trial else None
        return {"faults": [{"sentence": str(fault), "repair": repair}], "repairable": bool(found), "rows": rows}
    return {"faults": [], "repairable": False, "rows": rows_of(tree)} | _shape(tree)


def _shape(tree: Hierarchy) -> dict[str, Any]:
    return {"levels": tree.depth, "groups": [len(labels) for labels in tree.labels]}


def _shape_of_rows(rows: list[list[str]], name: str) -> dict[str, Any]:
    from ppml_core.data.hierarchy import hierarchy_from_rows

    return _shape(hierarchy_from_rows(rows, name))


def _write_repair(rows: list[list[str]] | None, name: str, path: Path) -> None:
    from ppml_core.data.hierarchies import export_arx

    if rows is None:
        raise BadInput(f"the hierarchy of {name!r} cannot be repaired: see its faults without --repair.")
    write_whole(path, lambda out: out.write_bytes(export_arx(rows)))


def _style(data: Dataset, name: str) -> Any:
    """The style of the declared file; ARX's own where there is none."""
    from ppml_core.data.hierarchies import style_of

    declared = data.schema[name].hierarchy_file
    if declared is None:
        return None
    return style_of(((data.schema.folder or Path()) / declared).read_bytes().decode("utf-8"))
