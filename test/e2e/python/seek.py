"""Plays a film into kvssink and jumps back to its start, after two seconds of it or at its end.

Arguments: file, stream name, `middle` or `end`, further properties of kvssink. Prints how many
frames went into kvssink before and after the jump.
"""

import sys
import threading

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

from playing import end, play  # noqa: E402

Gst.init(None)
file, stream, where = sys.argv[1:4]
pipeline = Gst.parse_launch(
    f"filesrc location={file} ! qtdemux ! h264parse name=parse ! kvssink name=sink "
    + " ".join(sys.argv[4:])
)
pipeline.get_by_name("sink").set_property("stream-name", stream)
counted = {"before": 0, "after": 0}
jumped = {"is": False}
flushing = threading.Event()


def jump():
    flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT
    # Sent to the parser: kvssink does not seek, it is not a player.
    assert pipeline.get_by_name("parse").seek_simple(Gst.Format.TIME, flags, 0)
    return False


def on_data(_pad, info):
    if info.type & Gst.PadProbeType.BUFFER:
        if jumped["is"]:
            counted["after"] += 1
        else:
            if counted["before"] == 60 and where == "middle":
                # kvssink has taken the 60th. The flush takes this one.
                GLib.idle_add(jump)
                flushing.wait()
                return Gst.PadProbeReturn.DROP
            counted["before"] += 1
    elif info.get_event().type == Gst.EventType.FLUSH_START:
        flushing.set()
    elif info.get_event().type == Gst.EventType.FLUSH_STOP:
        jumped["is"] = True
    return Gst.PadProbeReturn.OK


def on_message(message):
    if message.type != Gst.MessageType.EOS or jumped["is"]:
        return False
    jump()
    return True


pipeline.get_by_name("sink").get_static_pad("video_0").add_probe(
    Gst.PadProbeType.BUFFER | Gst.PadProbeType.EVENT_DOWNSTREAM | Gst.PadProbeType.EVENT_FLUSH,
    on_data,
)
end(pipeline, play(pipeline, on_message), counted)
