"""Plays a launch line several times over, as applications loop a file.

Arguments: the line, how often, and `segment` (a seek at each SEGMENT_DONE) or `flush` (a seek that
flushes at each EOS).
"""

import sys

from watch import Gst, Watch

LINE, ROUNDS, HOW = sys.argv[1], int(sys.argv[2]), sys.argv[3]
FLUSH, SEGMENT = Gst.SeekFlags.FLUSH, Gst.SeekFlags.SEGMENT


class Loop(Watch):
    """Seeks to the beginning until all rounds are played."""

    def __init__(self, pipeline):
        super().__init__(pipeline)
        self.left = ROUNDS

    def seek(self, flags):
        self.left -= 1
        if not self.pipeline.seek_simple(Gst.Format.TIME, flags, 0):
            self.errors.append("the seek was refused")

    def start(self):
        # In PAUSED nothing passes identity, and the demuxer can be asked to seek once it is linked.
        self.pipeline.set_state(Gst.State.PAUSED)
        self.pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.STREAM_START)
        self.seek(FLUSH | SEGMENT if HOW == "segment" else FLUSH)
        super().start()

    def _take(self, message):
        if message.type == Gst.MessageType.SEGMENT_DONE:
            self.seek(SEGMENT if self.left > 1 else Gst.SeekFlags.NONE)
        elif message.type == Gst.MessageType.EOS and HOW == "flush" and self.left > 0:
            self.seek(FLUSH)
        else:
            super()._take(message)


loop = Loop(Gst.parse_launch(LINE))
loop.start()
loop.wait()
loop.finish()
