"""Plays a launch line to its end.

Arguments: the line, then changes as SECONDS ELEMENT.PROPERTY=VALUE or SECONDS ELEMENT:PAD.PROPERTY=VALUE
(0 is before the pipeline plays), or SECONDS eos.
"""

import sys
import time

from watch import Gst, Watch

pipeline = Gst.parse_launch(sys.argv[1])
watch = Watch(pipeline)


def make(change):
    if change == "eos":
        pipeline.send_event(Gst.Event.new_eos())
        return
    target, value = change.split("=", 1)
    name, prop = target.rsplit(".", 1)
    name, _, pad = name.partition(":")
    element = pipeline.get_by_name(name)
    Gst.util_set_object_arg(element.get_static_pad(pad) if pad else element, prop, value)


changes = [(float(at), change) for at, change in zip(sys.argv[2::2], sys.argv[3::2])]
for at, change in changes:
    if at == 0:
        make(change)
watch.start()
started = time.monotonic()
for at, change in changes:
    if at > 0:
        if watch.wait(started + at - time.monotonic()):
            break
        make(change)
watch.wait()
watch.finish()
