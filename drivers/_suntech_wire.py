"""What stands on the wire of a SunTech NIBP module: first bytes, commands, acknowledgements, error codes.

Numbers and names alone; ``drivers.suntech`` hands them on in its ``WIRE``. Sheet: "Operations Manual Rev K p. 55" as
read by three open implementations. Error codes are decimal there.
"""

from drivers.base.decoder import Line

LINE = Line(baud=9600)

HOST, MODULE = 0x3A, 0x3E  # first byte of their packets
START_ADULT, START_PAEDIATRIC, START_NEONATE = 0x20, 0x87, 0x28
INITIAL_PRESSURE, PNEUMATICS, CONTROL, RESET, MODULE_DATA = 0x17, 0x0C, 0x79, 0x8A, 0x00
ABORT_DATA, PRESSURE_DATA, RECORD_DATA = b"\x01\x00", b"\x05\x00", b"\x03\x00"  # after CONTROL

# Acknowledgements
RECEIVED, DONE, ABORTED, BUSY, ERROR = ord("O"), ord("K"), ord("A"), ord("B"), ord("E")
NOT_DEFINED, NOT_RECOGNISED, SLEEPING, TIME_OUT = ord("N"), ord("D"), ord("S"), ord("T")

SHORTEST, LONGEST = 4, 67  # packets of the module, in bytes
ACK_SIZE, PRESSURE_SIZE, RECORD_SIZE = 4, 5, 24
VALID = 0x01  # byte 7 of a record
OUT_OF_RANGE, STOPPED_BY_USER, LEAK, SAFETY_TIME_OUT, OVERPRESSURE = 3, 86, 87, 88, 89
HARDWARE, PERMISSION, TRANSDUCER, CALIBRATION_LOST = 90, 91, 97, 99
