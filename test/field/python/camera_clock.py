"""270 frames in real time whose PTS follow the camera's clock. Arguments: stream name, how it goes:
restart (begins anew after 5 s), ahead (leaps an hour), back-at-p-frame, wrap (33 bits of 90 kHz), one-pts, no-pts."""

import sys
import threading

from units import CAPS, access_units, as_buffer, flags_of, push_in_real_time
from watch import Gst, Watch

WRAP = 2**33 / 90_000


def clock(kind, index):
    """PTS in seconds, or None."""
    seconds = index / 30
    if kind == "restart":
        return seconds if index < 150 else seconds - 5
    if kind == "ahead":
        return seconds if index < 150 else seconds + 3600
    if kind == "back-at-p-frame":
        return seconds + 50 if index < 165 else seconds - 5.5
    if kind == "wrap":
        return (seconds + WRAP - 5) % WRAP
    return None if kind == "no-pts" else 0


stream, kind = sys.argv[1:]
buffers = [
    as_buffer(data, clock(kind, index), flags_of(is_key))
    for index, (data, is_key) in enumerate(access_units(270))
]
pipeline = Gst.parse_launch(
    f'appsrc name=src format=time is-live=true caps="{CAPS}" ! kvssink stream-name={stream}'
)
watch = Watch(pipeline)
watch.start()
threading.Thread(target=push_in_real_time, args=(pipeline.get_by_name("src"), buffers)).start()
watch.wait()
watch.finish()
