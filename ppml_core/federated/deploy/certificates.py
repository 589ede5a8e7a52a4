"""The keys of a deployment: an authority, the server's certificate that it signs, a key pair for every node.

In: a folder, and the names under which the server is reached. Out: PEM files, elliptic curve P-384. Private keys are
for their owner's eyes only (mode 600). A node's public key is one line in OpenSSH's form: that line is what a node's
operator hands to the server's. Needs no Flower, only `cryptography`, which comes with it.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ppml_core.errors import BadInput, NotApplicable

MISSING = "federated training among processes needs Flower: pip install 'ppml-explorer[federated]'."
DAYS = 365


def need_flower() -> None:
    """Raises NotApplicable, with the install command, where the extra is not installed."""
    if find_spec("flwr") is None or find_spec("cryptography") is None:
        raise NotApplicable(MISSING)


def write_authority(folder: Path, hosts: Sequence[str]) -> dict[str, Path]:
    """`ca.pem` for the nodes; `server.pem` and `server.key` for a server that is reached under `hosts`.

    The authority's own key is used once and forgotten: another server means another authority. Existing files are
    refused, for a key that is overwritten locks out whoever trusts it.
    """
    need_flower()
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    signing, serving = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1())
    authority = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "PPML Explorer federation")])
    own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0])])
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
    usage |= {"encipher_only": False, "decipher_only": False}
    root = _signed(
        (authority, authority), signing.public_key(), signing,
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (x509.KeyUsage(digital_signature=False, key_cert_sign=True, crl_sign=True, **usage), True),
        (x509.SubjectKeyIdentifier.from_public_key(signing.public_key()), False),
    )  # fmt: skip
    server = _signed(
        (own, authority), serving.public_key(), signing,
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.KeyUsage(digital_signature=True, key_cert_sign=False, crl_sign=False, **usage), True),
        (x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName([_named(host) for host in hosts]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), False),
    )  # fmt: skip
    return {
        "authority": _written(folder / "ca.pem", _pem(root)),
        "certificate": _written(folder / "server.pem", _pem(server)),
        "key": _written(folder / "server.key", _private(serving, "PKCS8"), 0o600),
    }


def write_node_key(folder: Path, name: str) -> Path:
    """A node's private key `NAME.key`; beside it `NAME.key.pub`, the one line that the server's operator needs."""
    need_flower()
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = ec.generate_private_key(ec.SECP384R1())
    path = _written(folder / f"{name}.key", _private(key, "OpenSSH"), 0o600)
    line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + f" {name}\n".encode()
    _written(folder / f"{name}.key.pub", line)
    return path


def check_public_key(path: Path) -> None:
    """Raises BadInput where that file is no node's public key."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    try:
        key = load_ssh_public_key(path.read_bytes())
    except OSError as fault:
        raise BadInput(f"the public key {path} cannot be read: {fault.strerror}.") from fault
    except Exception as fault:
        raise BadInput(f"{path} is no public key of a node: give the .pub file that its operator sent.") from fault
    if not isinstance(key, EllipticCurvePublicKey):
        raise BadInput(f"{path} is no key on an elliptic curve: make one with ppml federate keys --node NAME.")


def check_private_key(path: Path) -> None:
    """Raises BadInput where that file is no node's private key."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    try:
        key = load_ssh_private_key(path.read_bytes(), None)
    except OSError as fault:
        raise BadInput(f"the key {path} cannot be read: {fault.strerror}.") from fault
    except Exception as fault:
        raise BadInput(f"{path} is no private key of a node: make one with ppml federate keys --node NAME.") from fault
    if not isinstance(key, EllipticCurvePrivateKey):
        raise BadInput(f"{path} is no key on an elliptic curve: make one with ppml federate keys --node NAME.")


def _signed(names: tuple[Any, Any], key: Any, signing: Any, *extensions: tuple[Any, bool]) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA384

    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    made = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key)
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - day)
    made = made.not_valid_after(now + DAYS * day)
    for extension, critical in extensions:
        made = made.add_extension(extension, critical)
    return made.sign(signing, SHA384())


def _named(host: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return bytes(certificate.public_bytes(Encoding.PEM))


def _private(key: Any, form: str) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return bytes(key.private_bytes(Encoding.PEM, getattr(PrivateFormat, form), NoEncryption()))


def _written(path: Path, content: bytes, mode: int = 0o644) -> Path:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as fault:
        raise BadInput(f"{path} exists and is not overwritten: choose another folder or name.") from fault
    except OSError as fault:
        raise BadInput(f"{path} cannot be written: {fault.strerror}.") from fault
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return path
