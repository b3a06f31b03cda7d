"""Access units of a short clip, for programs that push them into an appsrc as some camera does."""

import threading
import time

from watch import Gst, Watch

CAPS = "video/x-h264,stream-format=byte-stream,alignment=au,width=160,height=120,framerate=30/1"


def access_units(frames, gop=30, width=160, height=120, encoder=None):
    """H.264 of a test picture, parameter sets at each key frame: a list of (bytes, is key frame)."""
    encoder = encoder or f"x264enc key-int-max={gop} bframes=0 speed-preset=ultrafast"
    pipeline = Gst.parse_launch(
        f"videotestsrc num-buffers={frames} ! "
        f"video/x-raw,width={width},height={height},framerate=30/1 ! {encoder} ! "
        "h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au ! "
        "appsink name=out sync=false"
    )
    out = pipeline.get_by_name("out")
    pipeline.set_state(Gst.State.PLAYING)
    units = []
    while (sample := out.emit("pull-sample")) is not None:
        buffer = sample.get_buffer()
        is_key = not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT)
        units.append((buffer.extract_dup(0, buffer.get_size()), is_key))
    pipeline.set_state(Gst.State.NULL)
    return units


def as_buffer(data, pts=None, flags=0):
    """A buffer with a PTS in seconds, or none."""
    buffer = Gst.Buffer.new_wrapped(data)
    if pts is not None:
        buffer.pts = round(pts * Gst.SECOND)
    buffer.set_flags(Gst.BufferFlags(int(flags)))
    return buffer


def flags_of(is_key):
    """As an encoder sets them."""
    return 0 if is_key else Gst.BufferFlags.DELTA_UNIT


def push_in_real_time(src, buffers, fps=30):
    """Pushes into an appsrc at the rate of the frames, then EOS.

    A list in the list is what comes at one time; None is a frame that is missing.
    """
    start = time.monotonic()
    for index, entry in enumerate(buffers):
        time.sleep(max(0, start + index / fps - time.monotonic()))
        for buffer in entry if isinstance(entry, list) else [entry]:
            if buffer is not None:
                src.emit("push-buffer", buffer)
    src.emit("end-of-stream")


def push_to_kvssink(stream, buffers, caps=CAPS, properties="", fps=30):
    """Plays buffers in real time into a kvssink of its own, and prints what happened."""
    pipeline = Gst.parse_launch(
        f'appsrc name=src format=time is-live=true caps="{caps}" ! '
        f"kvssink stream-name={stream} {properties}"
    )
    watch = Watch(pipeline)
    watch.start()
    source = pipeline.get_by_name("src")
    threading.Thread(target=push_in_real_time, args=(source, buffers, fps)).start()
    watch.wait()
    watch.finish()
