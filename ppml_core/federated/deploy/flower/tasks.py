"""Flower's Runtime API from the side of an app: which task is mine, what is in it, what came of it.

A SuperLink or SuperNode in process isolation hands out tasks over HTTP. Flower's own executor starts a new process for
each message, some seconds a time; here the process that is there already takes them one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flwr.app import Error, Message
from flwr.common.constant import ErrorCode, SubStatus
from flwr.proto.runtime_pb2 import AcquireTaskRequest
from flwr.supercore.constant import TaskType
from flwr.supercore.interceptors import (
    RuntimeTokenHttpInterceptor,
    RuntimeVersionHttpInterceptor,
    SuperExecAuthHttpInterceptor,
)
from flwr.supercore.retry import make_simple_http_retry_invoker
from flwr.supercore.runtime import RuntimeHttpClient
from flwr.supernode.runtime.run_clientapp import pull_task_input, push_message, push_task_output

from ppml_core.errors import in_a_sentence

ACQUIRE = frozenset({"/flwr.proto.Runtime/AcquireTask"})


class Tasks:
    """The tasks at `address`, asked for with the secret that only this process and its Flower half know.

    Without `authority` the connection is not encrypted: for a SuperNode in the same process, over loopback.
    """

    def __init__(self, address: str, authority: bytes | None, secret: bytes) -> None:
        self._address, self._authority = address, authority
        self._asking = self._client(SuperExecAuthHttpInterceptor(master_secret=secret, protected_methods=ACQUIRE))

    def _client(self, *interceptors: Any) -> RuntimeHttpClient:
        return RuntimeHttpClient.from_server_address(
            server_address=self._address, insecure=self._authority is None, root_certificates=self._authority,
            interceptors=[RuntimeVersionHttpInterceptor(component_name="SuperExec"), *interceptors],
            retry_invoker=make_simple_http_retry_invoker(),
        )  # fmt: skip

    def token(self, kind: TaskType) -> str:
        """The token of a task of that kind that is now ours, or "" where none waits."""
        return str(self._asking.AcquireTask(AcquireTaskRequest(supported_task_types=[kind])).token)

    def answered(self, app: Callable[..., Message], note: Callable[[str], None]) -> bool:
        """Whether a message was there; the app has then answered it, with an error where it raised one."""
        token = self.token(TaskType.CLIENT_APP)
        if not token:
            return False
        client = self._client(RuntimeTokenHttpInterceptor(token))
        try:
            message, context, _run, _code_that_is_not_run = pull_task_input(client)
            status, details = SubStatus.COMPLETED, ""
            try:
                reply = app(message=message, context=context)
            except Exception as fault:
                status, details = SubStatus.FAILED, in_a_sentence(fault)
                reply = Message(Error(code=ErrorCode.CLIENT_APP_RAISED_EXCEPTION, reason=details), reply_to=message)
                note(details)
            push_message(client, reply, context)
            push_task_output(client, context, status, details)
        finally:
            client.close()
        return True
