"""Every mistake in a configuration is one sentence that names the file, the place, what stands there, what would be right."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from drivers.base.decoder import Decoder, Driver, Line
from monitor.config import Config, load_config, parse_config, to_toml, warnings_of, write_config
from monitor.core.entries import DeviceConfig, Role
from monitor.errors import ConfigError

DRIVERS = {
    name: Driver(name, f"The {name}", Line(9600), (), (), (), Decoder) for name in ("nonin", "suntech", "intellivue")
}
DEVICE = """
[[chair.device]]
id = "oximeter"
driver = "nonin"
port = "/dev/ttyUSB0"
"""
CHAIR = '[[chair]]\nid = "1"' + DEVICE
WHOLE = """
[clinic]
name = "North room"
zone = "Europe/Berlin"
[server]
host = "127.0.0.1"
port = 8051
data_dir = "~/vigil-data"
[[user]]
name = "L. Moreno"
role = "nurse"
[[chair]]
id = "1"
name = "Window"
nibp_interval_min = 3
[[chair.device]]
id = "oximeter"
driver = "nonin"
port = "/dev/ttyUSB0"
[limits]
"spo2_low.high" = 84
"""


def parsed(text: str) -> Config:
    return parse_config(text, "vigil.toml", DRIVERS)


def mistake(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parsed(text)
    sentence = str(caught.value)
    assert sentence.startswith("vigil.toml")
    assert "\n" not in sentence
    return sentence.removeprefix("vigil.toml: ")


def test_a_whole_file() -> None:
    config = parsed(WHOLE)
    assert (config.clinic, config.zone, config.host, config.port) == ("North room", "Europe/Berlin", "127.0.0.1", 8051)
    assert config.data_dir == Path.home() / "vigil-data"
    assert [(user.name, user.role) for user in config.users] == [("L. Moreno", Role.NURSE)]
    (chair,) = config.chairs
    assert (chair.id, chair.name, chair.nibp_interval_s) == ("1", "Window", 180)
    assert chair.limits == {"spo2_low.high": Decimal(84)}
    assert chair.devices == (DeviceConfig("oximeter", "nonin", "/dev/ttyUSB0"),)


def test_the_least_file() -> None:
    config = parsed(CHAIR)
    assert (config.host, config.port, config.users) == ("127.0.0.1", 8050, ())
    assert config.chairs[0].name == "Chair 1"
    assert config.data_dir.is_absolute()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[sever]\nport = 1\n" + CHAIR, "unknown key 'sever'; did you mean 'server'?"),
        (CHAIR + 'drivr = "x"', "unknown key 'drivr' of device 'oximeter' of chair '1'; did you mean 'driver'?"),
        (
            '[server]\nbanana = "x"\n' + CHAIR,
            "unknown key 'banana' of [server]; known are: host, port, data_dir",
        ),
        ('[server]\nport = "x"\n' + CHAIR, "'port' of [server] is 'x'; write a whole number"),
        ("[server]\nport = 99999\n" + CHAIR, "'port' of [server] is 99999; write a number not above 65535"),
        ("[clinic]\nname = 3\n" + CHAIR, "'name' of [clinic] is 3; write a text in quotes"),
        ('[clinic]\nzone = "Mars"\n' + CHAIR, "clinic.zone 'Mars' is no time zone; write one like 'UTC' or 'Europe/Berlin'"),
        ("", "there is no chair; add at least one [[chair]] with an id"),
        (CHAIR + CHAIR, "two chairs have the id '1'; give each its own"),
        (CHAIR + DEVICE, "chair '1' has two devices with the id 'oximeter'; give each its own"),
        (
            CHAIR.replace("nonin", "nonnin"),
            "device 'oximeter' of chair '1' has the unknown driver 'nonnin'; known are: intellivue, nonin, suntech",
        ),
        (
            CHAIR + CHAIR.replace('"1"', '"2"'),
            "oximeter of chair '1' and oximeter of chair '2' are on the same port /dev/ttyUSB0; "
            "a port belongs to one device",
        ),
        ('[chair]\nid = "1"', "'chair' is {'id': '1'}; write a list of tables, as with [[chair]]"),
        ('[[chair]]\nid = "a b"', "'id' of chair 'a b' is 'a b'; use letters, digits, - and _ only, and not many"),
        ('[[chair]]\nname = "x"', "'id' of chair 'x' is missing"),
        ('[[chair]]\nid = "1"\nnibp_interval_min = 2.5', "'nibp_interval_min' of chair '1' is 2.5; write a whole number"),
        (
            CHAIR + '[[user]]\nname = "A"\nrole = "nurs"',
            "user 1 ('A') has the unknown role 'nurs'; roles are: nurse, physician, observer, administrator, service",
        ),
        (
            CHAIR + '[[user]]\nname = "A"\nrole = "nurse"\n' * 2,
            "two users are called 'A'; give each a name of their own",
        ),
        (CHAIR + '[limits]\n"spo2_low.hihg" = 84', "unknown limit 'spo2_low.hihg' of [limits]; did you mean 'spo2_low.high'?"),
        (CHAIR + '[limits]\n"spo2_low.high" = "low"', "'spo2_low.high' of [limits] is 'low'; write a number"),
        ("server = 3\n" + CHAIR, "'server' is 3; write a table"),
        ('chair = ["a"]', "chair number 1 of [chair] is 'a'; write a table"),
    ],
)  # fmt: skip
def test_a_mistake(text: str, sentence: str) -> None:
    assert mistake(text) == sentence


def test_a_device_may_have_its_own_line_settings() -> None:
    assert parsed(CHAIR + 'line = "19200 8O1"').chairs[0].devices[0].line == "19200 8O1"
    assert mistake(CHAIR + 'line = "19200"') == (
        "'line' of device 'oximeter' of chair '1': '19200' is no line; write one like '9600 8N1' or '19200 8O1'"
    )


def test_a_limit_out_of_its_bounds() -> None:
    assert "spo2_low" in mistake(CHAIR + '[limits]\n"spo2_low.high" = 20')


def test_text_that_is_not_toml() -> None:
    assert mistake("[server").startswith("vigil.toml is not TOML: ")


def test_two_devices_on_one_port_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "port").touch()
    os.symlink(tmp_path / "port", tmp_path / "link")
    first = CHAIR.replace("/dev/ttyUSB0", str(tmp_path / "port"))
    second = CHAIR.replace('"1"', '"2"').replace("/dev/ttyUSB0", str(tmp_path / "link"))
    assert "are on the same port" in mistake(first + second)


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no configuration file"):
        load_config(tmp_path / "vigil.toml")
    (tmp_path / "vigil.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read: it is not UTF-8"):
        load_config(tmp_path / "vigil.toml")


def test_what_may_not_be_meant_is_a_warning(tmp_path: Path) -> None:
    text = CHAIR.replace("/dev/ttyUSB0", str(tmp_path / "none")) + '[[chair]]\nid = "2"'
    warnings = warnings_of(parsed('[server]\nhost = "0.0.0.0"\n' + text))
    assert [sentence.split(":")[0] for sentence in warnings] == [
        f"the port {tmp_path / 'none'} of oximeter at chair '1' does not exist now",
        "chair '2' has no device",
        "there is no [[user]]",
        "server.host 0.0.0.0 lets the whole network read what is shown, without encryption",
    ]


# What binds a device to its place


class Adapter:
    """A port as the operating system lists it."""

    def __init__(self, device: object, serial_number: str | None, location: str | None = None) -> None:
        self.device = str(device)
        self.serial_number = serial_number
        self.location = location


@pytest.fixture
def adapters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Adapter]:
    """What is plugged in; the links of udev are in ``tmp_path``."""
    plugged: list[Adapter] = []
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: plugged)
    for module in ("monitor.config", "drivers.base.serialport"):
        monkeypatch.setattr(f"{module}.BY_ID", tmp_path / "by-id")
    monkeypatch.setattr("drivers.base.serialport.BY_PATH", tmp_path / "by-path")
    return plugged


def at(port: object, chair: str = "1", number: str = "") -> str:
    text = CHAIR.replace('"1"', f'"{chair}"').replace("/dev/ttyUSB0", str(port))
    return text + (f'serial_number = "{number}"\n' if number else "")


def test_a_device_is_bound_to_its_serial_number() -> None:
    assert parsed(at("usb:A1B2", number=" 42 ")).chairs[0].devices[0] == DeviceConfig(
        "oximeter", "nonin", "usb:A1B2", serial_number="42"
    )
    assert mistake(at("usb:")) == "'port' of device 'oximeter' of chair '1' lacks the USB serial number after 'usb:'"


def test_h2_two_chairs_on_one_adapter_are_refused_whatever_it_is_called(
    tmp_path: Path, adapters: list[Adapter]
) -> None:
    port, link = tmp_path / "ttyUSB3", tmp_path / "by-id" / "usb-FTDI_FT232R_A1_B2-if00-port0"
    link.parent.mkdir()
    port.touch()
    refused = "oximeter of chair '1' and oximeter of chair '2' are on the same port"
    assert refused in mistake(at(link) + at("usb:A1_B2", "2"))
    assert refused in mistake(at("usb:A1_B2") + at(link, "2"))
    parsed(at(link) + at("usb:B2X", "2"))
    adapters.append(Adapter(port, "A1_B2"))
    assert refused in mistake(at(port) + at("usb:A1_B2", "2"))
    os.symlink(port, link)
    assert refused in mistake(at(port) + at(link, "2"))


def test_h2_two_places_bound_to_one_unit_are_refused() -> None:
    first, second = at("/dev/a", number="42"), at("/dev/b", "2", "42")
    assert mistake(first + second) == (
        "oximeter of chair '1' and oximeter of chair '2' are bound to the same serial number 42; a device has one place"
    )
    parsed(first + second.replace("nonin", "suntech"))


def test_an_adapter_that_is_not_plugged_in_or_is_two_ports_is_a_warning(adapters: list[Adapter]) -> None:
    config = parsed(at("usb:A1"))
    assert "no adapter with the USB serial number A1 is there" in warnings_of(config)[0]
    adapters += [Adapter("/dev/ttyUSB1", "A1"), Adapter("/dev/ttyUSB0", "A1")]
    assert "2 ports have the USB serial number A1 (/dev/ttyUSB0, /dev/ttyUSB1)" in warnings_of(config)[0]


def test_a_port_named_by_the_order_of_plugging_in_is_a_warning_with_the_link_to_write(
    tmp_path: Path, adapters: list[Adapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert warnings_of(parsed(at("/dev/ttyUSB77")))[1] == (
        "the port /dev/ttyUSB77 of oximeter at chair '1' may be another device's after cables were plugged in anew: "
        f"write its link in {tmp_path}/by-id once it is plugged in"
    )
    for folder in ("by-path", "by-id"):
        (tmp_path / folder).mkdir()
        link = tmp_path / folder / "usb-FTDI"
        os.symlink("/dev/ttyUSB77", link)
        assert f": write {link}" in warnings_of(parsed(at("/dev/ttyUSB77")))[1]


def test_a_link_by_a_number_that_two_adapters_bear_is_a_warning_with_the_link_to_write(
    tmp_path: Path, adapters: list[Adapter]
) -> None:
    port, link, socket = tmp_path / "ttyUSB0", tmp_path / "by-id" / "usb-0001", tmp_path / "by-path" / "pci-1.4"
    port.touch()
    for one in (link, socket):
        one.parent.mkdir()
        one.symlink_to(port)
    adapters += [Adapter(port, "0001", "1-1.4:1.0"), Adapter("/dev/ttyUSB1", "0001", "1-1.4:1.1")]
    assert not [sentence for sentence in warnings_of(parsed(at(link))) if "either" in sentence]
    adapters.append(Adapter("/dev/ttyUSB2", "0001", "1-1.3:1.0"))
    (warning,) = [sentence for sentence in warnings_of(parsed(at(link))) if "either" in sentence]
    assert warning.endswith(f"may lead to either of two adapters with the same USB serial number: write {socket}")


def test_a_serial_number_that_the_device_never_tells_is_a_warning() -> None:
    warning = "serial_number of oximeter at chair '1' binds nothing: such devices do not tell theirs"
    assert warning in warnings_of(parsed(at("/dev/port", number="42")))
    masimo = parse_config(at("/dev/port", number="42").replace("nonin", "masimo"))
    assert warning not in warnings_of(masimo)


def test_what_is_written_is_read_again_whatever_the_names() -> None:
    name = 'Ward "7"\\ \x7f\t\n§ ζ'
    data = {
        "clinic": {"name": name, "zone": "UTC"},
        "chair": [{"id": "1", "device": []}, {"id": "2", "name": name[:40]}],
    }
    config = parsed(to_toml(data))
    assert (config.clinic, [chair.name for chair in config.chairs]) == (name, ["Chair 1", name[:40]])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"clinic": {"name": 1.5}}, "'name' is 1.5; write a text or a whole number"),
        ({"clinic": {"on": True}}, "'on' is True"),
        ({"chair": ["1"]}, "'chair' must be a list of tables"),
        ({"a b": {}}, "'a b' cannot be a key"),
    ],
)
def test_what_cannot_be_written_is_told(data: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        to_toml(data)


def test_a_file_is_written_once(tmp_path: Path) -> None:
    write_config(tmp_path / "vigil.toml", "one")
    with pytest.raises(ConfigError, match=r"there is a .* already, and it stays as it is"):
        write_config(tmp_path / "vigil.toml", "two")
    assert (tmp_path / "vigil.toml").read_text() == "one"
    with pytest.raises(ConfigError, match="cannot be written"):
        write_config(tmp_path / "none" / "vigil.toml", "one")
