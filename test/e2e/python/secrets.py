"""Streams with secrets set by property, and prints two DOT dumps on the way."""

import os
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)
pipeline = Gst.parse_launch(
    "videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48 ! x264enc ! h264parse ! "
    "kvssink name=sink"
)
sink = pipeline.get_by_name("sink")
sink.set_property("stream-name", "secret")
secrets = {name: os.environ[name] for name in ("access-key", "secret-key", "session-token")}
for name, value in secrets.items():
    sink.set_property(name, value)
    assert sink.get_property(name) == value
pipeline.set_state(Gst.State.PLAYING)
bus = pipeline.get_bus()
message = bus.timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
Gst.debug_bin_to_dot_file_with_ts(pipeline, Gst.DebugGraphDetails.VERBOSE, "end")
print(Gst.debug_bin_to_dot_data(pipeline, Gst.DebugGraphDetails.ALL))
print("error" if message.type == Gst.MessageType.ERROR else "eos", message.get_structure())
pipeline.set_state(Gst.State.NULL)
