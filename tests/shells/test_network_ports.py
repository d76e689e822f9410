"""A port written as an address on the network: who may have one, how it is written, and what is said of mistakes."""

import pytest

from drivers.base.datagramport import DatagramPort, Port, address_of, open_datagram_port, open_named
from drivers.base.registry import driver_named
from drivers.base.serialport import PortError
from monitor.acquisition import PortTask
from monitor.config import parse_config, warnings_of
from monitor.core.entries import DeviceConfig
from monitor.errors import ConfigError
from tests.shells.making import house

USUAL = 24105


def text(*ports: str, driver: str = "intellivue", more: str = "") -> str:
    devices = "".join(
        f'[[chair.device]]\nid = "d{number}"\ndriver = "{driver}"\nport = "{port}"\n{more}'
        for number, port in enumerate(ports)
    )
    return f'[[chair]]\nid = "1"\n{devices}'


def mistake(toml: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(toml)
    return str(caught.value).removeprefix("vigil.toml: ")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("udp://192.168.1.20", ("192.168.1.20", USUAL)),
        ("udp://192.168.1.20:24000", ("192.168.1.20", 24000)),
        ("udp://mx800.ward", ("mx800.ward", USUAL)),
        ("udp://[fd00::20]:24105", ("fd00::20", USUAL)),
    ],
)
def test_an_address(written: str, meant: tuple[str, int]) -> None:
    assert address_of(written, USUAL) == meant


@pytest.mark.parametrize(
    "written",
    [
        "udp://",
        "udp://:24105",
        "udp://h:",
        "udp://h:0",
        "udp://h:70000",
        "udp://h/x",
        "udp://a@h",
        "udp://h?x",
        "udp://[",
    ],
)
def test_what_is_no_address(written: str) -> None:
    with pytest.raises(PortError, match=r"is no address; write one like 'udp://192\.168\.1\.20' or"):
        address_of(written, USUAL)


def test_a_port_on_the_network_bears_its_number() -> None:
    config = parse_config(text("udp://192.168.1.20", "udp://[FD00::20]"))
    assert [device.port for device in config.chairs[0].devices] == [
        "udp://192.168.1.20:24105",
        "udp://[fd00::20]:24105",
    ]


def test_what_cannot_be_meant() -> None:
    assert mistake(text("udp://192.168.1.20", driver="nonin")) == (
        "'port' of device 'd0' of chair '1' is on the network, which driver 'nonin' cannot do; those that can: intellivue"
    )
    assert mistake(text("udp://192.168.1.20", more='line = "9600 8N1"\n')) == (
        "'line' of device 'd0' of chair '1' has no meaning on the network; leave it out"
    )
    assert mistake(text("udp://h/x")).startswith("'port' of device 'd0' of chair '1': 'udp://h/x' is no address")
    assert "are on the same port" in mistake(text("udp://h", "udp://h:24105"))


def test_no_warning_but_for_a_simulated_device() -> None:
    def warnings(port: str) -> list[str]:
        return [one for one in warnings_of(parse_config(text(port))) if "[[user]]" not in one]

    assert warnings("udp://192.168.1.20") == []
    assert warnings("udp://mx800.ward") == []
    assert all(warnings(f"udp://{host}") for host in ("localhost", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"))
    assert warnings("udp://127.0.0.1") == [
        "the port udp://127.0.0.1:24105 of d0 at chair '1' is on this computer, a simulated one: the chair will be marked DEMO"
    ]


def test_what_cannot_be_reached_is_said_in_a_sentence() -> None:
    datagrams = driver_named("intellivue").datagrams
    assert datagrams is not None
    with pytest.raises(PortError, match=r"does not know the name no\.such\.host\.invalid of udp"):
        open_datagram_port("udp://no.such.host.invalid", datagrams)
    with pytest.raises(PortError, match=r"cannot be reached \(.*\): is this computer on its network\?"):
        open_datagram_port("udp://255.255.255.255", datagrams)


def test_a_driver_that_is_not_met_there_says_so() -> None:
    nonin = driver_named("nonin")
    with pytest.raises(PortError, match=r"on the network, where devices of driver 'nonin' are not met"):
        open_named("udp://127.0.0.1", nonin.line, nonin)


async def test_a_port_task_opens_what_its_device_is_at() -> None:
    def serial(name: str, line: object) -> DatagramPort:
        raise PortError(f"{name} is serial")

    def opened(name: str) -> Port:
        task = PortTask(at.station, "1", DeviceConfig("m", "intellivue", name), driver_named("intellivue"), serial)
        made: Port = task._open()
        return made

    async with house() as at:
        port = opened("udp://127.0.0.1:9")
        assert isinstance(port, DatagramPort)
        assert port.simulated
        port.close()
        with pytest.raises(PortError, match="is serial"):
            opened("/dev/ttyS0")
