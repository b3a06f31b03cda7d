"""120 frames in real time, their key frames with HEADER and MARKER. Argument: stream name."""

import sys
import threading

from units import CAPS, access_units, as_buffer, flags_of, push_in_real_time
from watch import Gst, Watch

KEY_FRAME = Gst.BufferFlags.HEADER | Gst.BufferFlags.MARKER
buffers = [
    as_buffer(data, index / 30, KEY_FRAME if is_key else flags_of(False))
    for index, (data, is_key) in enumerate(access_units(120))
]
pipeline = Gst.parse_launch(
    f'appsrc name=src format=time is-live=true caps="{CAPS}" ! kvssink stream-name={sys.argv[1]}'
)
watch = Watch(pipeline)
watch.start()
threading.Thread(target=push_in_real_time, args=(pipeline.get_by_name("src"), buffers)).start()
watch.wait()
watch.finish()
