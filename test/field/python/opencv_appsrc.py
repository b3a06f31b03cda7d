"""90 pictures as a program with OpenCV pushes them: BGR, no times, no frame rate. Argument: stream name."""

import sys
import threading

from units import as_buffer, push_in_real_time
from watch import Gst, Watch

WIDTH, HEIGHT = 160, 120
pictures = [as_buffer(bytes([index % 256]) * (WIDTH * HEIGHT * 3)) for index in range(90)]
pipeline = Gst.parse_launch(
    "appsrc name=src format=time is-live=true do-timestamp=true "
    f"caps=video/x-raw,format=BGR,width={WIDTH},height={HEIGHT},framerate=0/1 ! videoconvert ! "
    f"x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! h264parse ! kvssink stream-name={sys.argv[1]}"
)
watch = Watch(pipeline)
watch.start()
threading.Thread(
    target=push_in_real_time, args=(pipeline.get_by_name("src"), pictures)
).start()
watch.wait()
watch.finish()
