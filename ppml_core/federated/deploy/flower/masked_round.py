"""One round of Flower's SecAgg+ from the server's side, stage by stage, with a word on who left and when.

In: the instructions of a round. Out: the mean of the updates, weighed by their rows, or None where it has to be
repeated. A client that leaves after its key's shares are out is taken care of by them; one that leaves before leaves
masks that nobody can take off in Flower's version, and the round starts again without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from flwr.app import ArrayRecord, ConfigRecord, Context, RecordDict
from flwr.common import FitIns, parameters_to_ndarrays
from flwr.server.compat.legacy_context import LegacyContext
from flwr.server.workflow.constant import MAIN_CONFIGS_RECORD, MAIN_PARAMS_RECORD
from flwr.server.workflow.constant import Key as WorkflowKey

from ppml_core.errors import Unreachable
from ppml_core.federated.deploy.flower.masked import workflow_of_flower
from ppml_core.federated.deploy.masks import precision

if TYPE_CHECKING:
    from ppml_core.federated.deploy.flower.leading import Leader


@dataclass(frozen=True)
class _Proxy:
    node_id: int


class MaskedRound:
    """`nodes` are those who take part; afterwards `answered` are in the sum, `lost` those who left."""

    def __init__(self, leader: Leader, nodes: Mapping[int, int], number: int, most_rows: int, largest: float) -> None:
        self.least = max(leader.plan.least_survivors, len(nodes) // 2 + 1)
        if len(nodes) < self.least:
            raise Unreachable(f"a sum is opened of {self.least} clients at least, and {len(nodes)} are there.")
        self.leader, self.nodes, self.number = leader, dict(nodes), number
        self.answered: tuple[int, ...] = ()
        self.lost: list[int] = []
        self._mean: npt.NDArray[np.float64] | None = None
        self._orders: Mapping[int, FitIns] = {}
        self._flower = workflow_of_flower.SecAggPlusWorkflow(
            num_shares=1.0, reconstruction_threshold=self.least / len(nodes),
            max_weight=float(most_rows), clipping_range=float(largest),
            quantization_range=precision(len(nodes)), modulus_range=2**32, timeout=leader.patience,
        )  # fmt: skip

    def mean(self, orders: Mapping[int, FitIns]) -> npt.NDArray[np.float64] | None:
        """The weighted mean of what the clients made of their orders."""
        self._orders = orders
        flower, wire, context = self._flower, self.leader.wire, self._context()
        state = workflow_of_flower.WorkflowState()
        for stage in (flower.setup_stage, flower.share_keys_stage):
            went_on = stage(wire, context, state)
            if self._missed(state.active_node_ids) or not went_on:
                return None
        if not flower.collect_masked_vectors_stage(wire, context, state):
            self._missed(state.active_node_ids)
            return None
        self._missed(state.active_node_ids)
        self.answered = tuple(sorted(self.leader.client_of(node) for node in state.active_node_ids))
        revealed = flower.unmask_stage(wire, context, state)
        self._missed(state.active_node_ids)
        return self._mean if revealed else None

    def _missed(self, active: set[int]) -> bool:
        there = [client for client, node in self.nodes.items() if node in active]
        gone = [client for client in self.nodes if client not in there and client not in self.lost]
        self.leader.heard([*there, *gone], there, self.number)
        self.lost += gone
        return bool(gone)

    def configure_fit(self, number: int, _parameters: Any, _manager: Any) -> list[tuple[_Proxy, FitIns]]:
        """As Flower's strategies say who is asked for what."""
        return [(_Proxy(self.nodes[client]), order) for client, order in self._orders.items()]

    def aggregate_fit(self, number: int, results: Any, failures: Any) -> tuple[None, dict[str, Any]]:
        """As Flower's strategies receive what came of it: every result holds the mean."""
        if results:
            self._mean = parameters_to_ndarrays(results[0][1].parameters)[0]
        return None, {}

    def num_available(self) -> int:
        return len(self.nodes)

    def _context(self) -> LegacyContext:
        state = RecordDict({
            MAIN_CONFIGS_RECORD: ConfigRecord({WorkflowKey.CURRENT_ROUND: self.number}),
            MAIN_PARAMS_RECORD: ArrayRecord(),
        })  # fmt: skip
        plain = Context(run_id=0, node_id=0, node_config={}, state=state, run_config={})
        own: Any = self
        return LegacyContext(plain, strategy=own, client_manager=own)
