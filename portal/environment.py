"""The environment, read once and judged at start: a bad value stops the process and says how to mend it."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from portal.mail_server import MailServer, is_sender, read_mail_server

BASE_DIR = Path(__file__).resolve().parent.parent
Words = Annotated[list[str], NoDecode]


class Environment(BaseSettings):
    """Every setting that may differ between two installations. `.env.example` lists the same names."""

    model_config = SettingsConfigDict(env_file=BASE_DIR / ".env", env_ignore_empty=True, extra="ignore", frozen=True)

    data_dir: Path = Field(BASE_DIR / "var", description="All state: database, artifacts, logs, broker folder")
    secret_key: str = Field("", description="At least 50 characters; made and kept in DATA_DIR when empty")
    debug: bool = False
    demo: bool = Field(False, description="Allows the demo cast and shows its log-in on the sign-in page")
    https: bool = Field(False, description="Served over TLS: secure cookies, HSTS, redirect")
    proxies: int = Field(0, ge=0, le=9, description="Proxies before us that each add to X-Forwarded-For")
    rate_sign_in: int = Field(10, ge=1, description="Wrong passwords for one name from one address in a window")
    rate_sign_in_address: int = Field(100, ge=1, description="Wrong passwords from one address in a window")
    rate_sign_in_window_s: int = Field(900, ge=1)
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    base_url: str = Field("", description="What links in mails begin with; http://HOST:PORT when empty")
    allowed_hosts: Words = ["localhost", "127.0.0.1", "[::1]"]
    csrf_trusted_origins: Words = []
    database_url: str = Field("", description="sqlite:///PATH or postgres://USER:PASSWORD@HOST:PORT/NAME")
    celery_broker_url: str = Field("filesystem://", description="filesystem://, redis://... or amqp://...")
    email_url: str = Field("", repr=False, description="smtp://USER:PASSWORD@HOST:587?tls=1; empty: no mail")
    mail_from: str = Field("Throughline <throughline@localhost>", description="The sender of every mail")
    webhook_allow_private: bool = Field(False, description="Webhooks may go to private addresses and without TLS")
    mlflow_tracking_uri: str = Field("", description="SQLite file under DATA_DIR when empty")
    datasets_dir: Path | None = Field(None, description="One folder a data set; DATA_DIR/datasets when empty")
    web_workers: int = Field(2, ge=1, le=64)
    web_threads: int = Field(4, ge=1, le=64)
    worker_slots: int = Field(2, ge=1, le=64, description="Jobs that one worker runs at the same time")
    worker_resources: Words = Field(["cpu"], description="Queues it serves: cpu, gpu or cpu,gpu; gpu wants a GPU")
    warm_trainers: bool = Field(True, description="Each slot keeps one trainer ready, with its libraries loaded")
    fair_after_s: float = Field(900, ge=0, description="Nobody waits longer behind a higher priority")
    lease_s: float = Field(30, gt=0)
    heartbeat_s: float = Field(10, gt=0)
    reaper_s: float = Field(10, gt=0)
    grace_s: float = Field(10, ge=0)
    max_attempts: int = Field(3, ge=1, le=20)
    min_free_disk_mb: int = Field(200, ge=0)
    currency: str = Field("EUR", pattern="^[A-Z]{3}$")
    language_code: Literal["en", "zh-hans", "es", "ar"] = "en"
    time_zone: str = "UTC"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("allowed_hosts", "csrf_trusted_origins", "worker_resources", mode="before")
    @classmethod
    def split_words(cls, value: object) -> object:
        return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value

    @field_validator("worker_resources")
    @classmethod
    def known_resources(cls, value: list[str]) -> list[str]:
        if not value or set(value) - {"cpu", "gpu"}:
            raise ValueError("must be cpu, gpu or cpu,gpu")
        return value

    @field_validator("secret_key")
    @classmethod
    def long_enough(cls, value: str) -> str:
        if value and len(value) < 50:
            raise ValueError("is shorter than 50 characters; leave it empty to have one made")
        return value

    @field_validator("database_url")
    @classmethod
    def known_database(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"sqlite", "postgres", "postgresql"}:
            raise ValueError("must begin with sqlite:/// or postgres://")
        return value

    @field_validator("celery_broker_url")
    @classmethod
    def known_broker(cls, value: str) -> str:
        if urlsplit(value).scheme not in {"filesystem", "redis", "rediss", "amqp", "amqps"}:
            raise ValueError("must begin with filesystem://, redis:// or amqp://")
        return value

    @field_validator("email_url")
    @classmethod
    def known_mail_server(cls, value: str) -> str:
        if value:
            read_mail_server(value)
        return value

    @field_validator("mail_from")
    @classmethod
    def one_sender(cls, value: str) -> str:
        if not is_sender(value):
            raise ValueError("must be one address, such as Throughline <throughline@example.com>")
        return value

    @field_validator("base_url")
    @classmethod
    def whole_address(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname):
            raise ValueError("must begin with http:// or https:// and a host")
        return value.rstrip("/")

    @model_validator(mode="after")
    def beats_fit_the_lease(self) -> "Environment":
        for name in ("heartbeat_s", "reaper_s"):
            if getattr(self, name) > self.lease_s / 3 + 1e-9:
                raise ValueError(f"{name.upper()} must be at most a third of LEASE_S ({self.lease_s:g} s)")
        return self

    @property
    def datasets(self) -> Path:
        return (self.datasets_dir or self.data_dir / "datasets").resolve()

    @property
    def address(self) -> str:
        return self.base_url or f"{'https' if self.https else 'http'}://{self.host}:{self.port}"

    @property
    def mail_server(self) -> MailServer | None:
        return read_mail_server(self.email_url) if self.email_url else None

    @property
    def is_postgres(self) -> bool:
        return self.database_url.startswith("postgres")


def read_environment() -> Environment:
    """Read and check the environment, or leave with a message that names each variable and the mend."""
    try:
        return Environment()
    except ValidationError as error:
        lines = [
            f"  {'.'.join(str(part) for part in fault['loc']).upper() or 'settings'}: {fault['msg']}"
            for fault in error.errors()
        ]
        sys.exit(
            "Throughline cannot start, the environment is wrong:\n"
            + "\n".join(lines)
            + "\nSee .env.example for each variable and its usual value."
        )


def secret_key(environment: Environment) -> str:
    """The configured key, or one made on the first start and kept in DATA_DIR, readable by the owner only."""
    if environment.secret_key:
        return environment.secret_key
    path = environment.data_dir / "secret_key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(os.urandom(48).hex())
    except FileExistsError:
        pass
    return path.read_text()
