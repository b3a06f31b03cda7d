"""An RTSP camera on a port of its own: `port N` when it listens, `frames N` when its film is over.

Arguments: number of frames, or -1 for a camera that never stops; `tcp` for one without UDP.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    f"( videotestsrc is-live=true num-buffers={sys.argv[1]} ! "
    "video/x-raw,width=320,height=240,framerate=30/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! "
    "video/x-h264,profile=baseline ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)
if "tcp" in sys.argv[2:]:
    factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
counted = {"frames": 0}


def on_data(_pad, info):
    if info.type & Gst.PadProbeType.BUFFER:
        counted["frames"] += 1
    elif info.get_event().type == Gst.EventType.EOS:
        print("frames", counted["frames"], flush=True)
    return Gst.PadProbeReturn.OK


def on_configure(_factory, media):
    pay = media.get_element().get_by_name_recurse_up("pay0")
    pay.get_static_pad("sink").add_probe(
        Gst.PadProbeType.BUFFER | Gst.PadProbeType.EVENT_DOWNSTREAM, on_data
    )


factory.connect("media-configure", on_configure)
server.get_mount_points().add_factory("/camera", factory)
assert server.attach(None) != 0
print("port", server.get_bound_port(), flush=True)
GLib.MainLoop().run()
