"""120 frames in real time, their key frames with HEADER and MARKER. Argument: stream name."""

import sys

from units import access_units, as_buffer, flags_of, push_to_kvssink
from watch import Gst

KEY_FRAME = Gst.BufferFlags.HEADER | Gst.BufferFlags.MARKER
push_to_kvssink(
    sys.argv[1],
    [
        as_buffer(data, index / 30, KEY_FRAME if is_key else flags_of(False))
        for index, (data, is_key) in enumerate(access_units(120))
    ],
)
