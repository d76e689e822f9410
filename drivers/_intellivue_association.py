"""How an IntelliVue association is asked for, granted and ended (guide chapter "Association Control Protocol").

The session, presentation and ACSE layers around the negotiation never vary, so they are constants and are not decoded.
"""

import struct
from dataclasses import dataclass

from drivers._intellivue_messages import Cursor, Malformed, attribute_list
from drivers._intellivue_wire import Attribute, Message, Option

MIN_POLL_TICKS = 4000
"""Half a second; with any period below 3.3 s the monitor ends an association that is silent for 10 s."""
MTU = 1000
"""Most bytes of a message, the ceiling on RS-232."""

_SESSION = bytes.fromhex("0508130100160102800014020002")
_PRESENTATION_TO_USER_INFORMATION = bytes.fromhex(
    "3180a0808001010000a280a003000001a480"
    "308002010106045201000130800602510100000000"
    "3080020102060c2a8648ce1402010000000101"
    "3080060c2a8648ce14020100000002010000000000006180"
    "3080020101a0806080a180060c2a8648ce14020100000003010000"
    "be802880060c2a8648ce1402010000000101020102"
)
_USER_INFORMATION = 0x81
_SKIPPED = (0x02, 0x06)  # integer, object identifier
_MARK = b"\xbe\x80\x28\x80"
_TRAILER = bytes(16)

# Protocol and nomenclature version, functional units, system type (client), startup mode (cold).
_CLIENT = struct.pack(">5I", 0x80000000, 0x40000000, 0, 0x80000000, 0x20000000)
_PROFILE = struct.Struct(">6I")  # revision, least poll period, MTU to receive, MTU to send, bandwidth, options
_REVISION = 0x80000000
_DYNAMIC_OBJECTS = 0x60000000
_ANY_BANDWIDTH = 0xFFFFFFFF
_EMPTY_LIST = bytes(4)

RELEASE_REQUEST = bytes.fromhex("0918c11661803080020101a08062808001000000000000000000")
RELEASE_RESPONSE = bytes.fromhex("0a18c11661803080020101a08063808001000000000000000000")
ABORT = bytes.fromhex("192e110103c129a080a0803080020101060251010000000061803080020101a0806480800101") + bytes(10)


@dataclass(frozen=True, slots=True)
class Granted:
    """What the monitor grants: least poll period in ticks, bytes ofa message it sends, option bits."""

    min_poll_ticks: int
    mtu: int
    options: int


def _attribute(identifier: int, value: bytes) -> bytes:
    """An AttributeList of oneentry."""
    return struct.pack(">HHHH", 1, len(value) + 4, identifier, len(value)) + value


def association_request() -> bytes:
    """Ask for numerics each secondandfor waves."""
    options = struct.pack(">I", Option.NUMERICS_1S | Option.WAVES) + _EMPTY_LIST
    profile = _PROFILE.pack(_REVISION, MIN_POLL_TICKS, MTU, MTU, _ANY_BANDWIDTH, _DYNAMIC_OBJECTS)
    profile += _attribute(Attribute.POLL_OPTIONS, options)
    information = _CLIENT + _EMPTY_LIST + _attribute(Attribute.POLL_PROFILE, profile)
    presentation = _PRESENTATION_TO_USER_INFORMATION + bytes((_USER_INFORMATION, len(information)))
    presentation += information + _TRAILER
    session = _SESSION + bytes((0xC1, len(presentation))) + presentation
    return bytes((Message.ASSOCIATION_REQUEST, len(session))) + session


def granted(user_data: bytes) -> Granted:
    """Readan association response. Raises ``Malformed``."""
    _, mark, behind = user_data.partition(_MARK)
    cursor = Cursor(behind)
    tag = cursor.number(1)
    while tag in _SKIPPED:
        cursor.take(cursor.number(1))
        tag = cursor.number(1)
    if not mark or tag != _USER_INFORMATION:
        raise Malformed("an association response without user information")
    length = cursor.number(1)
    if length > 0x7F:
        length = cursor.number(length & 0x7F)
    information = Cursor(cursor.take(length))
    information.take(len(_CLIENT))
    attribute_list(information)  # options: always empty
    profile = Cursor(attribute_list(information).get(Attribute.POLL_PROFILE, b""))
    _, min_poll_ticks, _, mtu, _, _ = profile.unpack(_PROFILE)
    options = attribute_list(profile).get(Attribute.POLL_OPTIONS, b"")
    return Granted(min_poll_ticks, mtu, Cursor(options).number(4))
