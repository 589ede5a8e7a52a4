"""Secure aggregation among real nodes: Flower's SecAgg+ on the side of a node, with our masks and nothing cut silently.

Bell et al. 2020 after Bonawitz et al. 2017: pairwise masks that cancel in the sum, keys in shares so that the masks of
who drops out can be taken off. The server learns the sum, the number of rows of each node (1 where noise makes that
private), and who answered; nodes and server follow the protocol (semi-honest), and fewer nodes than the threshold give
it what they hold. Importing this module gives Flower's both halves the masks of `deploy.masks`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from flwr.app import Context, Message
from flwr.common import parameters_to_ndarrays
from flwr.common.secure_aggregation.secaggplus_constants import RECORD_KEY_CONFIGS, RECORD_KEY_STATE, Key, Stage
from flwr.compat.common import recorddict_compat as compat

from ppml_core.errors import BadInput
from ppml_core.federated.deploy.masks import check_cut, mask
from ppml_core.federated.plan import LEAST_SURVIVORS

mod_of_flower: Any = importlib.import_module("flwr.client.mod.secure_aggregation.secaggplus_mod")
workflow_of_flower: Any = importlib.import_module("flwr.server.workflow.secure_aggregation.secaggplus_workflow")
mod_of_flower.pseudo_rand_gen = mask
workflow_of_flower.pseudo_rand_gen = mask


def masked_mod(message: Message, context: Context, call_next: Callable[[Message, Context], Message]) -> Message:
    """Flower's client half, which refuses sums of fewer than three and an update that would be cut.

    A message that is none of the protocol goes through: whether a clear answer is given is for the client to say.
    """
    said: Any = message.content.config_records.get(RECORD_KEY_CONFIGS)
    if message.metadata.message_type != "train" or said is None:
        return call_next(message, context)
    if said[Key.STAGE] == Stage.SETUP and min(said[Key.THRESHOLD], said[Key.SAMPLE_NUMBER]) < LEAST_SURVIVORS:
        raise BadInput(f"this node takes part in sums of at least {LEAST_SURVIVORS} nodes.")

    def checked(inner: Message, inner_context: Context) -> Message:
        reply = call_next(inner, inner_context)
        state: Any = inner_context.state.config_records[RECORD_KEY_STATE]
        result = compat.recorddict_to_fitres(reply.content, keep_input=True)
        update = parameters_to_ndarrays(result.parameters)[0]
        check_cut(update, result.num_examples, float(state["max_weight"]), float(state["clipping_range"]))
        return reply

    answered: Message = mod_of_flower.secaggplus_mod(message, context, checked)
    return answered
