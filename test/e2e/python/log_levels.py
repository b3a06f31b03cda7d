"""Swaps the log-level of two elements while they play, and prints the levels of the producer's lines."""

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from playing import end, play  # noqa: E402

LEVELS = {"louder": ("error", "debug"), "quieter": ("debug", "error")}
PERSISTED = 3

Gst.init(None)
Gst.debug_set_default_threshold(Gst.DebugLevel.NONE)
Gst.debug_set_threshold_for_name("kvssink", Gst.DebugLevel.LOG)
Gst.debug_remove_log_function(None)

pipeline = Gst.parse_launch(
    " ".join(
        "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 ! "
        "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! h264parse ! "
        f"kvssink name={name} stream-name={name} log-level={before}"
        for name, (before, _after) in LEVELS.items()
    )
)
lines = {name: set() for name in LEVELS}
persisted = {name: 0 for name in LEVELS}
report = {}


def on_line(_category, level, _file, function, _line, source, _message, _data):
    # What comes from the producer; the rest of the category is the element's own.
    if function == "log" and source is not None and source.get_name() in lines:
        lines[source.get_name()].add(Gst.debug_level_get_name(level).strip())


def take():
    """The levels of all lines so far, which then are forgotten."""
    taken = {name: sorted(levels) for name, levels in lines.items()}
    for levels in lines.values():
        levels.clear()
    return taken


def on_message(message):
    structure = message.get_structure()
    if structure is None or structure.get_name() != "kvs-fragment-ack":
        return False
    if structure.get_string("type") != "persisted":
        return False
    persisted[message.src.get_name()] += 1
    if min(persisted.values()) < PERSISTED:
        return False
    if "before" not in report:
        report["before"] = take()
        for name, (_before, after) in LEVELS.items():
            Gst.util_set_object_arg(pipeline.get_by_name(name), "log-level", after)
        persisted.update({name: 0 for name in LEVELS})
    elif "after" not in report:
        # The producer knew of the change before it ended these fragments: what it logs now counts.
        report["after"] = []
        take()
        pipeline.send_event(Gst.Event.new_eos())
    return False


Gst.debug_add_log_function(on_line, None)
errors = play(pipeline, on_message)
report["after"] = take()
end(pipeline, errors, report)
