"""Adds a kvssink to a running tee, takes it off again after a while, and so on.

Arguments: `eos` to send it EOS first, or `cut`; stream names.
"""

import sys
import time

from watch import Gst, Watch

FRAMES = 45
pipeline = Gst.parse_launch(
    "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse config-interval=-1 ! "
    "tee name=t allow-not-linked=true ! queue ! fakesink async=false"
)
tee = pipeline.get_by_name("t")
watch = Watch(pipeline)
watch.start()


def record(stream):
    branch = Gst.parse_bin_from_description(f"queue ! kvssink name=sink stream-name={stream}", True)
    sink = branch.get_by_name("sink")
    watch.add(sink)
    pipeline.add(branch)
    branch.sync_state_with_parent()
    pad = tee.request_pad_simple("src_%u")
    pad.link(branch.get_static_pad("sink"))
    frames = watch.sinks[sink]["pads"]["video_0"]
    while len(frames) < FRAMES:
        watch.wait(0.02)
    gone = []
    pad.add_probe(Gst.PadProbeType.BLOCK_DOWNSTREAM, lambda pad, _: take_off(pad, branch, gone))
    while not gone:
        watch.wait(0.02)
    # With EOS kvssink drains what it has before it lets itself be stopped; without, too.
    branch.set_state(Gst.State.NULL)
    pipeline.remove(branch)


def take_off(pad, branch, gone):
    if gone:
        return Gst.PadProbeReturn.OK
    inner = branch.get_static_pad("sink")
    pad.unlink(inner)
    if sys.argv[1] == "eos":
        inner.send_event(Gst.Event.new_eos())
    tee.release_request_pad(pad)
    gone.append(True)
    return Gst.PadProbeReturn.REMOVE


for name in sys.argv[2:]:
    record(name)
    time.sleep(0.1)
pipeline.send_event(Gst.Event.new_eos())
watch.wait()
watch.finish()
