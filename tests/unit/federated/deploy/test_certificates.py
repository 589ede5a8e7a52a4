"""Who is trusted: the server that the authority vouches for, and nobody who merely answers."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from patience import PATIENCE

from ppml_core.errors import BadInput, NotApplicable
from ppml_core.federated.deploy import certificates
from ppml_core.federated.deploy.node import reach
from ppml_core.federated.deploy.processes import LOOPBACK, check_port


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return certificates.write_authority(tmp_path_factory.mktemp("keys"), [LOOPBACK, "localhost"])


@contextmanager
def answering(keys: dict[str, Path]) -> Iterator[tuple[int, list[str]]]:
    """A TLS server with that certificate: its port, and who has been through the handshake so far."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys["certificate"], keys["key"])
    met: list[str] = []
    context.sni_callback = lambda _, name, __: met.append(name or LOOPBACK)
    with socket.create_server((LOOPBACK, 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    plain, _ = listening.accept()
                except OSError:
                    return
                with plain:
                    try:
                        context.wrap_socket(plain, server_side=True).close()
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1], met
        listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def port(keys: dict[str, Path]) -> Iterator[int]:
    with answering(keys) as (number, _):
        yield number


def test_a_server_is_reached_under_the_names_that_its_certificate_was_made_for_and_no_other(
    keys: dict[str, Path], tmp_path: Path
) -> None:
    with answering(keys) as (number, met):
        for name in (LOOPBACK, "localhost"):
            reach(f"{name}:{number}", keys["authority"], PATIENCE)
        assert list(dict.fromkeys(met)) == [LOOPBACK, "localhost"]
    of_one_name = certificates.write_authority(tmp_path, [LOOPBACK])
    with answering(of_one_name) as (number, _), pytest.raises(BadInput, match="use the name that its certificate"):
        reach(f"localhost:{number}", of_one_name["authority"], PATIENCE)


def test_a_server_that_another_authority_vouches_for_is_refused_in_a_sentence(port: int, tmp_path: Path) -> None:
    other = certificates.write_authority(tmp_path, [LOOPBACK])
    with pytest.raises(BadInput, match=r"not the one that ca\.pem vouches for"):
        reach(f"{LOOPBACK}:{port}", other["authority"], PATIENCE)


def test_an_address_where_nobody_answers_is_told(keys: dict[str, Path]) -> None:
    with socket.socket() as deaf:
        deaf.bind((LOOPBACK, 0))
        with pytest.raises(BadInput, match="no server answers"):
            reach(f"{LOOPBACK}:{deaf.getsockname()[1]}", keys["authority"], 0)
    with pytest.raises(BadInput, match="HOST:PORT"):
        reach("localhost", keys["authority"], 0)
    with pytest.raises(BadInput, match="no certificate of an authority"):
        reach(f"{LOOPBACK}:1", keys["key"], 0)


def test_a_port_in_use_is_told(port: int) -> None:
    with pytest.raises(BadInput, match=rf"{port} cannot be listened on: .*in use; choose another port"):
        check_port(LOOPBACK, port)


def test_private_keys_are_for_their_owner_and_are_never_overwritten(keys: dict[str, Path], tmp_path: Path) -> None:
    node = certificates.write_node_key(tmp_path, "ward")
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (keys["key"], node))
    certificates.check_private_key(node)
    certificates.check_public_key(tmp_path / "ward.key.pub")
    with pytest.raises(BadInput, match="not overwritten"):
        certificates.write_node_key(tmp_path, "ward")


def test_a_file_that_is_no_key_is_told(keys: dict[str, Path], tmp_path: Path) -> None:
    for check in (certificates.check_private_key, certificates.check_public_key):
        with pytest.raises(BadInput, match="is no p"):
            check(keys["authority"])
        with pytest.raises(BadInput, match="cannot be read"):
            check(tmp_path / "nothing")


def test_without_the_extra_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "find_spec", lambda _name: None)
    with pytest.raises(NotApplicable, match=r"pip install 'ppml-explorer\[federated\]'"):
        certificates.need_flower()
