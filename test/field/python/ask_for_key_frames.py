"""Plays a launch line, and asks the pipeline for a key frame each time so many frames have passed.

Arguments: the line, and the numbers of the frames at which to ask.
"""

import sys

from watch import Gst, Watch

pipeline = Gst.parse_launch(sys.argv[1])
wanted = [int(number) for number in sys.argv[2:]]
watch = Watch(pipeline)
passed = 0


def on_frame(_pad, _info):
    global passed
    passed += 1
    if passed in wanted:
        # What GstVideo.video_event_new_upstream_force_key_unit makes.
        request = Gst.Structure.from_string(
            "GstForceKeyUnit, running-time=(guint64)18446744073709551615, all-headers=(boolean)true, count=(uint)0"
        )[0]
        if not pipeline.send_event(Gst.Event.new_custom(Gst.EventType.CUSTOM_UPSTREAM, request)):
            watch.errors.append("nobody took the request for a key frame")
    return Gst.PadProbeReturn.OK


encoder = pipeline.get_by_name("encoder")
encoder.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, on_frame)
watch.start()
watch.wait()
watch.finish()
