"""Runs the pipelines whose launch lines come by standard input, one after the other, each to its end.
Prints one line of JSON for each: what kvssink posted, and how it ended. The first line is a pipeline
that stays in READY, so that all others have one host."""
import json
import sys
import gi
gi.require_version('Gst', '1.0')
from gi.repository import Gst

Gst.init(None)
keeper = Gst.parse_launch(sys.stdin.readline())
keeper.set_state(Gst.State.READY)
KINDS = Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.WARNING | Gst.MessageType.ELEMENT


def said(message):
    if message.type == Gst.MessageType.ELEMENT:
        return {'type': 'element', 'text': message.get_structure().to_string()}
    if message.type == Gst.MessageType.ERROR:
        return {'type': 'error', 'text': message.parse_error()[0].message}
    if message.type == Gst.MessageType.WARNING:
        return {'type': 'warning', 'text': message.parse_warning()[0].message}
    return {'type': 'eos', 'text': ''}


for line in sys.stdin:
    pipeline = Gst.parse_launch(line)
    bus = pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    messages = []
    while not messages or messages[-1]['type'] not in ('eos', 'error'):
        message = bus.timed_pop_filtered(20 * Gst.SECOND, KINDS)
        if message is None:
            messages.append({'type': 'error', 'text': 'nothing was heard for 20 seconds'})
        elif message.type == Gst.MessageType.EOS or 'kvssink' in message.src.get_name():
            messages.append(said(message))
    pipeline.set_state(Gst.State.NULL)
    print(json.dumps(messages), flush=True)
keeper.set_state(Gst.State.NULL)
