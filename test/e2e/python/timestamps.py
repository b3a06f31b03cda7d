"""Sends what an encoder makes to one kvssink for each way of stamping frames.

Arguments: encoders' ends as `TRACK:LAUNCH LINE`, TRACK being video or audio. The streams are called
as the modes. Prints, for each mode, the running times (ns) of every buffer on its way into kvssink:
{mode: {"startMs": …, "fileStartS": …, "tracks": {"1": [[pts, dts], …]}}}; what is absent is null.
"""

import json
import sys
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)
# Epoch time by the application, in the modes that take the buffers' times as they are.
EPOCH_NS = 1_700_000_000 * Gst.SECOND
# Mode: kvssink's properties, and what is added to running time on the way.
MODES = {
    "realtime": ("", 0),
    "near-realtime": ("streaming-type=near-realtime", 0),
    "realtime-original": ("use-original-pts=true", EPOCH_NS),
    "offline": ("streaming-type=offline", 0),
    "offline-start": ("streaming-type=offline file-start-time=1600000000", 0),
    "offline-media": ("streaming-type=offline file-start-time=0", EPOCH_NS),
    "offline-original": ("streaming-type=offline use-original-pts=true", EPOCH_NS),
}
ends = [argument.split(":", 1) for argument in sys.argv[1:]]
line = " ".join(
    f"kvssink name={mode} stream-name={mode} {properties}"
    for mode, (properties, _) in MODES.items()
)
for track, encoder in ends:
    line += f" {encoder} ! tee name={track}"
    for mode in MODES:
        line += f" {track}. ! queue name={mode}-{track} ! {mode}."
pipeline = Gst.parse_launch(line)
report = {}
# PyGObject makes a class when it is first named, and a thread that names it meanwhile finds it without its values.
# Each of the tracks has a thread of its own: all that they name is named here, before they run.
TIME, SEGMENT, PASS = Gst.Format.TIME, Gst.EventType.SEGMENT, Gst.PadProbeReturn.OK
TYPES = (Gst.Buffer, Gst.Event, Gst.Pad, Gst.PadProbeInfo, Gst.Segment)


def running_time(segment, timestamp):
    if timestamp == Gst.CLOCK_TIME_NONE:
        return None
    sign, running = segment.to_running_time_full(TIME, timestamp)
    return sign * running if sign else None


def on_buffer(pad, info, mode, track):
    # Tracks have threads of their own: whichever writes last, it looked before any buffer went on.
    now_ms = time.time_ns() / 1e6
    entry = report[mode]
    if entry["startMs"] is None:
        entry["startMs"] = now_ms
    buffer = info.get_buffer()
    segment = pad.get_sticky_event(SEGMENT, 0).parse_segment()
    entry["tracks"].setdefault(track, []).append(
        [running_time(segment, buffer.pts), running_time(segment, buffer.dts)]
    )
    return PASS


for mode, (_, offset) in MODES.items():
    sink = pipeline.get_by_name(mode)
    report[mode] = {
        "startMs": None,
        "fileStartS": sink.get_property("file-start-time"),
        "tracks": {},
    }
    for index, (track, _) in enumerate(sorted(ends, reverse=True)):
        pad = pipeline.get_by_name(f"{mode}-{track}").get_static_pad("src")
        pad.set_offset(offset)
        pad.get_peer().add_probe(Gst.PadProbeType.BUFFER, on_buffer, mode, str(index + 1))
bus = pipeline.get_bus()
pipeline.set_state(Gst.State.PLAYING)
message = bus.timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
pipeline.set_state(Gst.State.NULL)
if message is None or message.type != Gst.MessageType.EOS:
    print(message and message.parse_error(), file=sys.stderr)
    sys.exit(1)
print(json.dumps(report))
