"""The command line says what is wrong and what to do, in one line."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

WAITINGROOM = Path(sys.executable).with_name("waitingroom")


def run(*words: str, at: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **settings}
    return subprocess.run(
        [WAITINGROOM, *words], cwd=at, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_serving_without_keys_says_how_to_make_them(tmp_path: Path) -> None:
    ran = run("serve", at=tmp_path)
    assert ran.returncode == 2
    assert "Run: waitingroom keys make" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_demo_keys_are_refused_where_others_can_reach_them(tmp_path: Path, database_url: str) -> None:
    run("letters", "list", "--demo", at=tmp_path, DATABASE_URL=database_url)
    ran = run("serve", at=tmp_path, DATABASE_URL=database_url, WAITINGROOM_HOST="0.0.0.0")
    assert ran.returncode == 2
    assert "Demo keys protect nobody" in ran.stderr


def test_a_port_in_use_is_said_plainly(tmp_path: Path, database_url: str) -> None:
    run("keys", "make", at=tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = run("web", at=tmp_path, DATABASE_URL=database_url, WAITINGROOM_PORT=port)
    assert ran.returncode == 2
    assert f"Port {port} is in use" in ran.stderr


def test_dead_letters_are_listed_and_an_unknown_one_is_not_sent(tmp_path: Path, database_url: str) -> None:
    listed = run("letters", "list", "--demo", at=tmp_path, DATABASE_URL=database_url)
    assert listed.returncode == 0
    ran = run("letters", "retry", "999999999", "--demo", at=tmp_path, DATABASE_URL=database_url)
    assert ran.returncode == 2
    assert "no dead letter with that number" in ran.stderr


@pytest.mark.parametrize(("text", "code"), [("", 1), (None, 0)])
def test_a_mistake_in_the_words_ends_the_check_with_file_and_line(
    tmp_path: Path, text: str | None, code: int
) -> None:
    folder = [str(tmp_path)] if text is not None else []
    ran = run("content", "check", *folder, at=tmp_path)
    assert ran.returncode == code
    assert (":1: " in ran.stdout) is bool(code)


def test_a_scripted_talk_is_run_and_printed(tmp_path: Path, database_url: str) -> None:
    script = tmp_path / "talk.txt"
    script.write_text("# someone says no\nhello\nme, 72\nno thanks\n")
    ran = run("talk", "--script", str(script), at=tmp_path, DATABASE_URL=database_url)
    assert ran.returncode == 0
    assert "> no thanks" in ran.stdout
    assert "We keep nothing" in ran.stdout
