"""Streams 5 s of video; audio comes to life 2 s later."""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

from playing import end, play  # noqa: E402

Gst.init(None)
pipeline = Gst.parse_launch(
    "videotestsrc is-live=true num-buffers=150 ! "
    "video/x-raw,width=320,height=240,framerate=30/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! h264parse ! queue ! kvssink name=sink "
    "audiotestsrc is-live=true num-buffers=235 samplesperbuffer=1024 ! "
    "audio/x-raw,rate=48000,channels=1 ! audioconvert ! avenc_aac ! aacparse ! "
    "valve name=valve drop=true ! queue ! sink."
)
pipeline.get_by_name("sink").set_property("stream-name", sys.argv[1])


def open_valve():
    pipeline.get_by_name("valve").set_property("drop", False)
    return False


GLib.timeout_add(2000, open_valve)
end(pipeline, play(pipeline), {})
