"""An RTSP camera with H.264 and A-law, and an application that links the pads of its rtspsrc in pad-added.

Arguments: the stream, and the media that it links.
"""

import sys
import threading

import gi
from watch import Gst, Watch

gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, GstRtspServer  # noqa: E402

STREAM, *WANTED = sys.argv[1:]

server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    "( videotestsrc is-live=true num-buffers=150 ! video/x-raw,width=160,height=120,framerate=30/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! rtph264pay name=pay0 config-interval=-1 "
    "audiotestsrc is-live=true num-buffers=250 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! "
    "alawenc ! rtppcmapay name=pay1 )"
)
server.get_mount_points().add_factory("/camera", factory)
assert server.attach(None) != 0
loop = GLib.MainLoop()
threading.Thread(target=loop.run, daemon=True).start()

pipeline = Gst.parse_launch(
    f"rtspsrc name=camera location=rtsp://127.0.0.1:{server.get_bound_port()}/camera protocols=tcp latency=200 "
    f"kvssink name=sink stream-name={STREAM}"
)
sink = pipeline.get_by_name("sink")
watch = Watch(pipeline)
CHAINS = {
    "video": "rtph264depay ! h264parse ! queue",
    "audio": "rtppcmadepay ! queue",
}


def link(pad, media):
    chain = Gst.parse_bin_from_description(CHAINS[media], True)
    pipeline.add(chain)
    chain.sync_state_with_parent()
    pad.link(chain.get_static_pad("sink"))
    chain.get_static_pad("src").link(sink.request_pad_simple(f"{media}_%u"))


def on_pad(_camera, pad):
    media = pad.get_current_caps().get_structure(0).get_string("media")
    if media in WANTED:
        link(pad, media)


pipeline.get_by_name("camera").connect("pad-added", on_pad)
watch.start()
watch.wait()
watch.finish()
