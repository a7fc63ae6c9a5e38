"""Settings: the one place that reads the environment."""

import os
from datetime import time
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy.engine import make_url

from waitingroom.record_classes import KeptFor

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


SECRETS = Path("/run/secrets")
"""Where containers find the secrets they are given, a file each; systemd names its own place for them."""


class Settings(BaseSettings):
    """How this service is set up: environment variables that begin with WAITINGROOM_, or files of that name."""

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
    youngest: Annotated[int, Field(ge=13, le=18)] = 13
    """The age from which people are taken on: 13 to 17 where there is a young people's team, else 18."""
    opens: time = time(9, 0)
    closes: time = time(17, 0)
    secure_cookies: bool = True
    """Send the chat's cookie over HTTPS only; the demo on loopback turns it off."""
    content: Path | None = None
    """A folder of content to use in place of the one that comes with the product."""
    measures: Path | None = None
    """A folder of measures of your own, such as those you have a licence for, beside the content's."""

    how_are_you_days: Annotated[int, Field(ge=0, le=90)] = 14
    """How often whoever waits is asked how things are, in days; 0: never."""
    target_weeks: Annotated[int, Field(ge=1, le=104)] = 4
    """Within how many weeks people should have spoken with a link worker. Staff see who is over it."""
    people_a_year: Annotated[int, Field(ge=20, le=1000)] = 250
    """How many people of usual weight one link worker takes on in a year: from it comes the usual cap at once.

    200 to 250 is what is usual (Surrey Training Hub, Social Prescriber).
    """
    keep_never_taken_on_days: Annotated[int, Field(ge=30, le=3650)] = 365
    """How long a record is kept of whom no link worker ever took on, in days after their last contact."""
    keep_adult_years: Annotated[int, Field(ge=1, le=30)] = 8
    """How long a case is kept, in years after the last contact; of young people until 25 at least."""
    keep_complaint_years: Annotated[int, Field(ge=1, le=30)] = 10
    keep_data_request_years: Annotated[int, Field(ge=1, le=30)] = 3
    keep_staff_session_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """How long it is kept who of staff was signed in where."""
    keep_audit_years: Annotated[int, Field(ge=1, le=30)] = 8
    """How long it is kept who of staff saw and did what."""
    keep_sending_days: Annotated[int, Field(ge=7, le=3650)] = 90
    """How long the numbers are kept that providers know our messages by."""
    staff_page: str = ""
    """Where staff open the waiting list, like https://cases.example.org; told to those on duty."""

    staff_burst: Annotated[int, Field(ge=1)] = 60
    """How many requests one key or session of staff may make at once."""
    staff_per_second: Annotated[float, Field(gt=0)] = 10.0
    """How many a second after that."""

    proxies: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset({"127.0.0.1", "::1"}),
        validation_alias=AliasChoices("WAITINGROOM_PROXIES", "FORWARDED_ALLOW_IPS"),
    )
    """Addresses or networks of your own proxies, comma-separated: only they are believed whom they ask for."""
    most_in_hand: Annotated[int, Field(ge=4)] = 64
    """How many requests one process takes in hand at once; of more, some are turned away (docs/limits.md)."""
    most_connections: Annotated[int, Field(ge=10)] = 800
    """How many connections one process holds open, live pages among them."""
    most_live: Annotated[int, Field(ge=1)] = 500
    """How many live pages one process tells of news; others ask by themselves, four times a minute."""
    new_chats_an_hour: Annotated[int, Field(ge=0)] = 60
    """How many chats may be begun on the page from one address in an hour; 0: any number."""
    door_burst: Annotated[int, Field(ge=1)] = 300
    """How many requests one address may make at once at people's own doors."""
    door_per_second: Annotated[float, Field(gt=0)] = 50.0
    """How many a second after that."""
    head_seconds: Annotated[float, Field(gt=0)] = 10.0
    """How long the head of a request may take to come."""
    body_seconds: Annotated[float, Field(gt=0)] = 30.0
    """How long its body may take."""
    reading_seconds: Annotated[float, Field(gt=0)] = 30.0
    """How long an answer may wait to be read."""

    metrics_token: SecretStr | None = None
    """What a scraper shows to read /metrics. Without it only this machine may, and only where no proxy is used."""
    metrics_host: str = "127.0.0.1"
    """Where `work` and `telegram-poll` answer /livez, /readyz and /metrics, if they have a port for it."""
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """The port they answer those on. Without it they have no door."""
    otlp_endpoint: str = ""
    """Where traces go, by OTLP over HTTP, like http://127.0.0.1:4318. Without it none are made (extra `otel`)."""

    backup_recipients: Annotated[tuple[str, ...], NoDecode] = ()
    """Whose keys open the backups: public age recipients (age1…), comma-separated. The keys are kept elsewhere."""

    public_url: str = ""
    """Where providers reach this service, like https://waiting.example.org; their signatures are checked on it.

    By text the longer page of a piece is given as a link to here.
    """
    telegram_token: SecretStr | None = None
    """The bot's token, from BotFather. Without it there is no Telegram."""
    telegram_secret: SecretStr | None = None
    """What Telegram must say with every message it delivers. Without it nothing is taken by the web address."""
    telegram_api: str = "https://api.telegram.org"
    telegram_per_second: Annotated[float, Field(gt=0)] = 25.0
    """Messages a second to all chats together; Telegram allows about 30."""
    telegram_per_chat: Annotated[float, Field(gt=0)] = 1.0
    twilio_account: str = ""
    """The account's id, AC and 32 letters and digits. Without it and the token there are no texts."""
    twilio_token: SecretStr | None = None
    twilio_api: str = "https://api.twilio.com"
    twilio_service: str = ""
    """A messaging service's id, where texts go out by one."""
    sms_from: str = ""
    """The number texts come from, like +447700900000. Without it there are no texts."""
    sms_countries: Annotated[frozenset[str], NoDecode] = frozenset({"GB"})
    """Countries texts may go to, ISO 3166 codes, comma-separated."""
    sms_per_second: Annotated[float, Field(gt=0)] = 1.0
    """How many texts a second the number may send."""
    sms_pence: Annotated[Decimal, Field(ge=0)] = Decimal(4)
    """What one part of a text costs, in pence."""
    sms_daily_pounds: Annotated[Decimal, Field(ge=0)] = Decimal(20)
    """The most that may be spent on texts in a day, in pounds; 0: no limit."""
    whatsapp_from: str = ""
    """The number WhatsApp messages come from. Without it there is no WhatsApp."""
    whatsapp_template: str = ""
    """The approved template (its content id) that says there is a message to read, for after 24 silent hours."""

    oidc_issuer: str = ""
    """Your organisation's OpenID provider, like https://login.example.org: staff may sign in by it as well."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_brings_second_factor: bool = False
    """Whether your provider asks for a second factor itself: then no code is asked here."""

    @field_validator("proxies", mode="before")
    @classmethod
    def _addresses(cls, told: object) -> object:
        if not isinstance(told, str):
            return told
        named = frozenset(told.replace(" ", "").split(",")) - {""}
        if "*" in named or any(ip_network(one, strict=False).prefixlen == 0 for one in named):
            raise ValueError("everybody cannot be a proxy: name addresses, or networks of your own")
        return named

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment, then files named after the setting: a secret need not stand in the environment."""
        given = os.environ.get("CREDENTIALS_DIRECTORY")
        folders = [place for place in (Path(given) if given else None, SECRETS) if place and place.is_dir()]
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=folders)

    @field_validator("areas", "sms_countries", mode="before")
    @classmethod
    def _split(cls, told: object) -> object:
        return frozenset(told.upper().replace(" ", "").split(",")) - {""} if isinstance(told, str) else told

    @field_validator("backup_recipients", mode="before")
    @classmethod
    def _listed(cls, told: object) -> object:
        return tuple(filter(None, told.replace(" ", "").split(","))) if isinstance(told, str) else told

    @field_validator("database_url")
    @classmethod
    def _postgres_only(cls, told: SecretStr | None) -> SecretStr | None:
        spoken = {"postgresql", "postgres"}
        if told is not None and make_url(told.get_secret_value()).get_backend_name() not in spoken:
            raise ValueError("only PostgreSQL is spoken here, 14 or later")
        return told

    @field_validator("public_url", "telegram_api", "twilio_api", "oidc_issuer", "otlp_endpoint")
    @classmethod
    def _without_slash(cls, told: str) -> str:
        return told.rstrip("/")

    @property
    def sms_daily_parts(self) -> int | None:
        """How many parts of texts may go in a day, None for any number."""
        if not self.sms_daily_pounds or not self.sms_pence:
            return None
        return int(self.sms_daily_pounds * 100 / self.sms_pence)

    @property
    def keeps(self) -> KeptFor:
        """How long records are kept."""
        return KeptFor(
            never_taken_on_days=self.keep_never_taken_on_days,
            adult_years=self.keep_adult_years,
            complaint_years=self.keep_complaint_years,
            data_request_years=self.keep_data_request_years,
            staff_session_days=self.keep_staff_session_days,
            sending_days=self.keep_sending_days,
            audit_years=self.keep_audit_years,
        )

    @property
    def keys_path(self) -> Path:
        """Where the sealing keys are kept."""
        return self.keys_file or self.data / "keys.json"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach what is served."""
        return self.host in LOOPBACK
