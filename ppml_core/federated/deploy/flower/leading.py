"""The rounds as the server leads them: ask the clients, wait, put their updates together, say what became of it.

In: an order (plan, learner, seed), nodes behind a `Wire`. Out: a word for each round. Which clients are asked and what
is made of their updates is `ppml_core.federated.engine` and its `Server`, as in one process.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flwr.app import ConfigRecord, Message, RecordDict
from flwr.common import FitIns, ndarrays_to_parameters, parameters_to_ndarrays
from flwr.compat.common import recorddict_compat as compat

from ppml_core.errors import BadInput, Unreachable
from ppml_core.federated.deploy.flower.masked_round import MaskedRound
from ppml_core.federated.deploy.flower.wire import Wire
from ppml_core.federated.deploy.limits import largest
from ppml_core.federated.deploy.lines import Lines
from ppml_core.federated.deploy.shapes import flat, likeness, packed, shaped
from ppml_core.federated.engine import asked_in
from ppml_core.federated.model import Model
from ppml_core.federated.plan import Plan
from ppml_core.federated.server import Server
from ppml_core.federated.update import Update

ATTEMPTS = 3
FAREWELL_SECONDS = 20.0


class Leader:
    """A server's side of one training. `nodes` are the nodes' ids in the order of the clients' numbers.

    The seed is the server's own. Clients are told it only where the order says so (`shared_seed`), for experiments that
    are to give the numbers of the engine in one process; else they draw theirs, and nobody can undo their noise.
    """

    def __init__(
        self, model: Model, wire: Wire, nodes: Sequence[int], lines: Lines, order: Mapping[str, Any], seed: int
    ) -> None:
        self.wire, self.nodes, self.lines = wire, list(nodes), lines
        self.plan = Plan.from_values(order["plan"])
        self.learner, self.shared = json.dumps(order["learner"]), bool(order["shared_seed"])
        self.server = Server(model, self.plan, seed)
        self.patience = float(order["patience"])
        self.notes: list[str] = []
        self.silent: dict[int, tuple[str, float]] = {}
        self.rows: dict[int, int] = {}

    def meet(self, seconds: float) -> None:
        """Waits for all nodes, and hears how many people each has. Raises Unreachable when some do not come."""
        until = time.monotonic() + seconds
        while absent := [client for client, node in enumerate(self.nodes) if node not in self.wire.nodes()]:
            if time.monotonic() >= until:
                raise Unreachable(
                    f"{_clients(absent)} did not come within {seconds:.0f} s: start them, or wait longer."
                )
            time.sleep(0.3)
        said = {"learner": self.learner, "counted": self.server.privacy is None, "secagg": self.plan.secagg}
        asked: dict[str, Any] = dict(said)
        content = {client: RecordDict({"asked": ConfigRecord(asked)}) for client in range(len(self.nodes))}
        for client, reply in self._exchange(content, "query", 0).items():
            node: Mapping[str, Any] = reply.config_records["node"]
            if node["likeness"] != likeness(self.server.model):
                raise BadInput(f"client {client} encodes its people otherwise than the server: give all one schema.")
            self.rows[client] = int(node["rows"])
        if self.silent:
            raise Unreachable(f"{_clients(sorted(self.silent))} did not answer within {self.patience:.0f} s.")

    def lead(self) -> None:
        """All rounds, each told when it is done."""
        for number in range(1, self.plan.rounds + 1):
            start, before = time.perf_counter(), self.wire.bytes
            self.notes = []
            asked = asked_in(self.plan, self.server.seed, number)
            answered, tries = (self._masked if self.plan.secagg else self._clear)(asked, number)
            if len(answered) < len(asked):
                self._note(f"round {number} was completed with {len(answered)} of {len(asked)} clients")
            self.lines.say(
                round=number, answer=packed(flat(self.server.answer())), asked=list(asked), answered=list(answered),
                bytes=self.wire.bytes - before, tries=tries, seconds=time.perf_counter() - start, notes=self.notes,
            )  # fmt: skip

    def part(self) -> None:
        """Tells the nodes that this was all, so that they end by themselves."""
        self.patience = min(self.patience, FAREWELL_SECONDS)
        farewell = RecordDict({"asked": ConfigRecord({"farewell": True})})
        self._exchange(dict.fromkeys(self._there(range(len(self.nodes))), farewell), "query", 0)

    def _clear(self, asked: Sequence[int], number: int) -> tuple[tuple[int, ...], int]:
        replies: dict[int, RecordDict] = {}
        tries = 0
        while asked and not replies:
            if tries == ATTEMPTS:
                raise Unreachable(f"no client answered in round {number}, asked {ATTEMPTS} times.")
            if tries:
                self._note(f"round {number} is repeated: nobody answered")
            there = self._there(asked)
            orders = {client: compat.fitins_to_recorddict(self._order(client, number), True) for client in there}
            replies = self._exchange(orders, "train", number)
            tries += 1
        updates = []
        for client in sorted(replies):
            result = compat.recorddict_to_fitres(replies[client], keep_input=True)
            change = shaped(parameters_to_ndarrays(result.parameters)[0], self.server.weights)
            updates.append(Update(client, change, result.num_examples))
        self.server.receive(updates)
        return tuple(sorted(replies)), max(tries, 1)

    def _masked(self, asked: Sequence[int], number: int) -> tuple[tuple[int, ...], int]:
        most_rows = max(self.rows.values())
        for tries in range(1, ATTEMPTS + 1):
            there = {client: self.nodes[client] for client in self._there(asked)}
            one = MaskedRound(self, there, number, most_rows, largest(self.plan, self.server, most_rows))
            mean = one.mean({client: self._order(client, number) for client in there})
            if mean is not None:
                rows = sum(self.rows[client] for client in one.answered)
                self.server.receive_sum(shaped(rows * mean, self.server.weights), rows)
                return one.answered, tries
            self._note(f"round {number} is repeated: {_clients(one.lost)} left before the sum could be opened")
        raise Unreachable(f"round {number} was given up after {ATTEMPTS} times: too many clients left.")

    def _there(self, asked: Sequence[int]) -> list[int]:
        """Those asked who are there; one who fell silent is asked again when it has given another sign of life."""
        now = self.wire.nodes()
        for client, last in list(self.silent.items()):
            if now.get(self.nodes[client], last) != last:
                del self.silent[client]
                self._note(f"client {client} is back")
        return [client for client in asked if client not in self.silent and self.nodes[client] in now]

    def _order(self, client: int, number: int) -> FitIns:
        said: dict[str, Any] = {
            "plan": json.dumps(Plan.values(self.plan)), "learner": self.learner, "client": client, "round": number,
        } | ({"seed": self.server.seed} if self.shared else {})  # fmt: skip
        return FitIns(ndarrays_to_parameters([flat(self.server.weights)]), said)

    def _exchange(self, contents: Mapping[int, RecordDict], kind: str, number: int) -> dict[int, RecordDict]:
        """Each client's answer; who gave none in time is silent from now on."""
        messages = [
            Message(content, dst_node_id=self.nodes[client], message_type=kind, group_id=str(number))
            for client, content in contents.items()
        ]
        replies = self.wire.send_and_receive(messages, timeout=self.patience)
        answered = {self.client_of(reply.metadata.src_node_id): reply.content for reply in replies}
        self.heard(contents, answered, number)
        return answered

    def heard(self, asked: Collection[int], answered: Collection[int], number: int) -> None:
        """Remembers who did not answer. Raises what a client said went wrong."""
        for node, reason in self.wire.faults:
            if node in self.nodes and reason:
                self.wire.faults = []
                raise Unreachable(f"client {self.client_of(node)}: {reason}")
        now = self.wire.nodes()
        for client in asked:
            if client not in answered and client not in self.silent:
                self.silent[client] = now.get(self.nodes[client], ("", 0.0))
                self._note(f"round {number}: client {client} did not answer within {self.patience:g} s")

    def client_of(self, node: int) -> int:
        return self.nodes.index(node)

    def _note(self, note: str) -> None:
        self.notes.append(note)
        self.lines.say(note=note)


def _clients(numbers: Sequence[int]) -> str:
    named = ", ".join(map(str, numbers))
    return f"client {named}" if len(numbers) == 1 else f"clients {named}"
