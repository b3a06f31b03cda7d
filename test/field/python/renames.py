"""Streams 60 frames as `first`, though the name is set in PAUSED, then 60 as `second`, set in NULL."""

from watch import Gst, Watch

pipeline = Gst.parse_launch(
    "videotestsrc num-buffers=60 ! video/x-raw,width=160,height=120,framerate=30/1 ! "
    "x264enc key-int-max=30 ! h264parse ! kvssink name=sink stream-name=first"
)
sink = pipeline.get_by_name("sink")
watch = Watch(pipeline)
pipeline.set_state(Gst.State.PAUSED)
pipeline.get_state(Gst.SECOND)
sink.set_property("stream-name", "second")
watch.start()
watch.wait()
pipeline.set_state(Gst.State.NULL)
watch.ended = None
watch.start()
watch.wait()
watch.finish()
