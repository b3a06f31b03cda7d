"""Plays a launch line to its end. Arguments: the line, then changes as SECONDS ELEMENT.PROPERTY=VALUE."""

import sys
import time

from watch import Gst, Watch

pipeline = Gst.parse_launch(sys.argv[1])
watch = Watch(pipeline)
watch.start()
started = time.monotonic()
for at, change in zip(sys.argv[2::2], sys.argv[3::2]):
    if watch.wait(started + float(at) - time.monotonic()):
        break
    target, value = change.split("=", 1)
    name, prop = target.split(".", 1)
    Gst.util_set_object_arg(pipeline.get_by_name(name), prop, value)
watch.wait()
watch.finish()
