"""`ppml anonymize` and `ppml lattice`: flags into privacy models and a method, a release and its mapping into files."""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from ppml_core.anonymize.asked import write_pairs
from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.anonymize.lattice import EVERY_K, Lattice
from ppml_core.anonymize.losses.base import Loss
from ppml_core.anonymize.models.base import PrivacyModel, read_models
from ppml_core.calls import write_calls
from ppml_core.catalog import method
from ppml_core.cli.columns import check_columns, csv_bytes, mapping_mode, prepare_columns, write_pseudonyms
from ppml_core.cli.flags import BETA_VARIANTS, L_VARIANTS, T_VARIANTS
from ppml_core.cli.large import MEMORY, run_anonymize_file
from ppml_core.cli.output import check_target_folder, plain, say, write_whole
from ppml_core.cli.set_flags import with_set
from ppml_core.cli.tables import read_table_of
from ppml_core.data.dataset import Dataset
from ppml_core.data.export import file_names
from ppml_core.errors import BadInput, NotApplicable, Unreachable
from ppml_core.evidence import EXPLORATORY, UNSEEDED
from ppml_core.settings import settings_of

DEFAULT_K = 5


def models_of(arguments: argparse.Namespace) -> tuple[PrivacyModel, ...]:
    """The privacy models beside k that the flags ask for."""
    made: list[PrivacyModel] = []

    def add(name: str, **values: Any) -> None:
        given = {key: value for key, value in values.items() if value is not None}
        made.append(method(PrivacyModel, name).from_values(given))

    if arguments.l is not None:
        name = L_VARIANTS[arguments.l_variant]
        whole = name != "entropy_l_diversity"
        if whole and not arguments.l.is_integer():
            raise BadInput(f"--l must be a whole number for {arguments.l_variant} l-diversity, not {arguments.l:g}.")
        more = {"c": arguments.c} if name == "recursive_l_diversity" else {}
        add(name, l=int(arguments.l) if whole else arguments.l, **more)
    if arguments.c is not None and (arguments.l is None or arguments.l_variant != "recursive"):
        raise BadInput("--c belongs to recursive l-diversity: give --l and --l-variant recursive with it.")
    if arguments.t is not None:
        add(T_VARIANTS[arguments.t_variant], t=arguments.t)
    if arguments.beta is not None:
        add(BETA_VARIANTS[arguments.beta_variant], beta=arguments.beta)
    if arguments.delta_disclosure is not None:
        add("delta_disclosure", delta=arguments.delta_disclosure)
    if arguments.alpha is not None:
        add("alpha_k_anonymity", alpha=arguments.alpha, k=arguments.k)
    for flag in ("average_risk", "sample_uniqueness"):
        if getattr(arguments, flag) is not None:
            add(flag, threshold=getattr(arguments, flag))
    if arguments.population_uniqueness is not None:
        size = arguments.population_size
        add("population_uniqueness", threshold=arguments.population_uniqueness, population_size=size)
    elif arguments.population_size is not None:
        raise BadInput("--population-size belongs to --population-uniqueness: give that as well.")
    if arguments.k_map is not None:
        add("k_map", k=arguments.k_map)
    return (*made, *(model for text in arguments.model for model in read_models(text)))


def run_anonymize(arguments: argparse.Namespace) -> dict[str, Any]:
    """Writes the release, and the mapping where asked; returns what the search found."""
    check_target_folder(arguments.out)
    check_columns(arguments)
    if arguments.engine != MEMORY:
        return run_anonymize_file(arguments)
    if arguments.memory_limit:
        raise BadInput("--memory-limit belongs to --engine duckdb: give that as well.")
    made = method_of(arguments)
    data = read_table_of(arguments, arguments.table)
    _check_mapping(arguments.mapping)
    rng = np.random.default_rng(arguments.seed)
    asked: tuple[PrivacyModel, ...] = getattr(made, "asked", tuple)()
    prepared = prepare_columns(arguments, data, rng, {model.person() for model in asked})
    fitted = made.fit(prepared.data, rng)
    if made.uses_randomness and arguments.seed is not None:
        say("note: drawn with a given seed, so whoever knows it can draw the same: for exploration, not for release")
    published = _published(fitted, made, arguments.keep_suppressed)
    written = csv_bytes(
        published.table.drop(columns=list(prepared.in_the_end)), data.schema.delimiter or ",", arguments.keep_formulas
    )
    write_whole(arguments.out, lambda path: path.write_bytes(written))
    result = {"method": made.name(), **fitted.statistics, "rows": len(published if made.synthesizes else data)}
    if fitted.guarantee is not None or fitted.guarantee_note:
        promised = None if fitted.guarantee is None else dataclasses.asdict(fitted.guarantee)
        drawn = UNSEEDED if arguments.seed is None else EXPLORATORY
        result |= {"guarantee": promised, "guarantee_note": fitted.guarantee_note or drawn}
    result["out"] = str(arguments.out)
    result |= prepared.found
    if not made.synthesizes:
        result.setdefault("suppressed", len(data) - len(fitted.kept))
    if arguments.mapping:
        _write_mapping(arguments.mapping, made, fitted, arguments.keep_formulas)
        result["mapping"] = str(arguments.mapping)
    if arguments.pseudonym_mapping:
        write_pseudonyms(arguments.pseudonym_mapping, prepared.pseudonyms)
        result["pseudonym_mapping"] = str(arguments.pseudonym_mapping)
    return result


def run_lattice(arguments: argparse.Namespace) -> dict[str, Any]:
    """The size of the lattice and the optimum at every k of 2 to 100; null where a k cannot be reached."""
    started = time.perf_counter()
    if not 0 <= arguments.suppression_limit <= 1:
        raise BadInput(f"--suppression-limit must be between 0 and 1, not {arguments.suppression_limit:g}.")
    if arguments.levels:
        raise BadInput("--levels belongs to ppml anonymize: the lattice is swept whole.")
    models = models_of(arguments)
    data = read_table_of(arguments, arguments.table)
    ks = [k for k in EVERY_K if k > 1] if arguments.k is None else [arguments.k]
    loss = method(Loss, arguments.loss)() if arguments.loss else None
    lattice = Lattice.of(data, ks, models, loss, _weights(arguments))
    optimum: dict[str, Any] = {}
    for k in ks:
        try:
            node = lattice.optimum(k, arguments.suppression_limit)
        except Unreachable:
            optimum[str(k)] = None
            continue
        optimum[str(k)] = {
            "levels": node.levels, "loss": node.loss, "suppressed": node.suppressed,
            "classes": node.classes, "min_class": node.min_class,
        }  # fmt: skip
    return {
        "nodes": len(lattice),
        "people": lattice.people,
        "quasi_identifiers": data.quasi_identifiers,
        "depths": {name: tree.depth for name, tree in data.hierarchies.items()},
        "suppression_limit": arguments.suppression_limit,
        "models": {model.name(): model.values() for model in models},
        "optimum": optimum,
        "seconds": time.perf_counter() - started,
    }


def method_of(arguments: argparse.Namespace) -> Anonymizer:
    """The anonymizer with every flag that it understands; a flag it does not is refused."""
    cls = method(Anonymizer, arguments.method)
    known = settings_of(cls)
    models = models_of(arguments)
    values: dict[str, Any] = {}
    if arguments.k is not None:
        values["k"] = arguments.k
    if models:
        values["models"] = write_calls(models)
    if arguments.suppression_limit is not None:
        values["suppression_limit"] = arguments.suppression_limit
    if arguments.loss:
        values["loss"] = arguments.loss
    if arguments.weight:
        values["weights"] = write_pairs(_weights(arguments))
    if arguments.levels:
        values["levels"] = "; ".join(arguments.levels)
    values = with_set(values, arguments.set, "anonymize")
    if {"k", "models"} <= set(known):
        values.setdefault("k", 1 if models else DEFAULT_K)
    for name in values:
        if name not in known:
            raise BadInput(
                f"the method {arguments.method} has no {name!r}; it has {', '.join(known) or 'no settings'}."
            )
    return cls.from_values(values)


def _weights(arguments: argparse.Namespace) -> dict[str, float]:
    weights = {}
    for assignment in arguments.weight:
        name, equals, value = assignment.rpartition("=")
        try:
            weights[name.strip()] = float(value)
        except ValueError:
            equals = ""
        if not equals:
            raise BadInput(f"--weight takes NAME=NUMBER, not {assignment!r}.")
    return weights


def _published(fitted: Recoding, made: Anonymizer, keep_suppressed: bool) -> Dataset:
    if not keep_suppressed:
        return fitted.release
    whole = getattr(fitted, "with_suppressed", None)
    if whole is None:
        raise NotApplicable(f"--keep-suppressed means nothing to {made.name()}: it marks nobody with *.")
    everyone: Dataset = whole()
    return everyone


def _check_mapping(path: Path | None) -> None:
    if path is None:
        return
    if path.suffix == ".json":
        check_target_folder(path)
    elif path.exists() and not path.is_dir():
        raise BadInput(f"--mapping {path} is neither a .json file nor a folder.")


def _write_mapping(path: Path, made: Anonymizer, fitted: Recoding, keep_formulas: bool) -> None:
    """One JSON file with everything, or a folder that holds it beside a CSV file per attribute."""
    mapping = fitted.mapping()
    document = {
        "method": made.name(),
        "settings": made.values(),
        "statistics": dict(fitted.statistics),
        "columns": {name: frame.to_dict("records") for name, frame in mapping.items()},
    }
    text = json.dumps(plain(document), ensure_ascii=False, indent=1, allow_nan=False)
    mode = mapping_mode(made)
    if path.suffix == ".json":
        write_whole(path, lambda beside: beside.write_text(text, encoding="utf-8"), mode)
        return
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise BadInput(f"the folder {path} cannot be made: {fault.strerror}.") from fault
    write_whole(path / "mapping.json", lambda beside: beside.write_text(text, encoding="utf-8"), mode)
    for name, file in file_names(list(mapping)).items():
        listed = csv_bytes(mapping[name], ",", keep_formulas)
        write_whole(path / file, functools.partial(_put, listed), mode)


def _put(content: bytes, path: Path) -> None:
    path.write_bytes(content)
