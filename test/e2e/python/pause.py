"""Streams 60 frames with a pause of 2 s in the middle."""

import json
import sys
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)
pipeline = Gst.parse_launch(
    "videotestsrc num-buffers=60 ! video/x-raw,width=160,height=120,framerate=30/1 ! "
    "identity sync=true ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse ! kvssink name=sink"
)
pipeline.get_by_name("sink").set_property("stream-name", sys.argv[1])
bus = pipeline.get_bus()
assert pipeline.set_state(Gst.State.PLAYING) != Gst.StateChangeReturn.FAILURE
time.sleep(1)
assert pipeline.set_state(Gst.State.PAUSED) != Gst.StateChangeReturn.FAILURE
time.sleep(2)
assert pipeline.set_state(Gst.State.PLAYING) != Gst.StateChangeReturn.FAILURE
message = bus.timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
pipeline.set_state(Gst.State.NULL)
ended = message is not None and message.type == Gst.MessageType.EOS
print(json.dumps({"ended": ended}))
sys.exit(0 if ended else 1)
