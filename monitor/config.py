"""The configuration: a TOML file becomes a frozen ``Config``, or a ``ConfigError`` that says what to change.

A port that does not exist is no mistake here: the device may be plugged in later, and until then it is a technical alarm.
``warnings_of`` names such things for ``vigil check-config``.
"""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from drivers.base.datagramport import UDP, address_of, is_loopback
from drivers.base.decoder import Driver, Line
from drivers.base.registry import all_drivers
from drivers.base.serialport import BY_ID, USB, PortError, has_twin, is_pseudo_terminal, lasting_link, path_of
from drivers.base.vocabulary import Priority
from monitor.core.entries import ChairConfig, DeviceConfig, Role
from monitor.core.limits import TABLE, preset
from monitor.errors import ConfigError


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a server needs to know."""

    clinic: str
    zone: str
    host: str
    port: int
    data_dir: Path
    users: tuple[User, ...]
    chairs: tuple[ChairConfig, ...]
    language: str = "en"
    """That of the pages; which there are, the pages know."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Clinic(_Table):
    name: str = Field("Infusion room", min_length=1, max_length=80)
    zone: str = "UTC"
    language: str = Field("en", min_length=2, max_length=16)


class _Server(_Table):
    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(8050, ge=0, le=65535)
    data_dir: str | None = Field(None, min_length=1)


class _User(_Table):
    name: str = Field(min_length=1, max_length=100)
    role: str


class _Device(_Table):
    id: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    driver: str
    port: str = Field(min_length=1)
    line: str = ""
    serial_number: str = Field("", max_length=64)


class _Chair(_Table):
    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,16}$")
    name: str | None = Field(None, min_length=1, max_length=40)
    nibp_interval_min: int = Field(5, ge=1, le=120)
    device: tuple[_Device, ...] = Field((), strict=False)


class _File(_Table):
    clinic: _Clinic = Field(default_factory=lambda: _Clinic.model_validate({}))
    server: _Server = Field(default_factory=lambda: _Server.model_validate({}))
    user: tuple[_User, ...] = Field((), strict=False)
    chair: tuple[_Chair, ...] = Field((), strict=False)
    limits: dict[str, Any] = {}


def load_config(path: Path, drivers: Mapping[str, Driver] | None = None) -> Config:
    """Read the configuration in ``path``. Raises ``ConfigError``."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"there is no configuration file {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from None
    return parse_config(text, str(path), drivers)


def parse_config(text: str, source: str = "vigil.toml", drivers: Mapping[str, Driver] | None = None) -> Config:
    """Make a ``Config`` of TOML. Raises ``ConfigError`` whose one sentence names ``source``, the key and what would be right."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source} is not TOML: {error}") from None
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{source}: {_sentence(error.errors()[0], data)}") from None
    try:
        return _made(file, all_drivers() if drivers is None else drivers)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from None


def to_toml(data: Mapping[str, Any]) -> str:
    """Write tables of texts and whole numbers as TOML, lists of tables as ``[[chair]]`` and ``[[chair.device]]``.

    Raises ``ConfigError`` for a value of another kind; whether the whole can be used is asked of ``parse_config``.
    """
    return "\n".join(_tables(data, "")).lstrip("\n") + "\n"


def _tables(data: Mapping[str, Any], within: str) -> Iterator[str]:
    for key, value in data.items():
        if not isinstance(value, Mapping | list):
            yield f"{key} = {_value(key, value)}"
    for key, value in data.items():
        if not re.fullmatch(r"[A-Za-z0-9_-]+", key):
            raise ConfigError(f"{key!r} cannot be a key of the configuration")
        name = f"{within}{key}"
        if isinstance(value, Mapping):
            yield from ("", f"[{name}]", *_tables(value, f"{name}."))
        for table in value if isinstance(value, list) else ():
            if not isinstance(table, Mapping):
                raise ConfigError(f"'{name}' must be a list of tables")
            yield from ("", f"[[{name}]]", *_tables(table, f"{name}."))


def _value(key: str, value: object) -> str:
    if isinstance(value, str):
        # JSON's escapes are among those of a TOML basic string, which wants U+007F escaped too
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ConfigError(f"'{key}' is {value!r}; write a text or a whole number")


def write_config(path: Path, text: str) -> None:
    """Write a new configuration; one that is there is never written over. Raises ``ConfigError``."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise ConfigError(f"there is a {path} already, and it stays as it is: start `vigil serve` with it") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None


def warnings_of(config: Config) -> list[str]:
    """Sentences about what is allowed but may not be meant."""
    return list(_warnings(config))


def _warnings(config: Config) -> Iterator[str]:
    for chair in config.chairs:
        if not chair.devices:
            yield f"chair '{chair.id}' has no device: nothing will be measured there"
        for device in chair.devices:
            if device.serial_number and not all_drivers()[device.driver].numbered:
                yield f"serial_number of {device.id} at chair '{chair.id}' binds nothing: such devices do not tell theirs"
            yield from _port_warnings(device.port, f"the port {device.port} of {device.id} at chair '{chair.id}'")
    if not config.users:
        yield "there is no [[user]]: nobody can sign in, so nobody can start a session or acknowledge an alert"
    if config.host not in ("127.0.0.1", "::1", "localhost"):
        yield f"server.host {config.host} lets the whole network read what is shown, without encryption"


def _port_warnings(name: str, where: str) -> Iterator[str]:
    if name.startswith(UDP):
        if is_loopback(address_of(name, 0)[0]):
            yield f"{where} is on this computer, a simulated one: the chair will be marked DEMO"
        return
    try:
        path = path_of(name)
    except PortError as error:
        yield f"{where}: {error}"
        return
    if not Path(path).exists():
        yield f"{where} does not exist now: is the device plugged in?"
    elif is_pseudo_terminal(path):
        yield f"{where} is a simulated one: the chair will be marked DEMO"
    elif not os.access(path, os.R_OK | os.W_OK):
        yield f"{where} may not be opened by this user: add the user to the group 'dialout' (on Linux)"
    if name.startswith(f"{BY_ID}/") and has_twin(name):
        better = lasting_link(name) or "its link by-path"
        yield f"{where} may lead to either of two adapters with the same USB serial number: write {better}"
    if _PASSING.fullmatch(name):
        link = lasting_link(name)
        better = f"write {link}" if link else f"write its link in {BY_ID} once it is plugged in"
        yield f"{where} may be another device's after cables were plugged in anew: {better}"


_PASSING = re.compile(r"/dev/tty(USB|ACM)\d+")
"""Names given in the order of plugging in."""


def _made(file: _File, drivers: Mapping[str, Driver]) -> Config:
    try:
        ZoneInfo(file.clinic.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"clinic.zone '{file.clinic.zone}' is no time zone; write one like 'UTC' or 'Europe/Berlin'"
        ) from None
    limits = _limits(file.limits)
    chairs = tuple(_chair(chair, drivers, limits) for chair in file.chair)
    _check_chairs(chairs)
    data_dir = file.server.data_dir or platformdirs.user_data_dir("vigil", appauthor=False)
    return Config(
        clinic=file.clinic.name,
        zone=file.clinic.zone,
        host=file.server.host,
        port=file.server.port,
        data_dir=Path(data_dir).expanduser(),
        users=_users(file.user),
        chairs=chairs,
        language=file.clinic.language,
    )


def _users(users: tuple[_User, ...]) -> tuple[User, ...]:
    made: dict[str, User] = {}
    for number, user in enumerate(users, 1):
        roles = [role.value for role in Role]
        if user.role not in roles:
            raise ConfigError(
                f"user {number} ('{user.name}') has the unknown role '{user.role}'; roles are: {', '.join(roles)}"
            )
        if user.name in made:
            raise ConfigError(f"two users are called '{user.name}'; give each a name of their own")
        made[user.name] = User(user.name, Role(user.role))
    return tuple(made.values())


def _chair(chair: _Chair, drivers: Mapping[str, Driver], limits: dict[str, Decimal]) -> ChairConfig:
    devices = tuple(_device(device, chair.id, drivers) for device in chair.device)
    seen: set[str] = set()
    for device in devices:
        if device.id in seen:
            raise ConfigError(f"chair '{chair.id}' has two devices with the id '{device.id}'; give each its own")
        seen.add(device.id)
    return ChairConfig(
        id=chair.id,
        name=chair.name or f"Chair {chair.id}",
        devices=devices,
        limits=limits,
        nibp_interval_s=chair.nibp_interval_min * 60,
    )


def _device(device: _Device, chair: str, drivers: Mapping[str, Driver]) -> DeviceConfig:
    if device.driver not in drivers:
        known = ", ".join(sorted(drivers))
        raise ConfigError(
            f"device '{device.id}' of chair '{chair}' has the unknown driver '{device.driver}'; known are: {known}"
        )
    if device.line:
        try:
            Line.parse(device.line)
        except ValueError as error:
            raise ConfigError(f"'line' of device '{device.id}' of chair '{chair}': {error}") from None
    if device.port == USB:
        raise ConfigError(
            f"'port' of device '{device.id}' of chair '{chair}' lacks the USB serial number after '{USB}'"
        )
    port = _network_port(device, chair, drivers) if device.port.startswith(UDP) else device.port
    number = device.serial_number.strip()
    return DeviceConfig(device.id, device.driver, port, line=device.line, serial_number=number)


def _network_port(device: _Device, chair: str, drivers: Mapping[str, Driver]) -> str:
    """The port with its number, so that one device is not named twice."""
    where = f"of device '{device.id}' of chair '{chair}'"
    datagrams = drivers[device.driver].datagrams
    if datagrams is None:
        able = ", ".join(sorted(name for name, driver in drivers.items() if driver.datagrams))
        raise ConfigError(
            f"'port' {where} is on the network, which driver '{device.driver}' cannot do; those that can: {able or 'none'}"
        )
    if device.line:
        raise ConfigError(f"'line' {where} has no meaning on the network; leave it out")
    try:
        host, port = address_of(device.port, datagrams.port)
    except PortError as error:
        raise ConfigError(f"'port' {where}: {error}") from None
    return f"{UDP}[{host}]:{port}" if ":" in host else f"{UDP}{host}:{port}"


def _check_chairs(chairs: tuple[ChairConfig, ...]) -> None:
    if not chairs:
        raise ConfigError("there is no chair; add at least one [[chair]] with an id")
    ids: set[str] = set()
    ports: list[tuple[_Port, str]] = []
    units: dict[tuple[str, str], str] = {}
    for chair in chairs:
        if chair.id in ids:
            raise ConfigError(f"two chairs have the id '{chair.id}'; give each its own")
        ids.add(chair.id)
        for device in chair.devices:
            this, port = f"{device.id} of chair '{chair.id}'", _Port(device.port, _real(device.port))
            for taken, other in ports:
                if port.is_one_with(taken):
                    raise ConfigError(
                        f"{other} and {this} are on the same port {device.port}; a port belongs to one device"
                    )
            ports.append((port, this))
            other = units.setdefault((device.driver, device.serial_number or this), this)
            if other != this:
                number = device.serial_number
                raise ConfigError(
                    f"{other} and {this} are bound to the same serial number {number}; a device has one place"
                )


@dataclass(frozen=True, slots=True)
class _Port:
    """A port's name, and where it leads now."""

    name: str
    real: str

    def is_one_with(self, other: "_Port") -> bool:
        """Whether both mean one port, whatever it is called; unplugged too, as far as the USB serial number tells."""
        return self.real == other.real or self._is_linked_by(other) or other._is_linked_by(self)

    def _is_linked_by(self, other: "_Port") -> bool:
        # udev's 60-serial.rules: usb-<maker>_<model>_<serial>-if<interface>[-port<n>]; "usb:" means an adapter's only port
        ending = re.escape(self.name.removeprefix(USB)) + "-if00(-port0)?"
        return self.name.startswith(USB) and re.fullmatch(rf"{BY_ID}/usb-.*_{ending}", other.name) is not None


def _real(name: str) -> str:
    try:
        return os.path.realpath(path_of(name))
    except PortError:
        return name


def _limits(limits: dict[str, Any]) -> dict[str, Decimal]:
    known = [f"{code}.{priority}" for code in TABLE for priority in Priority]
    made: dict[str, Decimal] = {}
    for key, value in limits.items():
        if key not in known:
            raise ConfigError(f"unknown limit '{key}' of [limits]{_nearest(key, known)}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigError(f"'{key}' of [limits] is {value!r}; write a number")
        made[key] = Decimal(str(value))
    preset(made)
    return made


def _sentence(error: ErrorDetails, data: dict[str, Any]) -> str:
    """Say pydantic's finding as a person would."""
    place = _place(error["loc"], data)
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = _known(error["loc"])
        return f"unknown key {place}{_nearest(str(error['loc'][-1]), known)}"
    if kind == "missing":
        return f"{place} is missing"
    given = error["input"]
    wanted = _WANTED.get(kind)
    if wanted is None:
        return f"{place} is {given!r}; {error['msg'][:1].lower()}{error['msg'][1:]}"
    return f"{place} is {given!r}; {wanted.format(**context)}"


_WANTED = {
    "string_type": "write a text in quotes",
    "int_type": "write a whole number",
    "bool_type": "write true or false",
    "tuple_type": "write a list of tables, as with [[chair]]",
    "dict_type": "write a table",
    "model_type": "write a table",
    "model_attributes_type": "write a table",
    "greater_than_equal": "write a number not below {ge}",
    "less_than_equal": "write a number not above {le}",
    "string_too_short": "write at least {min_length} character",
    "string_too_long": "write at most {max_length} characters",
    "string_pattern_mismatch": "use letters, digits, - and _ only, and not many",
}


def _place(loc: tuple[int | str, ...], data: dict[str, Any]) -> str:
    """``("chair", 1, "device", 0, "port")`` as "port of device 'nibp' of chair '2'", with the ids where they are known."""
    parts: list[str] = []
    value: Any = data
    table = ""
    for step in loc[:-1]:
        value = value[step]
        if isinstance(step, str):
            table = step
            parts.append(f"[{table}]")
        else:
            called = value.get("id", value.get("name")) if isinstance(value, dict) else None
            parts[-1] = f"{table} '{called}'" if isinstance(called, str) else f"{table} number {step + 1}"
    last = loc[-1]
    parts.append(f"{table} number {last + 1}" if isinstance(last, int) else f"'{last}'")
    return " of ".join(reversed(parts))


def _known(loc: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = _File
    for step in loc[:-1]:
        if isinstance(step, str) and step in model.model_fields:
            annotation = model.model_fields[step].annotation
            for candidate in (annotation, *get_args(annotation)):
                if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                    model = candidate
    return list(model.model_fields)


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; known are: {', '.join(known)}"
