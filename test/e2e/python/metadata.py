"""Streams 90 frames, sends metadata and an event on the way, and prints what stats says."""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

from playing import end, play  # noqa: E402

Gst.init(None)
pipeline = Gst.parse_launch(
    "videotestsrc is-live=true num-buffers=90 ! "
    "video/x-raw,width=160,height=120,framerate=30/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! h264parse ! "
    "kvssink name=sink get-kvs-metrics=true"
)
sink = pipeline.get_by_name("sink")
sink.set_property("stream-name", sys.argv[1])
report = {"client-metrics": 0}


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


sink.connect("stream-client-metric", on_client_metric)
GLib.timeout_add(1000, send_metadata)
errors = play(pipeline)
stats = sink.get_property("stats")
report["frames"] = stats.get_uint64("frames").value
report["persisted"] = stats.get_uint64("persisted-acks").value
end(pipeline, errors, report)
