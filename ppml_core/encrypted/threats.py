"""Who learns what when models are asked or trained on ciphertexts: one row per technique, for pages and reports.

Every row assumes parties that follow the protocol and look at all they get. Encryption protects the computation, not
its output: a model or prediction that comes out is attacked like any other (EVIDENCE 19).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True)
class Threats:
    """Who learns each thing beyond its owner; `colluding_pair` what two parties together learn."""

    technique: str
    parties: str
    inputs: str
    model: str
    intermediates: str
    output: str
    colluding_pair: str
    given_away: str
    sent_back: str

    def values(self) -> dict[str, str]:
        return dataclasses.asdict(self)

    def rows(self) -> list[tuple[str, str]]:
        """What there is to learn and who learns it.

        >>> LINEAR.rows()[0]
        ('the parties', 'a client with rows and secret key, a server with the model')
        """
        told = self.values()
        return [(title, told[name]) for name, title in TITLES.items()]


TITLES = {
    "parties": "the parties", "inputs": "inputs", "model": "the model", "intermediates": "intermediates",
    "output": "the output", "colluding_pair": "a colluding pair", "given_away": "given away by answers",
    "sent_back": "sent back",
}  # fmt: skip


SIZES = "the server learns the number of features, of blocks of rows and of rounds"

LINEAR = Threats(
    technique="encrypted inference, logistic regression",
    parties="a client with rows and secret key, a server with the model",
    inputs="nobody; " + SIZES,
    model="the client learns the number of features and classes, and what the logits tell",
    intermediates="nobody: the server sees ciphertexts, and the noise of an answer is flooded",
    output="the client alone: it decrypts logits and applies the sigmoid itself",
    colluding_pair="client and server together know the rows and the model",
    given_away="logits of d + 1 rows in general position are d + 1 linear equations: they reveal all weights "
    "of a model of d features; one block answers thousands of rows",
    sent_back="nothing: decrypted logits stay at the key holder; labels or probabilities that are sent on need "
    "noise first (IND-CPA-D)",
)

NETWORK = dataclasses.replace(
    LINEAR,
    technique="encrypted inference, network with square activation",
    intermediates="nobody: hidden units stay encrypted, and the noise of an answer is flooded",
    given_away="a logit is a quadratic form of d features: (d + 1)(d + 2)/2 answers determine it, though not "
    "which hidden units make it up",
    sent_back="nothing: decrypted logits stay at the key holder",
)

AGGREGATION = Threats(
    technique="encrypted aggregation of updates",
    parties="clients that share one secret key, a server that adds their ciphertexts",
    inputs="nobody, as long as no client sees another's ciphertext; the server learns who took part",
    model="the clients learn the sum; the server only if they send it",
    intermediates="nobody: partial sums stay encrypted",
    output="the clients decrypt the sum of at least three updates",
    colluding_pair="the server with any client opens every update: all clients hold the same key; two clients "
    "together know the sum of the others",
    given_away="the sum itself; with n clients, n - 1 of them learn the last one's update",
    sent_back="nothing where the clients make the step themselves; a sum that goes back to the server is "
    "flooded with Gaussian noise first (IND-CPA-D)",
)

TRAINING = Threats(
    technique="encrypted training of logistic regression",
    parties="a client with rows, labels and secret key, a server that computes",
    inputs="nobody; " + SIZES,
    model="the client alone, who owns the rows as well",
    intermediates="the client sees the weights at every refresh; the server sees ciphertexts",
    output="the client alone",
    colluding_pair="client and server together know what the client knows alone",
    given_away="nothing to the server beyond sizes; whoever gets the model can attack it like any other",
    sent_back="at a refresh the client sends a fresh ciphertext of what it decrypted, never the value",
)
