#!/usr/bin/env python3
"""A network camera made of a test picture: RTSP at rtsp://HOST:PORT/PATH, over TCP or UDP.

    camera.py [--port 8554] [--path /test] [--user NAME --password WORD [--digest]]
              [--codec h264|h265|none] [--audio aac|alaw|mulaw|none] [--size 640x480] [--fps 25]

Debian packages: python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-{base,good,ugly},
for --codec h265 and --audio aac also gstreamer1.0-plugins-bad.
"""

import argparse
import signal

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

VIDEO = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=1000 key-int-max={fps}"
    " ! rtph264pay name=pay{pay} pt=96 config-interval=1",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast bitrate=1000 key-int-max={fps}"
    " ! rtph265pay name=pay{pay} pt=96 config-interval=1",
}
AUDIO = {
    "aac": "voaacenc ! rtpmp4gpay name=pay{pay} pt=97",
    "alaw": "audioresample ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay{pay} pt=8",
    "mulaw": "audioresample ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay{pay} pt=0",
}


def launch_line(options):
    parts = []
    if options.codec != "none":
        width, height = options.size.split("x")
        parts.append(
            f"videotestsrc is-live=true ! video/x-raw,width={width},height={height},framerate={options.fps}/1"
            " ! timeoverlay ! " + VIDEO[options.codec].format(fps=options.fps, pay=len(parts))
        )
    if options.audio != "none":
        parts.append(
            "audiotestsrc is-live=true ! audioconvert ! " + AUDIO[options.audio].format(pay=len(parts))
        )
    return "( " + "  ".join(parts) + " )"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", default="8554", help="0: any free one")
    parser.add_argument("--path", default="/test")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--digest", action="store_true", help="digest instead of basic authentication")
    parser.add_argument("--codec", default="h264", choices=[*VIDEO, "none"])
    parser.add_argument("--audio", default="none", choices=[*AUDIO, "none"])
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--fps", default=25, type=int)
    options = parser.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer(service=options.port)
    factory = GstRtspServer.RTSPMediaFactory(launch=launch_line(options), shared=True)
    if options.user:
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        password = options.password or ""
        if options.digest:
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
            auth.add_digest(options.user, password, token)
        else:
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic(options.user, password), token)
        server.set_auth(auth)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory(options.path, factory)
    if server.attach(None) == 0:
        raise SystemExit(f"port {options.port} is taken")

    loop = GLib.MainLoop()
    for number in (signal.SIGINT, signal.SIGTERM):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
    print(f"rtsp://127.0.0.1:{server.get_bound_port()}{options.path}", flush=True)
    loop.run()


if __name__ == "__main__":
    main()
