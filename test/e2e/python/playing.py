"""Plays a pipeline to its end, as every program here does that has a main loop."""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


def play(pipeline, on_message=None):
    """Plays until EOS or an error, and gives the errors.

    on_message sees each message first; where it returns True, the message is dealt with.
    """
    errors = []
    loop = GLib.MainLoop()

    def watch(_bus, message):
        if on_message is not None and on_message(message):
            return
        if message.type == Gst.MessageType.EOS:
            loop.quit()
        elif message.type == Gst.MessageType.ERROR:
            error, debug = message.parse_error()
            errors.append(f"{error.message} {debug}")
            loop.quit()

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", watch)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    return errors


def end(pipeline, errors, report):
    """Stops the pipeline, prints the report, and ends the program: with 1 if there were errors."""
    pipeline.set_state(Gst.State.NULL)
    print(json.dumps(report))
    for error in errors:
        print(error, file=sys.stderr)
    sys.exit(1 if errors else 0)
