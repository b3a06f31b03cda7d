"""Two encoded cameras behind an input-selector, switched in mid-GOP. Arguments: stream name, the second one's size, GOP of both."""

import sys

from watch import Gst, Watch

name, size, gop = sys.argv[1], sys.argv[2], sys.argv[3]
width, height = size.split("x")
SOURCE = (
    "videotestsrc is-live=true num-buffers=150 pattern={} ! "
    "video/x-raw,width={},height={},framerate=30/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max={} ! "
    "h264parse config-interval=-1 ! queue ! sel.sink_{} "
)
pipeline = Gst.parse_launch(
    f"input-selector name=sel ! kvssink stream-name={name} "
    + SOURCE.format("ball", 320, 240, gop, 0)
    + SOURCE.format("snow", width, height, gop, 1)
)
selector = pipeline.get_by_name("sel")
requests = []


def on_event(pad, info):
    structure = info.get_event().get_structure()
    if structure is not None and structure.get_name() == "GstForceKeyUnit":
        requests.append(pad.get_name())
    return Gst.PadProbeReturn.OK


for pad in selector.sinkpads:
    pad.add_probe(Gst.PadProbeType.EVENT_UPSTREAM, on_event)
watch = Watch(pipeline)
watch.start()
for turn in range(1, 4):
    watch.wait(1.3)
    selector.set_property("active-pad", selector.get_static_pad(f"sink_{turn % 2}"))
watch.wait()
print(f"asked for key frames: {len(requests)}", file=sys.stderr)
assert len(requests) >= 2, requests
watch.finish()
