"""A certificate for 127.0.0.1, and the authority that peers are to trust.

    python tests/benchmarks/certificate.py FOLDER

Makes `authority.pem`, `server.pem` and `server.key`, good for ten years.
"""

import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: ec.EllipticCurvePrivateKey,
    *extensions: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named("pt5 benchmark"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
    )
    for one in extensions:
        critical = isinstance(one, x509.BasicConstraints)
        made = made.add_extension(one, critical=critical)
    return made.sign(issuer, hashes.SHA256())


def main(folder: Path) -> None:
    authority, server = (
        ec.generate_private_key(ec.SECP256R1()) for _ in range(2)
    )
    # rustls wants an authority and a server that are not one certificate.
    root = _certificate(
        "pt5 benchmark", authority, authority,
        x509.BasicConstraints(ca=True, path_length=0),
    )  # fmt: skip
    leaf = _certificate(
        "127.0.0.1", server, authority,
        x509.BasicConstraints(ca=False, path_length=None),
        x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
    )  # fmt: skip
    private = server.private_bytes(
        PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "server.key").write_bytes(private)
    (folder / "server.pem").write_bytes(leaf.public_bytes(PEM))
    (folder / "authority.pem").write_bytes(root.public_bytes(PEM))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
