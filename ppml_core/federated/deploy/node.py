"""The process of a node: a Flower SuperNode, and the client that answers what comes through it.

In, as the first line on stdin: where the server is, whom to trust, the node's key, its own file with its SHA-256, the
schema. Out: words on stdout. The client is the one installed here: whatever code a server sends along is never run.
Started as `python -m ppml_core.federated.deploy.node`.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import secrets
import signal
import socket
import ssl
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ppml_core.errors import BadInput, PPMLError, in_a_sentence
from ppml_core.federated.deploy.lines import Lines
from ppml_core.federated.deploy.own_file import keep_to
from ppml_core.federated.deploy.processes import free_port
from ppml_core.workers import LOOPBACK

POLL_SECONDS = 0.5
FAREWELL_SECONDS = 2.0  # in which the last answer goes out


def main() -> None:
    lines = Lines()
    settings = next(lines.heard(), None)
    if settings is None:
        return
    lines.until_alone(lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        _work(settings, lines)
    except PPMLError as fault:
        lines.say(refused=str(fault))
        raise SystemExit(2) from fault


def _work(settings: dict[str, Any], lines: Lines) -> None:
    own, authority, key = (Path(settings[name]) for name in ("data", "authority", "key"))
    log = Path(settings["opened"]) if settings.get("opened") else None
    keep_to(own, [authority, key, Path(settings["schema"])], log)
    reach(settings["server"], authority, float(settings.get("wait", 60)))
    people = read_own(own, settings.get("sha256"), Path(settings["schema"]))
    lines.say(people=len(people))
    secret, port = Path("secret").resolve(), free_port()
    secret.write_bytes(secrets.token_bytes(32))
    sys.argv = [
        "flower-supernode", "--superlink", settings["server"], "--root-certificates", str(authority),
        "--auth-supernode-private-key", str(key), "--isolation", "process", "--host", LOOPBACK, "--port", str(port),
        "--superexec-auth-secret-file", str(secret), "--max-wait-time", str(settings.get("bridge", 10)),
    ]  # fmt: skip
    from flwr.supernode.cli.flower_supernode import flower_supernode

    from ppml_core.federated.deploy.flower.answering import Client, last_fault

    _look_often()
    client = Client(people, bool(settings.get("secagg")), lines)
    threading.Thread(target=_answer, args=(client, port, secret.read_bytes(), lines), daemon=True).start()
    with last_fault() as said:
        try:
            flower_supernode()
        except SystemExit as left:
            if left.code and not client.asked:
                raise BadInput(
                    f"the server at {settings['server']} did not let this node in: {said()}; has its operator this "
                    f"node's public key?"
                ) from left
    lines.say(left=True)
    os._exit(0)


def _look_often() -> None:
    """Flower's node looks for messages every three seconds; ours does twice a second."""
    inner: Any = importlib.import_module("flwr.supernode.start_client_internal")
    inner.time = SimpleNamespace(sleep=lambda seconds: time.sleep(min(seconds, POLL_SECONDS)))


def _answer(client: Any, port: int, secret: bytes, lines: Lines) -> None:
    """Answers for as long as the process lives; a fault of the connection ends it, for a deaf node is no node."""
    from ppml_core.federated.deploy.flower.tasks import Tasks

    try:
        _listening(port)
        tasks = Tasks(f"{LOOPBACK}:{port}", None, secret)
        while True:
            if not tasks.answered(client.app, client.note):
                time.sleep(POLL_SECONDS)
            if client.dismissed:
                time.sleep(FAREWELL_SECONDS)
                os.kill(os.getpid(), signal.SIGTERM)
                return
    except Exception as fault:
        lines.say(failed=f"the client stopped: {in_a_sentence(fault)}")
        os.kill(os.getpid(), signal.SIGTERM)


def _listening(port: int) -> None:
    """Waits for the node's other half."""
    while True:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection((LOOPBACK, port), timeout=5):
            return
        time.sleep(POLL_SECONDS)


def read_own(path: Path, sha256: str | None, schema: Path) -> Any:
    """The node's own people, in the schema's columns. Raises BadInput where the file is not the promised one."""
    from ppml_core.data.dataset import Dataset
    from ppml_core.data.reading import read_table
    from ppml_core.data.schema import read_schema

    try:
        content = path.read_bytes()
    except OSError as fault:
        raise BadInput(f"the node's own file {path} cannot be read: {fault.strerror}.") from fault
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise BadInput(f"{path} is not the file that this node was set up with: its SHA-256 is another one.")
    meaning = read_schema(schema)
    table = read_table(content, path.name, schema=meaning)
    absent = [name for name in meaning.columns if name not in table.columns]
    if absent:
        raise BadInput(f"{path.name} has no column {absent[0]!r}, which the schema describes.")
    return Dataset(table[list(meaning.columns)], meaning, path.stem)


def reach(server: str, authority: Path, seconds: float) -> None:
    """Waits until the server answers with a certificate that the authority signed. Raises BadInput otherwise."""
    host, _, port = server.rpartition(":")
    if not host or not port.isdecimal():
        raise BadInput(f"the server's address must be HOST:PORT, not {server!r}.")
    try:
        trust = ssl.create_default_context(cafile=str(authority))
    except (OSError, ssl.SSLError) as fault:
        raise BadInput(f"{authority} is no certificate of an authority: {fault.strerror or fault}.") from fault
    until = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=5) as plain:
                trust.wrap_socket(plain, server_hostname=host.strip("[]")).close()
            return
        except ssl.SSLCertVerificationError as fault:
            raise BadInput(
                f"the server at {server} is not the one that {authority.name} vouches for: {fault.verify_message}; ask "
                f"its operator for the right ca.pem, or use the name that its certificate was made for."
            ) from fault
        except OSError as fault:
            if time.monotonic() >= until:
                raise BadInput(
                    f"no server answers at {server}: {fault.strerror or fault}; start it first, and check address and "
                    f"firewall."
                ) from fault
            time.sleep(0.3)


if __name__ == "__main__":
    main()
