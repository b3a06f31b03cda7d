"""Streams 5 s of video; audio comes to life 2 s later."""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

Gst.init(None)
pipeline = Gst.parse_launch(
    "videotestsrc is-live=true num-buffers=150 ! "
    "video/x-raw,width=320,height=240,framerate=30/1 ! "
    "x264enc tune=zerolatency key-int-max=30 ! h264parse ! queue ! kvssink name=sink "
    "audiotestsrc is-live=true num-buffers=235 samplesperbuffer=1024 ! "
    "audio/x-raw,rate=48000,channels=1 ! audioconvert ! avenc_aac ! aacparse ! "
    "valve name=valve drop=true ! queue ! sink."
)
pipeline.get_by_name("sink").set_property("stream-name", sys.argv[1])
errors = []


def on_message(_bus, message):
    if message.type == Gst.MessageType.EOS:
        loop.quit()
    elif message.type == Gst.MessageType.ERROR:
        errors.append(message.parse_error())
        loop.quit()


def open_valve():
    pipeline.get_by_name("valve").set_property("drop", False)
    return False


loop = GLib.MainLoop()
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message", on_message)
GLib.timeout_add(2000, open_valve)
pipeline.set_state(Gst.State.PLAYING)
loop.run()
pipeline.set_state(Gst.State.NULL)
for error in errors:
    print(error, file=sys.stderr)
sys.exit(1 if errors else 0)
