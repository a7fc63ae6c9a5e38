"""The files of deploy/ keep what docs/deploying.md promises; most are read as they are, without their tools."""

import configparser
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from api.app import BODY_LIMIT, LONGER
from api.cli import cli
from api.settings import Settings
from api.stopping import LAST_WORDS

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = [DEPLOY / "systemd" / f"waitingroom{kind}.service" for kind in ("", "-web@", "-work@")]
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectControlGroups": "yes",
    "RestrictSUIDSGID": "yes",
    "CapabilityBoundingSet": "",
    "SystemCallFilter": "@system-service",
    "UMask": "0077",
}
SECRET = re.compile(r"(?i)(password|secret|token|key)\s*[=:]\s*[A-Za-z0-9+/_-]{12,}")
COMMANDS = set(typer.main.get_command(cli).commands)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def unit(path: Path) -> dict[str, str]:
    read = configparser.RawConfigParser(strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(path)
    return dict(read["Service"])


def test_every_container_has_someone_to_collect_dead_processes_and_is_looked_after(
    compose: dict[str, Any],
) -> None:
    for name, one in compose["services"].items():
        assert one["init"] is True, name
        assert one["restart"] == "unless-stopped", name
        assert one["healthcheck"]["test"], name


def test_our_containers_may_do_as_little_as_possible_and_are_ready_only_when_people_can_be_served(
    compose: dict[str, Any],
) -> None:
    for name in ("web", "work"):
        one = compose["services"][name]
        assert one["command"][0] in COMMANDS
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in one["security_opt"]
        port = one["environment"].get("WAITINGROOM_METRICS_PORT") or one["environment"]["WAITINGROOM_PORT"]
        assert f"http://127.0.0.1:{port}/readyz" in one["healthcheck"]["test"][-1]
        assert one["depends_on"]["postgres"]["condition"] == "service_healthy"
        assert int(one["stop_grace_period"].removesuffix("s")) > LAST_WORDS
        assert "ports" not in one, "only the proxy is reached from outside"
    assert compose["services"]["web"]["deploy"]["replicas"] >= 2


def test_the_records_and_the_keys_outlive_their_containers(compose: dict[str, Any]) -> None:
    assert compose["services"]["postgres"]["volumes"] == ["records:/var/lib/postgresql"]
    for name in ("web", "work"):
        assert compose["services"][name]["volumes"] == ["keys:/var/lib/waitingroom"]
    assert {"records", "keys"} <= set(compose["volumes"])


def test_the_webs_believe_the_proxys_network_and_no_other(compose: dict[str, Any]) -> None:
    believed = compose["services"]["web"]["environment"]["WAITINGROOM_PROXIES"]
    assert believed == compose["networks"]["inside"]["ipam"]["config"][0]["subnet"]


def test_secrets_come_by_file_and_none_stands_in_any_of_the_files(compose: dict[str, Any]) -> None:
    assert "database_url" in compose["services"]["web"]["secrets"]
    assert all(one["file"].startswith("./secrets/") for one in compose["secrets"].values())
    assert "deploy/secrets" in (DEPLOY.parent / ".dockerignore").read_text()
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            assert not SECRET.search(path.read_text()), path


def test_a_secret_in_a_file_is_found_by_its_name_and_the_environment_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "database_url").write_text("postgresql://ann@records/waiting\n")
    (tmp_path / "waitingroom_telegram_token").write_text("1:a-made-up-one\n")
    assert Settings().database_url is None
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    told = Settings()
    assert told.database_url is not None
    assert told.telegram_token is not None
    assert told.database_url.get_secret_value() == "postgresql://ann@records/waiting"
    assert told.telegram_token.get_secret_value() == "1:a-made-up-one"
    monkeypatch.setenv("WAITINGROOM_TELEGRAM_TOKEN", "2:another")
    again = Settings().telegram_token
    assert again is not None
    assert again.get_secret_value() == "2:another"


def test_the_example_of_an_environment_has_only_settings_there_are() -> None:
    known = {f"WAITINGROOM_{name}".upper() for name in Settings.model_fields} | {"SITE"}
    for line in (DEPLOY / "environment.example").read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            assert name in known
            assert not any(word in name for word in ("TOKEN", "SECRET", "PASSWORD")), value


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_every_unit_runs_a_command_there_is_as_nobody_special(path: Path) -> None:
    told = unit(path)
    begun = [told[name] for name in ("ExecStart", "ExecStopPost") if name in told]
    assert all(line.split()[0] == "/opt/waitingroom/bin/waitingroom" for line in begun)
    assert all(line.split()[1] in COMMANDS for line in begun)
    assert told["User"] == "waitingroom"
    assert {name: told.get(name) for name in HARDENED} == HARDENED
    assert told["StateDirectoryMode"] == "0700"
    assert int(told["TimeoutStopSec"]) > LAST_WORDS
    assert told["Restart"] == "always"


def test_the_embedded_database_is_closed_well_after_the_product() -> None:
    told = unit(DEPLOY / "systemd" / "waitingroom.service")
    assert told["KillMode"] == "mixed", "the product is told alone: its database is needed to finish"
    assert told["ExecStopPost"].endswith("waitingroom database stop")


def test_the_target_brings_up_two_webs_and_a_worker_on_ports_of_their_own() -> None:
    target = (DEPLOY / "systemd" / "waitingroom.target").read_text()
    assert re.findall(r"waitingroom-(\w+)@(\d+)\.service", target) == [
        *(("web", "8001"), ("web", "8002"), ("work", "9101")),
    ]
    proxy = (DEPLOY / "proxy" / "nginx.conf").read_text()
    assert re.findall(r"server 127\.0\.0\.1:(\d+)", proxy) == ["8001", "8002"]


def test_the_proxies_pass_live_pages_at_once_keep_our_own_doors_shut_and_take_no_more_than_we_do() -> None:
    nginx, caddy = ((DEPLOY / "proxy" / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    for live in ("/chat/live", "/staff/events"):
        place = nginx.split(f"location = {live} {{")[1].split("}")[0]
        assert "proxy_buffering off;" in place
        assert live in caddy
    assert "flush_interval -1" in caddy
    for ours in ("metrics", "readyz"):
        assert ours in nginx.split("location ~ ")[1].split(")")[0]
        assert f"/{ours}" in caddy.split("@ours path")[1].split("\n")[0]
    assert "proxy_set_header Host $host;" in nginx
    assert f"client_max_body_size {BODY_LIMIT // 1024}k;" in nginx
    assert f"max_size {BODY_LIMIT // 1024}KB" in caddy
    for path, most in LONGER.items():
        assert f"client_max_body_size {most // 1024}k;" in nginx.split(f"location ^~ {path} {{")[1]
        assert f"max_size {most // 1024}KB" in caddy.split(f"request_body @{path.rpartition('/')[2]}")[1]
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in nginx


def test_the_image_runs_as_a_user_of_its_own_without_what_built_it() -> None:
    last = (DEPLOY / "Dockerfile").read_text().split("\nFROM ")[-1]
    assert "USER waitingroom" in last
    assert "apt-get" not in last
    assert "COPY --from=build /opt/waitingroom /opt/waitingroom" in last
    assert 'ENTRYPOINT ["waitingroom"]' in last
    assert "alpine" not in last
    assert "--require-hashes" in (DEPLOY / "Dockerfile").read_text()


def test_systemd_itself_has_nothing_to_say_against_the_units() -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("needs systemd-analyze (Debian's package systemd)")
    with tempfile.TemporaryDirectory() as folder:
        named = []
        for path in (*UNITS, DEPLOY / "systemd" / "waitingroom.target"):
            instance = path.name.replace("web@", "web@8001").replace("work@", "work@9101")
            place = Path(folder) / instance
            place.write_text(path.read_text().replace("/opt/waitingroom/bin/waitingroom", "/bin/true"))
            named.append(str(place))
        said = subprocess.run([tool, "verify", *named], capture_output=True, text=True, timeout=60, check=False)
    ours = [line for line in said.stderr.splitlines() if "waitingroom" in line]
    assert ours == []
