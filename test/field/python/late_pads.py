"""Pads of a kvssink that come and go while it plays. Arguments: the stream, then steps in turn.

video:SECONDS, audio:SECONDS  a live source of that length is added and linked
unlinked                      a pad is requested that nothing is ever linked to
release:PAD                   the source of this pad is taken away, and the pad released
wait:SECONDS
"""

import sys
import time

from watch import Gst, Watch

SOURCES = {
    "video": "videotestsrc is-live=true num-buffers={video} ! video/x-raw,width=160,height=120,framerate=30/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! h264parse ! queue",
    "audio": "audiotestsrc is-live=true num-buffers={audio} samplesperbuffer=1024 ! "
    "audio/x-raw,rate=48000,channels=1 ! avenc_aac ! aacparse ! queue",
}

pipeline = Gst.Pipeline.new(None)
sink = Gst.ElementFactory.make("kvssink", None)
sink.set_property("stream-name", sys.argv[1])
pipeline.add(sink)
watch = Watch(pipeline)
started = False


def add(kind, seconds):
    line = SOURCES[kind].format(video=round(seconds * 30), audio=round(seconds * 48000 / 1024))
    source = Gst.parse_bin_from_description(line, True)
    pipeline.add(source)
    pad = sink.request_pad_simple(f"{kind}_%u")
    assert source.get_static_pad("src").link(pad) == Gst.PadLinkReturn.OK
    source.sync_state_with_parent()


def release(name):
    pad = sink.get_static_pad(name)
    ghost = pad.get_peer()
    source = ghost.get_parent_element()
    blocked = []
    ghost.add_probe(Gst.PadProbeType.BLOCK_DOWNSTREAM, lambda *_: blocked.append(True) or Gst.PadProbeReturn.OK)
    until = time.monotonic() + 5
    while not blocked and time.monotonic() < until:
        time.sleep(0.005)
    ghost.unlink(pad)
    sink.release_request_pad(pad)
    source.set_locked_state(True)
    source.set_state(Gst.State.NULL)
    pipeline.remove(source)


for step in sys.argv[2:]:
    what, _, value = step.partition(":")
    if what == "wait":
        if not started:
            watch.start()
            started = True
        watch.wait(float(value))
    elif what == "unlinked":
        sink.request_pad_simple("audio_%u")
    elif what == "release":
        release(value)
    else:
        add(what, float(value))
if not started:
    watch.start()
watch.wait()
watch.finish()
