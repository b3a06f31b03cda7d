"""Frames that never arrive, or arrive with the wrong flags. Arguments: stream name, situation."""

import sys
import threading

from units import CAPS, access_units, as_buffer, push_in_real_time
from watch import Gst, Watch

DELTA = int(Gst.BufferFlags.DELTA_UNIT)
DISCONT = int(Gst.BufferFlags.DISCONT)
CORRUPTED = int(Gst.BufferFlags.CORRUPTED)
caps = CAPS
flags = {}
missing = range(0)
first = 0
delta_of = {True: 0, False: DELTA}
lengths = False
situation = sys.argv[2]

if situation == "valve-mid-gop":
    missing = range(40, 75)
    flags = {75: DISCONT}
elif situation == "lost-packet":
    missing = range(40, 41)
    flags = {41: DISCONT}
elif situation == "lost-without-a-word":
    missing = range(40, 41)
elif situation == "discontinuity-without-loss":
    flags = {index: DISCONT for index in range(120)}
elif situation == "corrupted":
    flags = {40: CORRUPTED}
elif situation == "all-delta":
    delta_of = {True: DELTA, False: DELTA}
    flags = {0: DISCONT, 60: DISCONT}
elif situation == "all-key":
    delta_of = {True: 0, False: 0}
elif situation == "joined-mid-gop":
    first = 10
elif situation == "avc-is-annex-b":
    caps = CAPS.replace("byte-stream", "avc")
elif situation == "annex-b-is-avc":
    lengths = True
else:
    sys.exit(f"no situation {situation}")


def with_lengths(data):
    """Start codes of four or three bytes become lengths."""
    nals = [nal for nal in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if nal]
    return b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals)


buffers = []
for index, (data, is_key) in enumerate(access_units(120)):
    if index in missing or index < first:
        buffers.append(None)
        continue
    data = with_lengths(data) if lengths else data
    buffers.append(as_buffer(data, index / 30, delta_of[is_key] | flags.get(index, 0)))

pipeline = Gst.parse_launch(
    f'appsrc name=src format=time is-live=true caps="{caps}" ! kvssink stream-name={sys.argv[1]}'
)
watch = Watch(pipeline)
watch.start()
threading.Thread(target=push_in_real_time, args=(pipeline.get_by_name("src"), buffers, 90)).start()
watch.wait()
watch.finish()
