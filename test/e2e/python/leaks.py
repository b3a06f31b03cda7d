"""Makes, plays and drops a pipeline again and again, with everything a program may hold on to.

Arguments: stream name, times. Prints what is left: references, descriptors, elements, processes.
"""

import gc
import json
import os
import sys
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)
name, times = sys.argv[1], int(sys.argv[2])
alive = {"elements": 0, "references": 0}


def finalized():
    alive["elements"] -= 1


def ignore(_element, _argument):
    pass


def play():
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=3 ! video/x-raw,width=160,height=120,framerate=30/1 ! "
        "jpegenc ! kvssink name=sink get-kvs-metrics=true"
    )
    sink = pipeline.get_by_name("sink")
    sink.set_property("stream-name", name)
    for signal in ("stream-error", "fragment-ack", "stream-client-metric"):
        sink.connect(signal, ignore)
    alive["elements"] += 1
    sink.weak_ref(finalized)
    bus = pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    message = bus.timed_pop_filtered(
        60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    ended = message is not None and message.type == Gst.MessageType.EOS
    sink.get_property("stats")
    pipeline.set_state(Gst.State.NULL)
    bus.set_flushing(True)
    pipeline.remove(sink)
    del message, bus, pipeline
    # The one that this program has; the producer's last word may still hold another for a moment.
    wait_until(lambda: sink.__grefcount__ == 1)
    alive["references"] = max(alive["references"], sink.__grefcount__)
    if not ended:
        print("no EOS", file=sys.stderr)
        sys.exit(1)


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def children():
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return len(file.read().split())


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)


play()
wait_until(lambda: children() == 0)
before = descriptors()
for _ in range(times - 1):
    play()
gc.collect()
wait_until(lambda: children() == 0)
print(json.dumps({**alive, "descriptors": descriptors() - before, "children": children()}))
