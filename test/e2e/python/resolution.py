"""Streams 60 frames of 320x240 and then 60 of 640x480 through the same kvssink."""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)
SOURCE = (
    "videotestsrc num-buffers=60 ! video/x-raw,width={},height={},framerate=30/1 ! "
    "x264enc speed-preset=ultrafast key-int-max=30 bframes=0 ! video/x-h264,profile=main ! h264parse ! c. "
)
pipeline = Gst.parse_launch(
    "concat name=c ! kvssink name=sink " + SOURCE.format(320, 240) + SOURCE.format(640, 480)
)
pipeline.get_by_name("sink").set_property("stream-name", sys.argv[1])
bus = pipeline.get_bus()
pipeline.set_state(Gst.State.PLAYING)
message = bus.timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
pipeline.set_state(Gst.State.NULL)
if message is None or message.type != Gst.MessageType.EOS:
    print(message and message.parse_error(), file=sys.stderr)
    sys.exit(1)
print(json.dumps({}))
