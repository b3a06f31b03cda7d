"""Listens to everything kvssink says while it streams, and prints it as JSON.

Arguments: stream name (a live source at 300 frames a second for one that is called "lost", which cannot be slowed
down; its last frame waits until kvssink reconnects), frames (a key frame every 30), further properties of kvssink.
The frame number 10 is preceded by a tag that stays, number 40 by one for a single fragment, number 100 by the end of
the first.
"""

import ctypes
import json
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

from kvssink_structures import FragmentAck, SinkMetric, address_of  # noqa: E402

Gst.init(None)
stream, frames = sys.argv[1], int(sys.argv[2])
live, rate, kbit_s = ("true", 300, 20_000) if stream == "lost" else ("false", 30, 2048)
pipeline = Gst.parse_launch(
    f"videotestsrc is-live={live} num-buffers={frames} ! "
    f"video/x-raw,width=160,height=120,framerate={rate}/1 ! "
    f"x264enc bitrate={kbit_s} key-int-max=30 bframes=0 speed-preset=ultrafast ! h264parse name=parse ! "
    "kvssink name=sink get-kvs-metrics=true " + " ".join(sys.argv[3:])
)
sink = pipeline.get_by_name("sink")
sink.set_property("stream-name", stream)
report = {"acks": [], "metrics": [], "stream-errors": [], "messages": [], "error": None}
sent = {"frames": 0}
reconnecting = threading.Event()


def on_stream_error(element, status):
    assert element is sink
    report["stream-errors"].append(status)


def on_fragment_ack(element, pointer):
    assert element is sink
    ack = FragmentAck.from_address(address_of(pointer))
    report["acks"].append(
        {
            "version": ack.version,
            "type": ack.ack_type,
            "timestamp": ack.timestamp,
            "number": ack.sequence_number.decode(),
            "result": ack.result,
        }
    )


def on_client_metric(element, pointer):
    assert element is sink
    metric = SinkMetric.from_address(address_of(pointer))
    report["metrics"].append(
        {
            "streamVersion": metric.stream.version,
            "clientVersion": metric.client.version,
            "frameRate": metric.stream.current_frame_rate,
            "transferred": metric.stream.transferred_bytes,
            "retries": metric.stream.stream_api_call_retry_count,
            "storeBytes": metric.client.content_store_size,
            "availableBytes": metric.client.content_store_available_size,
            "pts": metric.frame_pts,
            "first": metric.on_first_frame,
        }
    )


def plain(structure):
    fields = {}
    for index in range(structure.n_fields()):
        field = structure.nth_field_name(index)
        value = structure.get_value(field)
        fields[field] = value.value if hasattr(value, "value") else value
    return fields


def on_message(_bus, message):
    if message.type == Gst.MessageType.EOS:
        loop.quit()
    elif message.type == Gst.MessageType.ERROR:
        error, debug = message.parse_error()
        report["error"] = {
            "domain": error.domain,
            "code": error.code,
            "message": error.message,
            "debug": debug,
        }
        loop.quit()
    elif message.type == Gst.MessageType.ELEMENT and message.src is sink:
        structure = message.get_structure()
        report["messages"].append({"name": structure.get_name(), **plain(structure)})
        if structure.get_value("state") == "reconnecting":
            reconnecting.set()


def tag(name, value, persist):
    structure = Gst.Structure.new_empty("kvs-add-metadata")
    structure.set_value("name", name)
    structure.set_value("value", value)
    structure.set_value("persist", persist)
    return Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure)


def on_buffer(pad, _info):
    number = sent["frames"]
    sent["frames"] += 1
    if number == 10:
        assert pad.push_event(tag("site", "garden", True))
    elif number == 40:
        assert pad.push_event(tag("door", "open", False))
    elif number == 100:
        assert pad.push_event(tag("site", "", True))
    if stream == "lost" and number == frames - 1:
        reconnecting.wait(60)
    return Gst.PadProbeReturn.OK


pipeline.get_by_name("parse").get_static_pad("src").add_probe(
    Gst.PadProbeType.BUFFER, on_buffer
)
sink.connect("stream-error", on_stream_error)
sink.connect("fragment-ack", on_fragment_ack)
sink.connect("stream-client-metric", on_client_metric)
loop = GLib.MainLoop()
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message", on_message)
pipeline.set_state(Gst.State.PLAYING)
loop.run()
stats = sink.get_property("stats")
report["stats"] = plain(stats) if stats is not None else None
pipeline.set_state(Gst.State.NULL)
# What was posted while it stopped.
while (message := bus.pop_filtered(Gst.MessageType.ELEMENT)) is not None:
    on_message(bus, message)
report["sizes"] = {"ack": ctypes.sizeof(FragmentAck), "metric": ctypes.sizeof(SinkMetric)}
print(json.dumps(report))
