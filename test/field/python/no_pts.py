"""90 frames in real time without any times. Argument: stream name."""

import sys

from units import access_units, as_buffer, flags_of, push_to_kvssink

push_to_kvssink(
    sys.argv[1], [as_buffer(data, None, flags_of(is_key)) for data, is_key in access_units(90)]
)
