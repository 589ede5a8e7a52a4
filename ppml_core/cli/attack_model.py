"""`ppml attack membership` and `ppml attack attribute`: models are trained, and asked about people."""

from __future__ import annotations

import argparse
import dataclasses
import zlib
from typing import TYPE_CHECKING, Any

from ppml_core.cli.output import Bar, Command, say
from ppml_core.cli.tables import read_table_of, schema_arguments
from ppml_core.cli.whole_numbers import processes_argument, seed_argument
from ppml_core.errors import BadInput, NotApplicable

if TYPE_CHECKING:
    import numpy as np

    from ppml_core.attacks.membership.report import MembershipReport
    from ppml_core.attacks.rates import Separation
    from ppml_core.attacks.trainer import ChainTrainer
    from ppml_core.evidence import Estimate


ALL = "all"
EXAMPLE = "full_domain(k=5) + rounding(base=5.0)"


def model_attack_arguments(kinds: Any, command: Command) -> None:
    """The attacks on models with what each takes; `command` makes one of those."""
    membership = command(kinds, "membership", run_membership, "who was among the people a model was trained on?")
    road_arguments(membership)
    add = membership.add_argument
    add("--attack", default="rmia", help="rmia, lira_offline, lira_online, shadow, loss, quantile, or all (rmia)")
    add("--shadows", type=int, default=64, help="shadow models, an even number (64)")
    add("--n", type=int, help="people trained on; as many others are asked about (5,000, or what the table allows)")

    attribute = command(kinds, "attribute", run_attribute, "can one value of a person be guessed by asking a model?")
    road_arguments(attribute)
    add = attribute.add_argument
    add("--column", help="the column to guess (a sensitive input, or the first of categories)")
    add("--sees", default="confidences", help="what the model tells: confidences, or labels (confidences)")
    add("--prior", default="imputed", help="what is believed before asking: imputed or marginal (imputed)")
    add("--n", type=int, help="people trained on; as many others are asked about (5,000, or a third of the table)")


def road_arguments(command: argparse.ArgumentParser) -> None:
    """A table and the road from it to a model."""
    add = command.add_argument
    add("--dataset", required=True, help="a bundled name (see ppml datasets) or a path")
    schema_arguments(command)
    add("--learner", required=True, help="a learner's name (see ppml methods)")
    add("--epsilon", help="privacy budget ε of a private learner")
    add("--delta", help="privacy budget δ of a private learner")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting of the learner")
    add("--anonymize", default="", metavar="STEPS", help=f"anonymizers before the learner: {EXAMPLE}")
    seed_argument(command)
    processes_argument(command, "how many to train shadow models in (1)")


def road_of(arguments: argparse.Namespace) -> ChainTrainer:
    """The anonymizers and the learner that were asked for."""
    from ppml_core.anonymize.base import Anonymizer
    from ppml_core.attacks.trainer import ChainTrainer
    from ppml_core.calls import read_calls
    from ppml_core.catalog import method
    from ppml_core.cli.train import learner_settings
    from ppml_core.learn.base import Learner

    learner = method(Learner, arguments.learner).from_values(learner_settings(arguments))
    steps = read_calls(Anonymizer, arguments.anonymize, EXAMPLE)
    return ChainTrainer(learner, steps, arguments.processes, progress=Bar("models"))


def run_membership(arguments: argparse.Namespace) -> dict[str, Any]:
    """One object for each attack by name; with `all`, an attack that cannot be run here says why."""
    import numpy as np

    from ppml_core.attacks.membership.attacking import check_shadows, report_of
    from ppml_core.attacks.membership.base import MembershipAttack
    from ppml_core.attacks.membership.game import play
    from ppml_core.catalog import methods

    attacks = methods(MembershipAttack)
    public = 0
    if arguments.attack != ALL:
        if arguments.attack not in attacks:
            raise BadInput(f"--attack must be one of {', '.join(attacks)} and {ALL}, not {arguments.attack!r}.")
        attacks = {arguments.attack: attacks[arguments.attack]}
        check_shadows(attacks[arguments.attack], arguments.shadows)
        public = attacks[arguments.attack].fewest_public
    train = road_of(arguments)
    data = read_table_of(arguments, arguments.dataset)
    rng = np.random.default_rng([arguments.seed, 0])
    game = play(
        data,
        train,
        arguments.shadows,
        rng,
        arguments.n,
        fewest_public=public,
        with_public=len(attacks) > 1 or public > 0,
    )
    said: dict[str, Any] = {}
    for name, cls in attacks.items():
        try:
            report = report_of(cls(), game, rng_of(arguments.seed, name))
        except NotApplicable as fault:
            if arguments.attack != ALL:
                raise
            said[name] = {"error": str(fault)}
        else:
            said[name] = described(report)
    say("internal: measured on private people, with membership known to whoever measured")
    return said


def run_attribute(arguments: argparse.Namespace) -> dict[str, Any]:
    """Success for members, for others, and of someone who never asks the model, each with its interval."""
    import numpy as np

    from ppml_core.attacks.attribute_inference import AttributeInference
    from ppml_core.attacks.subjects import drawn_subject

    given = {name: getattr(arguments, name) for name in ("column", "sees", "prior")}
    if arguments.n is not None:
        given["n"] = arguments.n
    attack = AttributeInference.from_values({name: value for name, value in given.items() if value is not None})
    train = road_of(arguments)
    data = read_table_of(arguments, arguments.dataset)
    subject = drawn_subject(data, train, np.random.default_rng([arguments.seed, 0]), arguments.n)
    found = attack.report(subject, rng_of(arguments.seed, attack.name()))
    say("internal: measured on private people, with membership known to whoever measured")
    head = {"column": found.column, "values": found.values, "asked_about": found.asked_about}
    names = ("advantage", "control", "members", "others", "imputed", "beyond_imputation")
    return {**head, "settings": attack.values(), **{name: getattr(found, name).values() for name in names}}


def rng_of(seed: int, name: str) -> np.random.Generator:
    """The generator of an attack, the same beside whatever others it is run."""
    import numpy as np

    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def described(report: MembershipReport) -> dict[str, Any]:
    """The report as the contract has it, and what else it says."""
    bound = None if report.bound is None else dataclasses.asdict(report.bound) | {"auc": report.auc_bound}
    return {
        **separated(report.found),
        "null": separated(report.null),
        "baseline_auc": report.baseline_auc,
        "bound": bound,
        "roc": dataclasses.asdict(report.found.roc),
        "settings": dict(report.settings),
        "chosen_on": report.chosen_on,
        "members": report.members,
        "others": report.others,
        "drawn": report.drawn,
        "shadows": report.shadows,
        "exposed": [dataclasses.asdict(one) for one in report.exposed],
        "groups": [
            {"column": group.column, "value": group.value, "members": group.members} | ends(group.found)
            for group in report.groups
        ],
        "seconds": report.seconds,
    }


def separated(found: Separation) -> dict[str, Any]:
    """Area and rates, with how many false positives stand behind each."""
    return {
        "auc": found.auc.values(),
        "tpr_at_fpr": {
            f"{at.asked:g}": at.tpr.values()
            | {"fpr": at.fpr.value, "fpr_low": at.fpr.low, "fpr_high": at.fpr.high}
            | {"false_positives": at.false_positives}
            for at in found.at
        },
    }


def ends(estimate: Estimate) -> dict[str, float]:
    return {"found": estimate.value, "low": estimate.low, "high": estimate.high}
