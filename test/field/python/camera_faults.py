"""90 frames in real time with a fault that some camera has. Arguments: stream name, fault."""

import sys
import time

from units import CAPS, access_units, as_buffer, flags_of, push_to_kvssink
from watch import Gst

START_CODE = b"\x00\x00\x00\x01"
PARAMETER_SETS = (7, 8)


def nal_units(data):
    """NAL units of an access unit in Annex B, each without its start code."""
    parts = data.replace(START_CODE, b"\x00\x00\x01").split(b"\x00\x00\x01")
    return [part for part in parts if part]


def kind(nal):
    return nal[0] & 31


def joined(nals, start_code=START_CODE):
    return b"".join(start_code + nal for nal in nals)


def zero_dts(index, data, is_key):
    buffer = as_buffer(data, index / 30, flags_of(is_key))
    buffer.dts = 0
    return [buffer]


def epoch_pts(index, data, is_key):
    return [as_buffer(data, STARTED + index / 30, flags_of(is_key))]


def huge_pts(index, data, is_key):
    buffer = as_buffer(data, None, flags_of(is_key))
    buffer.pts = (1 << 63) + round(index * Gst.SECOND / 30)
    return [buffer]


def nothing(pts):
    buffer = Gst.Buffer.new()
    buffer.pts = round(pts * Gst.SECOND)
    return buffer


def empty_buffers(index, data, is_key):
    frame = as_buffer(data, index / 30, flags_of(is_key))
    return [frame, nothing((index + 0.5) / 30)] if index % 10 == 5 else [frame]


def sets_apart(index, data, is_key):
    """Parameter sets in buffers of their own, in front of the picture."""
    nals = nal_units(data)
    sets = [nal for nal in nals if kind(nal) in PARAMETER_SETS]
    rest = [nal for nal in nals if kind(nal) not in PARAMETER_SETS]
    return [as_buffer(joined([nal]), index / 30) for nal in sets] + [
        as_buffer(joined(rest), index / 30, flags_of(is_key))
    ]


def sets_once(index, data, is_key):
    if index > 0:
        data = joined(nal for nal in nal_units(data) if kind(nal) not in PARAMETER_SETS)
    return [as_buffer(data, index / 30, flags_of(is_key))]


def short_start_codes(index, data, is_key):
    return [as_buffer(joined(nal_units(data), b"\x00\x00\x01"), index / 30, flags_of(is_key))]


def trailing_zeros(index, data, is_key):
    return [as_buffer(data + bytes(64), index / 30, flags_of(is_key))]


def end_of_sequence(index, data, is_key):
    """NAL units of type 10 behind each group: an encoder that begins anew."""
    data = data + START_CODE + b"\x0a" if index % 30 == 29 else data
    return [as_buffer(data, index / 30, flags_of(is_key))]


def pps_before_sps(index, data, is_key):
    nals = nal_units(data)
    nals.sort(key=lambda nal: {8: 0, 7: 1}.get(kind(nal), 2))
    return [as_buffer(joined(nals), index / 30, flags_of(is_key))]


STARTED = time.time()
fault = globals()[sys.argv[2]]
units = access_units(90)
push_to_kvssink(
    sys.argv[1],
    [fault(index, data, is_key) for index, (data, is_key) in enumerate(units)],
    CAPS,
)
