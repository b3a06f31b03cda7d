"""Streams 13 s of audio and video; audio says nothing at all from 1.5 s to 11.5 s."""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from playing import end, play  # noqa: E402

SILENCE = (1500 * Gst.MSECOND, 11500 * Gst.MSECOND)

Gst.init(None)
pipeline = Gst.parse_launch(
    "videotestsrc is-live=true num-buffers=195 ! "
    "video/x-raw,width=320,height=240,framerate=15/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse ! queue ! kvssink name=sink "
    "audiotestsrc is-live=true num-buffers=610 samplesperbuffer=1024 ! "
    "audio/x-raw,rate=48000,channels=1 ! audioconvert ! avenc_aac ! aacparse name=audio ! "
    "queue ! sink."
)
pipeline.get_by_name("sink").set_property("stream-name", sys.argv[1])
warnings = []


def silence(_pad, info):
    quiet = SILENCE[0] <= info.get_buffer().pts < SILENCE[1]
    return Gst.PadProbeReturn.DROP if quiet else Gst.PadProbeReturn.OK


def on_message(message):
    if message.type == Gst.MessageType.WARNING:
        warnings.append(message.get_structure().to_string())


pipeline.get_by_name("audio").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, silence)
end(pipeline, play(pipeline, on_message) + warnings, {})
