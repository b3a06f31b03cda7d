"""kvssink behind udpsrc; two senders of MPEG-TS, 60 frames each, one after the other. Argument: stream name."""

import sys

from gi.repository import Gio  # noqa: F401 (udpsrc's socket is one)
from watch import Gst, Watch

pipeline = Gst.parse_launch(
    "udpsrc name=src port=0 address=127.0.0.1 caps=video/mpegts ! tsdemux ! h264parse ! "
    f"kvssink stream-name={sys.argv[1]}"
)
watch = Watch(pipeline)
pipeline.set_state(Gst.State.PAUSED)
port = pipeline.get_by_name("src").get_property("used-socket").get_local_address().get_port()
watch.start()
for _ in range(2):
    sender = Gst.parse_launch(
        "videotestsrc is-live=true num-buffers=60 ! "
        "video/x-raw,width=160,height=120,framerate=30/1 ! "
        "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse config-interval=-1 ! "
        f"mpegtsmux alignment=7 ! udpsink host=127.0.0.1 port={port}"
    )
    sender.set_state(Gst.State.PLAYING)
    sender.get_bus().timed_pop_filtered(20 * Gst.SECOND, Gst.MessageType.EOS)
    sender.set_state(Gst.State.NULL)
    watch.wait(0.3)
pipeline.send_event(Gst.Event.new_eos())
watch.wait()
watch.finish()
