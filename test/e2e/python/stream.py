"""Streams 90 frames with kvssink and prints as JSON what the bus and the signals said."""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from playing import end, play  # noqa: E402

Gst.init(None)
pipeline = Gst.parse_launch(
    "videotestsrc num-buffers=90 ! video/x-raw,width=320,height=240,framerate=30/1 ! "
    "x264enc key-int-max=30 ! h264parse ! kvssink name=sink"
)
sink = pipeline.get_by_name("sink")
sink.set_property("stream-name", sys.argv[1])
report = {"ready": 0, "persisted": [], "signals": 0}


def on_signal(_sink, _ack):
    report["signals"] += 1


def on_message(message):
    if message.type == Gst.MessageType.ELEMENT:
        structure = message.get_structure()
        if structure.get_name() == "kvs-stream-ready":
            report["ready"] += 1
        elif structure.get_name() == "kvs-fragment-ack":
            if structure.get_string("type") == "persisted":
                report["persisted"].append(structure.get_string("fragment-number"))


sink.connect("fragment-ack", on_signal)
end(pipeline, play(pipeline, on_message), report)
