"""The way to a database elsewhere is encrypted, and nothing is told to one that cannot prove which it is."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy.exc import OperationalError

from tests.faults.kept import hold_to_the_promise
from tests.faults.line import Line, line_to
from tests.faults.people import Talker
from tests.faults.service import service_running
from waitingroom import postgres, schema
from waitingroom.columns import KeyRing
from waitingroom.database import Database

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(300)]

NAME, ANOTHER = "localhost", "elsewhere.example"
FROM, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Signed:
    """A certificate with its key, and the file of who signed it."""

    own: Path
    by: Path


def signed_for(name: str, folder: Path) -> Signed:
    """Have an authority of our own sign that a server has this name."""
    authority, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    signer, signee = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in ("Authority", name))
    begun = x509.CertificateBuilder().issuer_name(signer).not_valid_before(FROM).not_valid_after(UNTIL)
    root = begun.subject_name(signer).public_key(authority.public_key()).serial_number(x509.random_serial_number())
    root = root.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    leaf = begun.subject_name(signee).public_key(server.public_key()).serial_number(x509.random_serial_number())
    leaf = leaf.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    own, by = folder / f"{name}.pem", folder / f"{name}-authority.pem"
    key = server.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    own.write_bytes(key + leaf.sign(authority, hashes.SHA256()).public_bytes(encoding))
    by.write_bytes(root.sign(authority, hashes.SHA256()).public_bytes(encoding))
    return Signed(own, by)


@contextmanager
def encrypted(cluster: postgres.Running, signed: Signed | None) -> Iterator[Line]:
    """Lay a line that is encrypted with this certificate; None: one that cannot be."""
    tls = None
    if signed is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(signed.own)
    with line_to(cluster.host / f".s.PGSQL.{cluster.port}", tls) as line:
        yield line


def address(cluster: postgres.Running, line: Line, trusted: Path) -> str:
    asked = f"sslmode=verify-full&sslrootcert={trusted}"
    return f"postgresql://{cluster.user}@{NAME}:{line.port}/{cluster.database}?{asked}"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return signed_for(NAME, tmp_path_factory.mktemp("honest"))


async def test_all_that_is_said_to_a_database_elsewhere_is_encrypted(
    cluster: postgres.Running, honest: Signed
) -> None:
    with encrypted(cluster, honest) as line:
        url = address(cluster, line, honest.by)
        with service_running(url=url, apart=True) as service:
            ann = Talker(service.url)
            await ann.talk()
            await hold_to_the_promise(service, [ann])
        assert line.encrypted >= 3
        assert line.plain == 0


@pytest.mark.parametrize("fault", ["another name", "another signer", "no certificate at all"])
async def test_nothing_is_told_to_a_database_that_cannot_prove_which_it_is(
    cluster: postgres.Running, honest: Signed, tmp_path: Path, fault: str
) -> None:
    other = signed_for(ANOTHER if fault == "another name" else NAME, tmp_path)
    trusted = other.by if fault == "another name" else honest.by
    with encrypted(cluster, None if fault == "no certificate at all" else other) as line:
        url = address(cluster, line, trusted)
        database = Database(url, KeyRing.fresh(demo=True))
        with pytest.raises(OSError, match=r"(?i)ssl|certificate|connect|^$"):
            async with database.transaction() as session:
                await session.driver.fetch("SELECT 1")
        await database.close()
        with pytest.raises(OperationalError):
            schema.upgrade(url)
        assert (line.encrypted, line.plain) == (0, 0)
