"""Streams 90 frames, sends metadata and an event on the way, and prints what stats says."""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

Gst.init(None)
pipeline = Gst.parse_launch(
    "videotestsrc is-live=true num-buffers=90 ! "
    "video/x-raw,width=160,height=120,framerate=30/1 ! "
    "x264enc tune=zerolatency key-int-max=30 ! h264parse ! "
    "kvssink name=sink get-kvs-metrics=true"
)
sink = pipeline.get_by_name("sink")
sink.set_property("stream-name", sys.argv[1])
report = {"client-metrics": 0}
errors = []


def send(name, /, **fields):
    structure = Gst.Structure.new_empty(name)
    for field, value in fields.items():
        structure.set_value(field.replace("_", "-"), value)
    event = Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure)
    assert sink.get_static_pad("video_0").send_event(event)


def send_metadata():
    send("kvs-add-metadata", name="weather", value="rain", persist=True)
    send("kvs-add-event", event="notification", camera="door")
    return False


def on_client_metric(_sink, _metric):
    report["client-metrics"] += 1


def on_message(_bus, message):
    if message.type == Gst.MessageType.EOS:
        loop.quit()
    elif message.type == Gst.MessageType.ERROR:
        errors.append(str(message.parse_error()))
        loop.quit()


sink.connect("stream-client-metric", on_client_metric)
loop = GLib.MainLoop()
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message", on_message)
GLib.timeout_add(1000, send_metadata)
pipeline.set_state(Gst.State.PLAYING)
loop.run()
stats = sink.get_property("stats")
report["frames"] = stats.get_uint64("frames").value
report["persisted"] = stats.get_uint64("persisted-acks").value
pipeline.set_state(Gst.State.NULL)
print(json.dumps(report))
print("\n".join(errors), file=sys.stderr)
sys.exit(1 if errors else 0)
