"""All settings in one value.

They come from flags, then the environment (`ASK_…`), then `.env`, then the defaults here.

Others see the settings without passwords: people see what decides an answer, other programs the source of each.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import SettingsError, require_extra
from ingest.database.kept import SharedFolder
from ingest.limits import SETTINGS, Limits

HOME = Path(__file__).resolve().parent.parent
"""The folder with `app` and `corpus` side by side: the checkout, or the package that was installed."""
Engine = Literal["quotes", "model"]
_Place = Annotated[Path, AfterValidator(Path.expanduser)]
_SECRET = re.compile("key|secret|password|header|credential|(?<!max_)token(?!s)", re.IGNORECASE)


class FolderSettings(BaseModel):
    """The places of documents, data and index, and the models that index them."""

    corpus: _Place = Field(HOME / "corpus", description="folder of the documents")
    data: _Place = Field(
        default_factory=lambda: default_data_folder(HOME), description="folder of what users make; never deleted"
    )
    index: _Place | None = Field(
        None, description="folder of the index; may be deleted any time (default: in DATA, one a corpus)"
    )
    embedding_model: str = Field("", description="bundled name, folder or hub name; '' for multilingual-e5-small")
    reranker: str = Field("plan-reader", description="the same; scores passages: above 0 it answers the question")
    chroma_url: str = Field("", validation_alias="CHROMA_URL", description="a Chroma server instead of the built-in store")
    database: str = Field(
        "", repr=False, description="postgresql://… that several pages share, beside CHROMA_URL; '' for files in DATA"
    )

    @model_validator(mode="after")
    def _shares_all(self) -> Self:
        if self.database:
            if urlsplit(self.database).scheme not in ("postgresql", "postgres"):
                message = "ASK_DATABASE is not the address of a PostgreSQL database."
                raise SettingsError(message, "Write postgresql://NAME:PASSWORD@HOST:PORT/DATABASE.")
            if not self.chroma_url:
                message = "ASK_DATABASE is set, but no Chroma server, which the pages share as well."
                raise SettingsError(message, "Start one with `chroma run` and set CHROMA_URL to its address.")
            require_extra("team")
        return self

    @cached_property
    def index_folder(self) -> Path:
        """The folder of the index; if none is set, one in `data` for each corpus."""
        corpus = self.corpus.resolve()
        suffix = "" if corpus == (HOME / "corpus").resolve() else f"-{hashlib.sha256(str(corpus).encode()).hexdigest()[:8]}"
        return self.index or self.data / f"index{suffix}"

    @cached_property
    def kept(self) -> SharedFolder:
        """The files that users make: in `data`, or a copy there of what the database holds."""
        name = hashlib.sha256(without_password(self.database).encode()).hexdigest()[:8]
        return SharedFolder(self.data / f"team-{name}" if self.database else self.data, self.database)

    @property
    def added_folder(self) -> Path:
        """The folder of the copies of added documents."""
        return self.kept.folder / "added"


class AnsweringSettings(BaseModel):
    """What counts as an answer, and who words it."""

    candidates: int = Field(18, ge=1, le=100, description="paragraphs that are looked at for a question")
    max_quotes: int = Field(
        5, ge=1, le=20, description="most sentences in an answer, at most 3 about one thing; lists are whole"
    )
    threshold: float = Field(0.2, ge=0, le=1, description="confidence below which the answer is 'not found'")
    engine: Engine = Field("quotes", description="who words the answers; 'model' needs a language model")


class ModelSettings(BaseModel):
    """The language model."""

    llm: str = Field(
        "", description="a language model as PROVIDER:MODEL, as LangChain's init_chat_model takes it; '' for none"
    )
    llm_url: str = Field("", description="address of its OpenAI-compatible endpoint, where it is not the provider's own")
    llm_seconds: float = Field(60.0, gt=0, description="longest that an answer may wait for it; then quotes stand")
    llm_tokens: int = Field(
        0, ge=0, description="most tokens of a prompt, evidence that does not fit is left out; 0: as many as the model takes"
    )
    llm_answer_tokens: int = Field(1_500, ge=20, description="most tokens of what it writes")
    llm_tokens_a_day: int = Field(
        0, ge=0, description="most tokens that it may take in a day (UTC); then the program's own answers stand; 0: no limit"
    )
    llm_options: str = Field("", description='more for its LangChain class, as JSON: {"seed": 7}; null leaves one out')
    secrets: _Place | None = Field(None, description="a file of VARIABLE=key lines for the provider; never shown")

    @field_validator("llm_url")
    @classmethod
    def _check_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query):
            raise PydanticCustomError("address", "write http(s)://host/path; keys belong in the provider's variable")
        return value

    @field_validator("llm_options")
    @classmethod
    def _check_options(cls, value: str) -> str:
        parse_options(value)
        return value

    @cached_property
    def llm_arguments(self) -> dict[str, Any]:
        """`llm_options`, read."""
        return parse_options(self.llm_options)

    @property
    def llm_room(self) -> int:
        """The most tokens of a prompt if it is not known what the model takes: as many as any model of today."""
        return self.llm_tokens or 6_000


class ServerSettings(BaseModel):
    """The page: its address, who may come in and what visitors may do."""

    host: str = Field("127.0.0.1", description="address that the page listens on")
    port: int = Field(7860, ge=0, le=65535, description="port of the page; 0 for any free one")
    auth: str = Field("", repr=False, description="NAME:PASSWORD that the page asks for; needed where others reach it")
    hosts: str = Field("", description="names under which others reach the page, with commas: those of a proxy")
    proxies: str = Field(
        "", description="addresses or networks of proxies, with commas, whose X-Forwarded-For and -Proto are believed"
    )
    max_question: int = Field(2_000, ge=10, description="longest question, in characters")
    page_changes: Literal["local", "yes", "no"] = Field(
        "local", description="visitors of the page may add and remove documents; local: where only this machine reaches it"
    )
    max_uploads_hour: int = Field(
        200, ge=1, description="most files that one visitor, or one network without a login, may add in an hour"
    )
    max_feedback_hour: int = Field(
        60, ge=1, description="most feedback notes that one visitor, or one network without a login, may leave in an hour"
    )
    max_feedback_bytes: int = Field(200_000_000, ge=1, description="most that all feedback notes may have together")

    @field_validator("proxies")
    @classmethod
    def _check_proxies(cls, value: str) -> str:
        try:
            networks = [ip_network(part.strip()) for part in value.split(",") if part.strip()]
        except ValueError:
            raise PydanticCustomError("proxies", "write addresses or networks, with commas between them") from None
        return ",".join(map(str, networks))


class LimitSettings(BaseModel):
    """The limits on what one file or address may bring."""

    max_file_bytes: int = Field(50_000_000, ge=1, description="largest file or page that is added")
    max_added_bytes: int = Field(2_000_000_000, ge=1, description="most that all added documents may have together")
    max_unpacked_bytes: int = Field(300_000_000, ge=1, description="most that an archive or packed file may unpack to")
    max_pages: int = Field(3_000, ge=1, description="most pages of a PDF or slides of a presentation")
    max_rows: int = Field(100_000, ge=1, description="most rows of a spreadsheet or CSV file")
    max_cells: int = Field(2_000_000, ge=1, description="most cells of a table, the empty ones too")
    max_characters: int = Field(5_000_000, ge=1, description="most characters of a document")
    max_passages: int = Field(100_000, ge=1, description="most passages of a document")
    max_passage_characters: int = Field(
        50_000_000, ge=1, description="most characters of a document's passages, each with title and headings"
    )
    max_title: int = Field(1_000, ge=1, description="most characters of a document's title")
    max_heading: int = Field(2_000, ge=1, description="most characters of the headings above a passage")
    parse_memory: int = Field(1_500_000_000, ge=300_000_000, description="most bytes of memory that parsing a file may take")
    parse_seconds: float = Field(60.0, ge=1, le=3_600, description="longest that parsing a file may take")
    max_files: int = Field(5_000, ge=1, description="most files of a folder or archive that is added")
    fetch_seconds: float = Field(60.0, gt=0, description="longest that fetching an address may take")
    allow_hosts: str = Field("", description="host:port,… that may be fetched although they are in a private network")

    @cached_property
    def limits(self) -> Limits:
        """The limits on what one file or address may bring."""
        values = {name: getattr(self, variable.removeprefix("ASK_").lower()) for name, variable in SETTINGS.items()}
        return Limits(**values, allow_hosts=tuple(h.strip() for h in self.allow_hosts.split(",") if h.strip()))


class Settings(LimitSettings, ServerSettings, ModelSettings, AnsweringSettings, FolderSettings, BaseSettings):
    """Read once, at the edge; passed down whole or in parts. Fields stand in the order of the groups, from the last."""

    model_config = SettingsConfigDict(
        env_prefix="ASK_", env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True, populate_by_name=True
    )

    @model_validator(mode="after")
    def _has_model(self) -> Self:
        if self.engine == "model" and not self.llm:
            raise SettingsError("The engine is 'model', but no language model is set.", "Give --llm PROVIDER:MODEL as well.")
        return self


def default_data_folder(home: Path) -> Path:
    """Return the folder of a user's data.

    It is `.ask` in a checkout. Else it is the platform's own folder, because nobody looks into site-packages.
    """
    if (home / "pyproject.toml").is_file():
        return home / ".ask"
    from platformdirs import user_data_path

    return user_data_path("ask-the-plan", appauthor=False)


def parse_options(text: str) -> dict[str, Any]:
    """Parse a JSON object of options; return {} for ''.

    Raises:
        PydanticCustomError: It is not a JSON object, or contains what may be a key.
    """
    try:
        result = json.loads(text or "{}")
    except ValueError:
        result = None
    if not isinstance(result, dict):
        raise PydanticCustomError("options", "write a JSON object")
    if any(_SECRET.search(name) for name in result):
        raise PydanticCustomError("options", "keys belong in the provider's variable")
    return result


def read_settings(**flags: Any) -> Settings:
    """Read the settings; flags that are None do not count.

    Raises:
        SettingsError: A value is out of range or of the wrong kind; the error names the setting and the source of its
            value.
    """
    values = {k: v for k, v in flags.items() if v is not None}
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        source = f"--{name.replace('_', '-')}" if name in values else f"ASK_{name.upper()}"
        is_secret = name in ("auth", "database", "llm_url", "llm_options")  # may hold a password or a key
        value = "…" if is_secret else str(first.get("input"))[:60]
        message = "{source} is {value!r}: {why}."
        raise SettingsError(message, "See `ask-the-plan settings`.", source, value, first["msg"]) from error


def without_password(address: str) -> str:
    """Replace the name and password in an address with `***`."""
    return re.sub(r"//[^/@]*@", "//***@", address)


@dataclass(frozen=True, slots=True)
class DisplayedSetting:
    """A setting as it may be shown: no password stands in its value."""

    name: str
    variable: str
    value: str
    description: str


def displayed_settings(settings: Settings) -> tuple[DisplayedSetting, ...]:
    """Every setting, for people."""
    return tuple(
        DisplayedSetting(
            name, str(info.validation_alias or f"ASK_{name.upper()}"), _display_value(settings, name), info.description or ""
        )
        for name, info in Settings.model_fields.items()
    )


def _display_value(settings: Settings, name: str) -> str:
    value = str(settings.index_folder if name == "index" else getattr(settings, name))
    if name == "auth" and value:
        return "***"
    return without_password(value) or "''"


def comparable(settings: Settings) -> dict[str, Any]:
    """Return the settings that decide what is answered, as JSON has them.

    A running page is only asked if its settings are equal.
    """
    retrieval = ("corpus", "embedding_model", "reranker", "chroma_url", "candidates", "max_quotes", "threshold")
    wording = ("engine", "llm", "llm_url", "llm_tokens", "llm_answer_tokens", "llm_options")
    values = {n: str(getattr(settings, n)) for n in retrieval + wording}
    return values | {"index": str(settings.index_folder.resolve()), "database": without_password(settings.database)}


def setting_origins(flags: dict[str, Any]) -> dict[str, str]:
    """Return the origin of each setting's value: flag, environment, .env or default."""
    lines = Path(".env").read_text(encoding="utf-8").splitlines() if Path(".env").is_file() else []
    in_file = {line.split("=")[0].strip().upper() for line in lines if "=" in line}
    result = {}
    for name, info in Settings.model_fields.items():
        variable = str(info.validation_alias or f"ASK_{name.upper()}")
        if flags.get(name) is not None:
            result[name] = "flag"
        elif os.environ.get(variable):
            result[name] = f"environment ({variable})"
        else:
            result[name] = ".env" if variable in in_file else "default"
    return result
