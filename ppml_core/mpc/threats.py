"""Who learns what when a model is trained on secret shares, in words, for the page and the command line.

The computation is protected, not its output: what a membership attack finds in the trained model or in its answers
stays to be found (EVIDENCE 19).
"""

from __future__ import annotations

from ppml_core.evidence import PROTECTS, Threat
from ppml_core.mpc.engines import engines

ASSUMPTIONS = (
    "Three parties, at most one corrupted (honest majority), and semi-honest: it keeps to the protocol and looks at "
    "all it gets. A party that deviates can spoil the result and is not caught.",
    "Public to all: the schema, how many rows and columns each holds, steps, step length, polynomial, first weights.",
    "Under a vertical split the holders have the same people in the same order: finding out who that is (private set "
    "intersection) came before and is no part of it.",
    "The command that cuts one table among three processes simulates three holders: it has the whole table.",
    "On loopback the parties talk without TLS and without proving who they are. Between sites both engines need TLS "
    "with certificates: whoever reads what a holder sends to both others puts that holder's rows together.",
)
ANSWERS = (
    "A linear model's probabilities for as many known, independent rows as it has weights give the weights by solving "
    "equations: whoever is answered that often has the model."
)


def threats_of(engine: str) -> tuple[Threat, ...]:
    """The table of who learns what, for this engine.

    >>> [threat.who for threat in threats_of("mpyc")]
    ['one party', 'two parties together', 'somebody outside', 'whoever gets the output']
    """
    return (
        Threat(
            who="one party",
            inputs="its own rows or columns, and the public sizes",
            model="nothing, unless the plan opens it: then all of it",
            intermediates=engines()[engine].sums,
            output="probabilities of its own test people (vertical: the holder of the classes, of all)",
        ),
        Threat(
            who="two parties together",
            inputs="everything: two parties' shares give every holder's rows",
            model="everything",
            intermediates="everything",
            output="everything",
        ),
        Threat(
            who="somebody outside",
            inputs="sizes and timing where the traffic is encrypted (TLS); everything where it is not",
            model="as for the inputs",
            intermediates="how many bytes went between whom, and when",
            output="nothing",
        ),
        Threat(
            who="whoever gets the output",
            inputs="what the output lets be inferred: membership and attribute attacks apply",
            model="all of a linear one after as many answers as it has weights",
            intermediates="nothing",
            output="what is opened to them",
        ),
    )


def notes_of(engine: str) -> tuple[str, ...]:
    """What holds beside the table, in sentences.

    >>> notes_of("spu")[0].startswith("SPU, protocol ABY3")
    True
    """
    known = engines()[engine]
    return (f"{known.title}.", *ASSUMPTIONS, *known.notes, ANSWERS, PROTECTS)
