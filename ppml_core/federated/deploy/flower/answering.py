"""What a node answers: how many people it has, and what a round of local training makes of the server's weights.

In: Flower messages. Out: Flower messages, with nothing in them but an `Update` and the number of rows. The training is
`ppml_core.federated.client.local_update`, as in the engine in one process.
"""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
from collections.abc import Callable, Iterator
from typing import Any

from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common import Code, FitRes, Status, ndarrays_to_parameters, parameters_to_ndarrays
from flwr.common.secure_aggregation.secaggplus_constants import RECORD_KEY_CONFIGS
from flwr.compat.common import recorddict_compat as compat

from ppml_core.catalog import method
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.federated.client import local_update
from ppml_core.federated.deploy.flower.masked import masked_mod
from ppml_core.federated.deploy.lines import Lines
from ppml_core.federated.deploy.shapes import flat, likeness, shaped
from ppml_core.federated.model import Model, Rows, model_of
from ppml_core.federated.plan import Plan
from ppml_core.federated.privacy import privacy_of
from ppml_core.learn.base import Learner
from ppml_core.learn.models import one_thread

OK = Status(Code.OK, "")
CLEAR = "this node sends masked updates only, and the server asks for clear ones."


class Client:
    """A node's client app. With `secagg` it answers masked messages only, whatever the server asks for.

    A server that sends no seed gets updates whose order, samples and noise are the node's own, from the operating
    system's entropy: nobody else can take the noise off again.
    """

    def __init__(self, people: Dataset, secagg: bool, lines: Lines) -> None:
        self.people, self.secagg, self.lines = people, secagg, lines
        self.asked, self.dismissed = False, False
        self._made: dict[str, tuple[Model, Rows]] = {}
        self.app = ClientApp(mods=[masked_mod])
        self.app.query()(self.introduce)
        self.app.train()(self.train)

    def note(self, fault: str) -> None:
        self.lines.say(note=fault)

    def introduce(self, message: Message, context: Context) -> Message:
        """A fingerprint of how people are encoded, so that unlike schemas are noticed, and how many there are.

        Where noise protects them their number is private, and 1 is said.
        """
        asked = message.content.config_records["asked"]
        self.asked, self.dismissed = True, "farewell" in asked
        if self.dismissed:
            return Message(RecordDict(), reply_to=message)
        if self.secagg and not asked["secagg"]:
            raise BadInput(CLEAR)
        model, _ = self._model(str(asked["learner"]))
        rows = len(self.people) if asked["counted"] else 1
        known: dict[str, Any] = {"rows": rows, "likeness": likeness(model)}
        return Message(RecordDict({"node": ConfigRecord(known)}), reply_to=message)

    def train(self, message: Message, context: Context) -> Message:
        """The client's part of a round."""
        asked = compat.recorddict_to_fitins(message.content, keep_input=True)
        said: dict[str, Any] = dict(asked.config)
        if self.secagg and RECORD_KEY_CONFIGS not in message.content.config_records:
            raise BadInput(CLEAR)
        model, rows = self._model(said["learner"])
        plan = Plan.from_values(json.loads(said["plan"]))
        weights = shaped(parameters_to_ndarrays(asked.parameters)[0], model.initial(0))
        seed = int(said["seed"]) if "seed" in said else secrets.randbits(128)
        client, number = int(said["client"]), int(said["round"])
        with one_thread():
            update = local_update(model, plan, weights, rows, seed, client, number, privacy_of(plan, model))
        self.lines.say(trained=number)
        result = FitRes(OK, ndarrays_to_parameters([flat(update.change)]), update.rows, {})
        return Message(compat.fitres_to_recorddict(result, keep_input=True), reply_to=message)

    def _model(self, learner: str) -> tuple[Model, Rows]:
        if learner not in self._made:
            said = json.loads(learner)
            model = model_of(method(Learner, said["method"]).from_values(said["settings"]), self.people)
            self._made = {learner: (model, model.rows(self.people))}
        return self._made[learner]


@contextlib.contextmanager
def last_fault() -> Iterator[Callable[[], str]]:
    """What Flower logged last as an error, on one line."""
    said: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(" ".join(record.getMessage().split()))

    ear = Ear(level=logging.ERROR)
    logging.getLogger("flwr").addHandler(ear)
    try:
        yield lambda: said[-1].split("For more information")[0].strip()[:300] if said else "no reason was given"
    finally:
        logging.getLogger("flwr").removeHandler(ear)
