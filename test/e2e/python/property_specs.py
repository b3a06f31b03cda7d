"""Prints what GObject says of each property of kvssink, and what a new one has."""

import json

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

Gst.init(None)
sink = Gst.ElementFactory.make("kvssink")


def plain(value):
    """An enum by its nick, no structure."""
    return getattr(value, "value_nick", value)


specs = {}
for spec in sink.list_properties():
    if spec.owner_type != sink.__gtype__:
        continue
    specs[spec.name] = {
        "type": spec.value_type.fundamental.name,
        "param": spec.__gtype__.name,
        "live": bool(spec.flags & Gst.PARAM_MUTABLE_PLAYING),
        "default": str(plain(spec.default_value)) if hasattr(spec, "default_value") else None,
        "value": str(plain(sink.get_property(spec.name))),
        "range": [str(spec.minimum), str(spec.maximum)] if hasattr(spec, "minimum") else None,
        "nicks": [
            spec.enum_class.__enum_values__[number].value_nick
            for number in sorted(spec.enum_class.__enum_values__)
        ]
        if hasattr(spec, "enum_class")
        else None,
    }
print(json.dumps(specs))
