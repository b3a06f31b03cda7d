"""Plays one pipeline again and again: stream name, times, `ready` to go no further down than READY."""

import json
import os
import sys
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)
name, times = sys.argv[1], int(sys.argv[2])
rest = Gst.State.READY if "ready" in sys.argv[3:] else Gst.State.NULL
pipeline = Gst.parse_launch(
    "videotestsrc num-buffers=15 ! video/x-raw,width=160,height=120,framerate=30/1 ! "
    "x264enc key-int-max=15 ! h264parse ! kvssink name=sink"
)
pipeline.get_by_name("sink").set_property("stream-name", name)
bus = pipeline.get_bus()


def descriptors():
    return len(os.listdir("/proc/self/fd"))


before = None
for turn in range(times):
    pipeline.set_state(Gst.State.PLAYING)
    message = bus.timed_pop_filtered(
        60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    if message is None or message.type != Gst.MessageType.EOS:
        print(message and message.parse_error(), file=sys.stderr)
        sys.exit(1)
    pipeline.set_state(rest)
    if turn == 0:
        before = descriptors()
after = descriptors()
pipeline.set_state(Gst.State.NULL)
del bus, message, pipeline
deadline = time.monotonic() + 20


def children():
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return len(file.read().split())


while children() and time.monotonic() < deadline:
    time.sleep(0.05)
print(json.dumps({"descriptors": after - before, "children": children()}))
