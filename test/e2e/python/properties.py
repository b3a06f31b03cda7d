"""Writes every writable property of a kvssink that is not running and reads it back."""

import json

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402

Gst.init(None)
sink = Gst.ElementFactory.make("kvssink")
kinds = {}
wrong = []
for spec in sink.list_properties():
    if spec.owner_type.name != "GstKvsSink" or not spec.flags & GObject.ParamFlags.WRITABLE:
        continue
    kind = spec.value_type
    before = sink.get_property(spec.name)
    values = []
    if kind.is_a(GObject.TYPE_STRING):
        values = ["one", None, "zwölf Zeichen", before]
    elif kind.is_a(GObject.TYPE_BOOLEAN):
        values = [not before, before]
    elif kind.is_a(GObject.TYPE_UINT):
        values = [0, 1, 2**32 - 1, before]
    elif kind.is_a(GObject.TYPE_UINT64):
        values = [0, 2**64 - 1, before]
    elif kind.is_a(GObject.TYPE_ENUM):
        values = [value for number, value in kind.pytype.__enum_values__.items()]
    elif kind.is_a(Gst.Structure.__gtype__):
        structure = Gst.Structure.new_empty("anything")
        structure.set_value("site", "north, gate 1")
        values = [structure]
    for value in values:
        sink.set_property(spec.name, value)
        after = sink.get_property(spec.name)
        same = after.is_equal(value) if isinstance(value, Gst.Structure) else after == value
        if not same:
            wrong.append([spec.name, str(value), str(after)])
        kinds[kind.fundamental.name] = kinds.get(kind.fundamental.name, 0) + 1
# An application may also go by names.
sink.set_property("streaming-type", "offline")
if sink.get_property("streaming-type").value_nick != "offline":
    wrong.append(["streaming-type", "offline", "by nick"])
try:
    sink.set_property("stats", Gst.Structure.new_empty("stats"))
    wrong.append(["stats", "", "can be written"])
except TypeError:
    pass
print(json.dumps({"kinds": kinds, "wrong": wrong}))
