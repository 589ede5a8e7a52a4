"""The process of the server: a Flower SuperLink, and the rounds led from within it.

In, as lines on stdin: first where to listen, certificates, the nodes' public keys in the order of the clients' numbers,
the schema; then one order for each training. Out: words on stdout. It never opens a table of people. Flower's Control
API, by which runs are started and nodes let in, answers this process alone. Started as
`python -m ppml_core.federated.deploy.server`.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import secrets
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ppml_core.errors import BadInput, PPMLError, in_a_sentence
from ppml_core.federated.deploy.lines import Lines
from ppml_core.federated.deploy.processes import check_port

APP = """[project]
name = "ppml"
version = "1.0.0"
description = "A name for Flower's sake: nodes run the client that they have installed."
license = { text = "Apache-2.0" }
dependencies = []
[tool.flwr.app]
publisher = "ppml"
[tool.flwr.app.components]
serverapp = "app:server"
clientapp = "app:client"
"""
OURS = "x-ppml-own-process"


def main() -> None:
    lines = Lines()
    settings = next(lines.heard(), None)
    if settings is None:
        return
    try:
        check_port(settings["host"], settings["port"])
        secret = Path("secret").resolve()
        secret.write_bytes(secrets.token_bytes(32))
        link = Link(settings, secret)
    except PPMLError as fault:
        lines.say(refused=str(fault))
        raise SystemExit(2) from fault
    threading.Thread(target=_serve, args=(link, lines), daemon=True).start()
    link.run()


def _serve(link: Link, lines: Lines) -> None:
    try:
        link.admit()
        lines.say(ready=True)
        for order in lines.heard():
            try:
                link.train(order, lines)
                lines.say(done=True)
            except PPMLError as fault:
                lines.say(refused=str(fault))
    except Exception as fault:
        lines.say(failed=in_a_sentence(fault))
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


class Link:
    """A SuperLink in this process, and this process as its only user."""

    def __init__(self, settings: dict[str, Any], secret: Path) -> None:
        self.settings, self.secret = settings, secret.read_bytes()
        host = settings["host"]
        self.address = f"{settings.get('own_name') or host}:{settings['port']}"
        self.authority = Path(settings["authority"]).read_bytes()
        self.own = secrets.token_hex(32)
        sys.argv = [
            "flower-superlink", "--host", host, "--port", str(settings["port"]),
            "--ssl-certfile", settings["certificate"], "--ssl-keyfile", settings["key"],
            "--ssl-ca-certfile", settings["authority"], "--isolation", "process", "--enable-supernode-auth",
            "--superexec-auth-secret-file", str(secret), "--disable-runtime-dependency-installation",
        ]  # fmt: skip
        import uvicorn
        from flwr.superlink.main import create_app

        flower = importlib.import_module("flwr.superlink.cli.flower_superlink")
        config = flower._parse_superlink_lifespan_config()
        app = OwnControl(create_app(config, flower.SuperLinkLifespan), self.own)
        self.server = uvicorn.Server(
            uvicorn.Config(
                app=app, host=config.host, port=config.port, access_log=False, log_level="warning",
                ssl_keyfile=config.ssl_keyfile, ssl_certfile=config.ssl_certfile,
            )
        )  # fmt: skip
        self.nodes: list[int] = []

    def run(self) -> None:
        self.server.run()

    def admit(self) -> None:
        """Lets in the nodes whose public keys are listed, and nobody else."""
        from cryptography.hazmat.primitives.serialization import load_ssh_public_key
        from flwr.proto.control_pb2 import RegisterNodeRequest
        from flwr.supercore.primitives.asymmetric import public_key_to_bytes

        while not self.server.started:
            time.sleep(0.05)
        for path in self.settings["nodes"]:
            key: Any = load_ssh_public_key(Path(path).read_bytes())
            admitted = self._control().RegisterNode(RegisterNodeRequest(public_key=public_key_to_bytes(key)))
            self.nodes.append(int(admitted.node_id))

    def train(self, order: dict[str, Any], lines: Lines) -> None:
        """One training: a run of Flower's, whose server task this process takes itself."""
        from flwr.common.serde import run_from_proto
        from flwr.proto.runtime_pb2 import PullTaskInputRequest, PushTaskOutputRequest
        from flwr.supercore.constant import TaskType
        from flwr.supercore.heartbeat import HeartbeatSender, make_task_heartbeat_fn_http
        from flwr.supercore.task_identity import TaskIdentity
        from flwr.superlink.grid import HttpGrid

        from ppml_core.federated.deploy.flower.leading import Leader
        from ppml_core.federated.deploy.flower.tasks import Tasks
        from ppml_core.federated.deploy.flower.wire import Wire
        from ppml_core.federated.deploy.schema_model import model_of_schema

        model = model_of_schema(order["learner"], Path(self.settings["schema"]))
        self._start_run()
        tasks = Tasks(self.address, self.authority, self.secret)
        while not (token := tasks.token(TaskType.SERVER_APP)):
            time.sleep(0.1)
        grid = HttpGrid(self.address, root_certificates=self.authority, token=token)
        try:
            task = grid._runtime_client.PullTaskInput(PullTaskInputRequest())
            TaskIdentity.task_id, TaskIdentity.run_id = task.task_id, task.run.run_id
            TaskIdentity.node_id = task.context.node_id
            grid.set_run(run_from_proto(task.run))
            heart = HeartbeatSender(make_task_heartbeat_fn_http(grid._runtime_client))
            heart.start()
            seed = int(order["seed"]) if order["shared_seed"] else secrets.randbits(128)
            leader = Leader(model, Wire(grid), self.nodes, lines, order, seed)
            leader.meet(float(order["wait"]))
            lines.say(met=True)
            leader.lead()
            if order["last"]:
                leader.part()
            heart.stop()
        finally:
            with contextlib.suppress(Exception):
                grid._runtime_client.PushTaskOutput(PushTaskOutputRequest(sub_status="completed", details=""))
            grid.close()

    def _start_run(self) -> None:
        from flwr.cli.build import build_fab_from_disk
        from flwr.proto.control_pb2 import StartRunRequest
        from flwr.proto.fab_pb2 import Fab

        folder = Path("app").resolve()
        folder.mkdir(exist_ok=True)
        (folder / "pyproject.toml").write_text(APP, encoding="utf-8")
        (folder / "app.py").write_text("server = client = None\n", encoding="utf-8")
        bundle = build_fab_from_disk(folder)
        named = Fab(hash_str=hashlib.sha256(bundle).hexdigest(), content=bundle)
        started = self._control().StartRun(StartRunRequest(fab=named))
        if not started.HasField("run_id"):
            raise BadInput("Flower did not start the run.")

    def _control(self) -> Any:
        from flwr.supercore.control import ControlHttpClient
        from flwr.supercore.interceptors import RuntimeVersionHttpInterceptor

        return ControlHttpClient.from_server_address(
            server_address=self.address, insecure=False, root_certificates=self.authority,
            interceptors=[RuntimeVersionHttpInterceptor(component_name="flwr CLI"), _Ours(self.own)],
        )  # fmt: skip


class _Ours:
    """Marks a request as this process's own."""

    def __init__(self, own: str) -> None:
        self.own = own

    def intercept(self, context: Any, call_next: Any) -> Any:
        context.request.headers[OURS] = self.own
        return call_next(context)


class OwnControl:
    """An app around Flower's that answers 403 to whoever asks its Control API from outside this process."""

    def __init__(self, app: Any, own: str) -> None:
        self.app, self.own = app, own.encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not str(scope["path"]).startswith(("/v1/fleet/", "/v1/runtime/")):
            given = dict(scope["headers"]).get(OURS.encode(), b"")
            if not secrets.compare_digest(given, self.own):
                await send({"type": "http.response.start", "status": 403, "headers": []})
                await send({"type": "http.response.body", "body": b"not for you"})
                return
        await self.app(scope, receive, send)


if __name__ == "__main__":
    main()
