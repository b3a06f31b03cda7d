"""Sends a test picture to a Kinesis video stream, with metadata, and prints what kvssink reports.

    npm start STREAM [FRAMES]

Ctrl-C ends it in order: what is buffered is sent first. Debian: apt install python3-gi
gir1.2-gstreamer-1.0. For a camera, put v4l2src in place of videotestsrc.
"""

import signal
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

PIPELINE = """
    videotestsrc is-live=true num-buffers={frames} !
    video/x-raw,width=640,height=360,framerate=30/1 ! videoconvert !
    x264enc tune=zerolatency key-int-max=60 bitrate=1000 ! h264parse !
    kvssink name=sink stream-name={stream}
"""


def send_metadata(sink, name, value, persist):
    """Tags the next fragment, or (persist) that one and all later ones."""
    tag = Gst.Structure.new_empty("kvs-add-metadata")
    tag.set_value("name", name)
    tag.set_value("value", value)
    tag.set_value("persist", persist)
    event = Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, tag)
    sink.get_static_pad("video_0").send_event(event)


def main(stream, frames="-1"):
    Gst.init(None)
    pipeline = Gst.parse_launch(PIPELINE.format(stream=stream, frames=frames))
    sink = pipeline.get_by_name("sink")
    loop = GLib.MainLoop()
    failures = []

    def on_message(_bus, message):
        if message.type == Gst.MessageType.EOS:
            loop.quit()
        elif message.type == Gst.MessageType.ERROR:
            error, debug = message.parse_error()
            failures.append(error)
            print(f"{error.message}\n{debug}", file=sys.stderr)
            loop.quit()
        elif message.type == Gst.MessageType.ELEMENT:
            report = message.get_structure()
            if report.has_name("kvs-connection"):
                print("connection:", report.get_string("state"))
            elif report.has_name("kvs-fragment-ack"):
                print(report.get_string("type"), report.get_string("fragment-number"))
            elif report.has_name("kvs-dropped-frames"):
                print("lost:", report.get_string("reason"), file=sys.stderr)

    def interrupted():
        pipeline.send_event(Gst.Event.new_eos())
        return GLib.SOURCE_REMOVE

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGINT, interrupted)
    pipeline.set_state(Gst.State.PLAYING)
    send_metadata(sink, "site", "garden", True)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
    return 1 if failures else 0


if len(sys.argv) < 2:
    sys.exit("usage: npm start STREAM [FRAMES]")
sys.exit(main(*sys.argv[1:]))
