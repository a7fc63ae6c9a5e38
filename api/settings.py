"""Settings: the one place that reads the environment."""

from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Settings(BaseSettings):
    """How this service is set up: environment variables that begin with WAITINGROOM_."""

    model_config = SettingsConfigDict(env_prefix="WAITINGROOM_", extra="ignore")

    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    """Any PostgreSQL, 14 or later. Without it the embedded one is used."""
    data: Path = Path(".waitingroom")
    """Where the embedded database, the keys and the demo's clock live."""
    keys_file: Path | None = None
    """The sealing keys; without it, `keys.json` under `data`."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    service_name: Annotated[str, Field(max_length=40)] = "Waiting Room"
    service_phone: str = ""
    areas: Annotated[frozenset[str], NoDecode] = frozenset()
    """Outward postcodes served, comma-separated; none: everywhere."""
    nation: str = "england"
    opens: time = time(9, 0)
    closes: time = time(17, 0)
    secure_cookies: bool = True
    """Send the chat's cookie over HTTPS only; the demo on loopback turns it off."""
    content: Path | None = None
    """A folder of content to use in place of the one that comes with the product."""

    @field_validator("areas", mode="before")
    @classmethod
    def _split(cls, told: object) -> object:
        return frozenset(told.upper().replace(" ", "").split(",")) - {""} if isinstance(told, str) else told

    @field_validator("database_url")
    @classmethod
    def _postgres_only(cls, told: SecretStr | None) -> SecretStr | None:
        spoken = {"postgresql", "postgres"}
        if told is not None and make_url(told.get_secret_value()).get_backend_name() not in spoken:
            raise ValueError("only PostgreSQL is spoken here, 14 or later")
        return told

    @property
    def keys_path(self) -> Path:
        """Where the sealing keys are kept."""
        return self.keys_file or self.data / "keys.json"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach what is served."""
        return self.host in LOOPBACK
