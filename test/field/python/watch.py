"""What goes into each kvssink of a pipeline, and what the bus says: every program here prints it.

A buffer is [running time of its PTS in ns, of its DTS, wall clock in ns, bytes, flags, whether its
PTS lies outside its segment]; what is absent is null. Frames are counted where kvssink gets them, whatever the pipeline is made of.
"""

import json
import os
import sys
import time
import traceback

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)
DROPPED = ("kvs-dropped-frames", "kvs-dropped-fragment")
PATIENCE_S = 60


class Watch:
    """Watches a pipeline's kvssinks from before it plays to its end."""

    def __init__(self, pipeline):
        self.pipeline = pipeline
        self.errors = []
        self.ended = None
        self.sinks = {}
        self._bus = pipeline.get_bus()
        for element in _elements(pipeline):
            if element.get_factory() and element.get_factory().get_name() == "kvssink":
                self.add(element)

    def add(self, sink):
        """Watches a kvssink, those of its pads too that come later."""
        self.sinks[sink] = {
            "stream": sink.get_property("stream-name"),
            "pads": {},
            "told": [],
            "warnings": [],
            "messages": [],
        }
        sink.connect("pad-added", lambda element, pad: self._watch_pad(element, pad))
        for pad in sink.sinkpads:
            self._watch_pad(sink, pad)

    def _watch_pad(self, sink, pad):
        # A pad of this name may have been here before.
        frames = self.sinks[sink]["pads"].setdefault(pad.get_name(), [])

        _watch_frames(pad, frames)

    def start(self):
        self.pipeline.set_state(Gst.State.PLAYING)

    def wait(self, seconds=PATIENCE_S):
        """Takes what the bus says until EOS, an error, or as long as told. @returns whether it ended."""
        until = time.monotonic() + seconds
        while self.ended is None and (left := until - time.monotonic()) > 0:
            message = self._bus.timed_pop(int(left * Gst.SECOND))
            if message is not None:
                self._take(message)
        return self.ended is not None

    def _take(self, message):
        heard = self.sinks.get(message.src)
        if message.type == Gst.MessageType.EOS:
            self.ended = "eos"
        elif message.type == Gst.MessageType.ERROR:
            error, _debug = message.parse_error()
            self.errors.append(error.message)
            self.ended = "error"
        elif heard is not None and message.type == Gst.MessageType.WARNING:
            heard["warnings"].append(message.parse_warning()[0].message)
        elif heard is not None and message.type == Gst.MessageType.ELEMENT:
            structure = message.get_structure()
            heard["messages"].append(structure.get_name())
            if structure.get_name() in DROPPED:
                reason = structure.get_string("reason")
                heard["told"].append({"reason": reason, "frames": structure.get_uint("frames")[1]})

    def finish(self):
        """Stops the pipeline and prints everything."""
        if self.ended is None:
            self.ended = "nothing"
        self.pipeline.set_state(Gst.State.NULL)
        ended = self.ended
        while (message := self._bus.pop()) is not None:
            self._take(message)
        sinks = {sink.pop("stream"): sink for sink in self.sinks.values()}
        json.dump({"ended": ended, "errors": self.errors, "sinks": sinks}, sys.stdout)
        sys.stdout.flush()


def run(pipeline):
    """Plays a pipeline to its end and prints what happened."""
    watch = Watch(pipeline)
    watch.start()
    watch.wait()
    watch.finish()


def _elements(pipeline):
    iterator = pipeline.iterate_recurse()
    while (step := iterator.next())[0] == Gst.IteratorResult.OK:
        yield step[1]


def _watch_frames(pad, frames):
    def on_data(pad, info):
        try:
            if info.type & Gst.PadProbeType.BUFFER_LIST:
                buffers = info.get_buffer_list()
                for index in range(buffers.length()):
                    frames.append(_describe(pad, buffers.get(index)))
            else:
                frames.append(_describe(pad, info.get_buffer()))
        except Exception:
            # An exception would be taken for PadProbeReturn.DROP: the frame would be gone.
            traceback.print_exc()
            os._exit(1)
        return Gst.PadProbeReturn.OK

    pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, on_data)


def _load_types():
    """PyGObject makes a class when it is first used, and two threads must not be at it at once."""
    sink = Gst.ElementFactory.make("fakesink")
    sink.set_property("async", False)
    pad = sink.get_static_pad("sink")
    frames = []
    _watch_frames(pad, frames)
    sink.set_state(Gst.State.PLAYING)
    segment = Gst.Segment()
    segment.init(Gst.Format.TIME)
    pad.send_event(Gst.Event.new_stream_start("types"))
    pad.send_event(Gst.Event.new_segment(segment))
    buffer = Gst.Buffer.new_allocate(None, 1, None)
    buffer.pts = buffer.dts = 0
    pad.chain(buffer)
    buffers = Gst.BufferList.new()
    buffers.insert(-1, buffer.copy())
    pad.chain_list(buffers)
    sink.set_state(Gst.State.NULL)
    assert len(frames) == 2


def _describe(pad, buffer):
    segment = pad.get_sticky_event(Gst.EventType.SEGMENT, 0)
    segment = segment.parse_segment() if segment else None
    return [
        _running_time(segment, buffer.pts),
        _running_time(segment, buffer.dts),
        time.time_ns(),
        buffer.get_size(),
        int(buffer.get_flags()),
        _is_clipped(segment, buffer.pts),
    ]


def _is_clipped(segment, pts):
    if pts == Gst.CLOCK_TIME_NONE or segment is None or segment.format != Gst.Format.TIME:
        return False
    return segment.to_running_time(Gst.Format.TIME, pts) == Gst.CLOCK_TIME_NONE


def _running_time(segment, timestamp):
    if timestamp == Gst.CLOCK_TIME_NONE or segment is None or segment.format != Gst.Format.TIME:
        return None
    sign, running = segment.to_running_time_full(Gst.Format.TIME, timestamp)
    return sign * running if sign else None


_load_types()
