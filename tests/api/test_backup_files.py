"""Files of a backup open with their key only, whole or not at all; the last good one never goes."""

import errno
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest

from api import backup_files
from api.backup_errors import BackupError, NotWholeError
from api.backup_files import PIECE, Manifest
from api.backup_shelf import (
    KEYS_OF_PEOPLE,
    AnotherServiceError,
    FewerPeopleError,
    Kept,
    Shelf,
    records_name,
)
from tests.conftest import MONDAY
from waitingroom.columns import KeyRing

CANARY = b"Ann Canary, 07700 900123"
GROWTH = 64
"""Megabytes that streaming 300 may add: the pieces held, the pipe, and what the allocator keeps."""


def mark(words: str) -> str:
    return KeyRing(keys={1: bytes(32)}, hashing=bytes(32)).fingerprint("backup-file", words).hex()


def manifest(kind: str = "records") -> Manifest:
    return Manifest(
        kind=kind,
        made_at=MONDAY.isoformat(),
        code="0.1.0",
        schema="0027",
        postgresql="18.4",
        service="f00d",
        numbers=(1,),
        rows={"person": 2},
        audit_head="0-00",
        own_keys=2,
    )


@pytest.fixture
def key() -> tuple[str, str]:
    return backup_files.make_identity()


@pytest.fixture
def file(tmp_path: Path, key: tuple[str, str]) -> Path:
    """A file of 300,000 bytes for that key."""
    path = tmp_path / "records.age"
    parts = [("records.dump", iter([CANARY, os.urandom(300_000)])), ("owners.copy", iter([b"one\n"]))]
    backup_files.write(path, manifest(), parts, [backup_files.recipient(key[1])], mark=mark)
    return path


def test_what_was_written_comes_back_byte_for_byte(tmp_path: Path, key: tuple[str, str]) -> None:
    path, dump = tmp_path / "one.age", os.urandom(2 * PIECE + 17)
    blocks = iter([dump[:5], dump[5:PIECE], b"", dump[PIECE:]])
    backup_files.write(path, manifest(), [("records.dump", blocks)], [backup_files.recipient(key[1])], mark=mark)
    came: list[bytes] = []
    found = backup_files.read(path, [backup_files.identity(key[0])], {"records.dump": came.append})
    assert (b"".join(came), found) == (dump, manifest())
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_in_a_file_can_be_read_without_its_key(file: Path) -> None:
    body = file.read_bytes()
    assert CANARY not in body
    assert b"manifest" not in body
    assert b"person" not in body


def test_another_key_opens_nothing(file: Path) -> None:
    other = backup_files.identity(backup_files.make_identity()[0])
    with pytest.raises(NotWholeError, match="another key"):
        backup_files.read(file, [other])


@pytest.mark.parametrize("share", [0.0, 0.0004, 0.3, 0.7, 0.9999])
def test_one_bit_turned_anywhere_is_refused(file: Path, key: tuple[str, str], share: float) -> None:
    body = bytearray(file.read_bytes())
    body[int(share * len(body))] ^= 1
    file.write_bytes(bytes(body))
    with pytest.raises(NotWholeError):
        backup_files.read(file, [backup_files.identity(key[0])])


@pytest.mark.parametrize("left", [0, 10, 150, 66_000, 200_000, -20_000, -1])
def test_a_file_cut_short_anywhere_is_refused(file: Path, key: tuple[str, str], left: int) -> None:
    body = file.read_bytes()
    file.write_bytes(body[:left])
    with pytest.raises(NotWholeError, match=r"damaged or cut short|another key"):
        backup_files.read(file, [backup_files.identity(key[0])])


def test_a_file_with_something_behind_its_end_is_refused(file: Path, key: tuple[str, str]) -> None:
    file.write_bytes(file.read_bytes() + bytes(100_000))
    with pytest.raises(NotWholeError):
        backup_files.read(file, [backup_files.identity(key[0])])


def test_a_part_whose_sum_does_not_fit_is_refused(tmp_path: Path, key: tuple[str, str]) -> None:
    """As where whoever has the public half wrote a file of their own, with parts of another."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, body in (
            ("manifest.json", json.dumps(manifest().__dict__).encode()),
            ("records.dump.00001", b"something else"),
            ("seal.json", json.dumps({"sha256": {"records.dump": "00" * 32}}).encode()),
        ):
            head = tarfile.TarInfo(name)
            head.size = len(body)
            archive.addfile(head, io.BytesIO(body))
    path = tmp_path / "forged.age"
    path.write_bytes(pyrage.encrypt(plain.getvalue(), [backup_files.recipient(key[1])]))
    with pytest.raises(NotWholeError):
        backup_files.read(path, [backup_files.identity(key[0])])


def test_other_programs_can_open_a_file_too(file: Path, key: tuple[str, str]) -> None:
    plain = pyrage.decrypt(file.read_bytes(), [backup_files.identity(key[0])])
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        names = archive.getnames()
        body = archive.extractfile("records.dump.00001")
        assert body is not None
        assert body.read().startswith(CANARY)
    assert names == ["manifest.json", "records.dump.00001", "owners.copy.00001", "seal.json"]


def test_a_full_disk_is_said_and_leaves_what_was_there(
    tmp_path: Path, key: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BackupError, match="no space left"):
        backup_files.write(tmp_path / "one.age", manifest(), [], [backup_files.recipient(key[1])], mark=mark)


def test_what_goes_wrong_in_a_part_is_told_as_it_is(tmp_path: Path, key: tuple[str, str]) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise BackupError("the server went away")

    with pytest.raises(BackupError, match="the server went away"):
        backup_files.write(
            tmp_path / "one.age",
            manifest(),
            [("records.dump", broken())],
            [backup_files.recipient(key[1])],
            mark=mark,
        )


def test_memory_stays_the_same_however_much_is_written(tmp_path: Path) -> None:
    """In a process of its own, since what it takes at most is what is measured."""
    script = f"""
import resource, sys
from pathlib import Path
from api import backup_files
from tests.api.test_backup_files import mark, manifest
secret, public = backup_files.make_identity()
def most(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
def go(count):
    path = Path({str(tmp_path)!r}) / str(count)
    blocks = (bytes(256 * 1024) for _ in range(count * 4))
    parts = [("records.dump", blocks)]
    backup_files.write(path, manifest(), parts, [backup_files.recipient(public)], mark=mark)
    backup_files.read(path, [backup_files.identity(secret)])
    path.unlink()
go(10)
before = most()
go(300)
print(most() - before)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert int(ran.stdout) < GROWTH


def test_a_recipient_that_is_none_is_said_plainly() -> None:
    with pytest.raises(BackupError, match="age1"):
        backup_files.recipient("AGE-SECRET-KEY-1NOTPUBLIC")


def test_a_key_file_without_a_key_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("# lost\n")
    with pytest.raises(BackupError, match="AGE-SECRET-KEY-1"):
        backup_files.read_identities(tmp_path / "key.txt")
    with pytest.raises(BackupError, match="cannot be read"):
        backup_files.read_identities(tmp_path / "nowhere.txt")


def test_a_key_file_as_age_writes_it_is_read(tmp_path: Path, key: tuple[str, str]) -> None:
    (tmp_path / "key.txt").write_text(f"# created: 2026-11-22\n# public key: {key[1]}\n{key[0]}\n")
    assert [str(one) for one in backup_files.read_identities(tmp_path / "key.txt")] == [key[0]]


def test_a_file_someone_else_wrote_for_the_same_key_is_not_ours(file: Path, key: tuple[str, str]) -> None:
    """The recipient is public: whoever can reach the folder can encrypt for it."""
    identity = backup_files.identity(key[0])
    assert backup_files.read(file, [identity], mark=mark) == manifest()
    other = KeyRing.fresh()
    with pytest.raises(NotWholeError, match="not written by this service"):
        backup_files.read(file, [identity], mark=lambda words: other.fingerprint("backup-file", words).hex())


# the shelf


def put(shelf: Shelf, days: int, *, verified: bool = True, opened: bool = False) -> str:
    at = datetime(2026, 11, 1, 3, tzinfo=UTC) + timedelta(days=days)
    name = records_name(at)
    shelf.growing(name).write_bytes(b"a backup")
    shelf.put(name)
    stamp = at.isoformat()
    shelf.note(name, Kept(stamp, 8, "00", verified, stamp if opened else None), service="f00d", people=50)
    return name


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Shelf(tmp_path / "shelf").held() as shelf:
        yield shelf


def records(shelf: Shelf) -> list[str]:
    return sorted(path.name for path in shelf.folder.glob("records-*.age"))


def test_older_files_go_and_the_newest_stay(shelf: Shelf) -> None:
    names = [put(shelf, day) for day in range(5)]
    assert shelf.prune(2) == names[2::-1]
    assert records(shelf) == names[3:]
    assert sorted(shelf.listing().files) == names[3:]


def test_the_newest_that_was_opened_with_the_real_key_never_goes(shelf: Shelf) -> None:
    names = [put(shelf, day, opened=day in (0, 1)) for day in range(5)]
    shelf.prune(2)
    assert records(shelf) == [names[1], *names[3:]]


def test_the_newest_that_was_verified_never_goes(shelf: Shelf) -> None:
    names = [put(shelf, day, verified=day < 2) for day in range(5)]
    shelf.prune(1)
    assert records(shelf) == [names[1], names[4]]


def test_a_list_that_is_spoilt_loses_nothing(shelf: Shelf) -> None:
    names = [put(shelf, day) for day in range(3)]
    (shelf.folder / "backups.json").write_text("{half")
    assert shelf.listing().people == 0
    assert shelf.prune(2) == names[:1]


def test_a_database_that_lost_its_people_takes_no_good_backups_place(shelf: Shelf) -> None:
    put(shelf, 1)
    with pytest.raises(FewerPeopleError, match="held 50 people, and the records hold 3 now"):
        shelf.check(service="f00d", people=3, fewer=False)
    shelf.check(service="f00d", people=3, fewer=True)
    shelf.check(service="f00d", people=25, fewer=False)


def test_another_services_backups_do_not_come_into_the_same_folder(shelf: Shelf) -> None:
    put(shelf, 1)
    with pytest.raises(AnotherServiceError):
        shelf.check(service="beef", people=60, fewer=True)


def test_what_a_sudden_stop_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    with Shelf(tmp_path).held() as shelf:
        put(shelf, 1)
        shelf.growing(KEYS_OF_PEOPLE).write_bytes(b"half")
        assert records(shelf) == [records_name(datetime(2026, 11, 2, 3, tzinfo=UTC))]
    with Shelf(tmp_path).held() as shelf:
        assert not list(tmp_path.glob(".growing-*"))
        assert len(records(shelf)) == 1


def test_two_backups_at_once_do_not_meet(shelf: Shelf) -> None:
    with pytest.raises(BackupError, match="Another backup"), Shelf(shelf.folder).held():
        pass


def test_a_folder_that_cannot_be_one_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(BackupError, match="taken"), Shelf(tmp_path / "taken").held():
        pass
