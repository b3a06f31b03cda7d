// scriptedsrc: pushes buffers and events that a test has written down, bytes, times and flags as
// they stand there. No real source can be made to do all that sources in the field do.
#include <gst/gst.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

/// One entry of the script, as test/property/script.ts writes it: little-endian, then the payload.
struct Step {
  guint8 type;
  guint8 pad;
  guint16 reserved;
  guint32 flags;
  guint64 pts_ns;
  guint64 dts_ns;
  guint64 duration_ns;
  guint32 size;
  guint32 padding;
};
static_assert(sizeof(Step) == 40, "script.ts writes 40 bytes");

enum StepType : guint8 { kCaps = 1, kBuffer = 2, kGap = 3, kSegment = 4, kFlush = 5, kEos = 6 };

struct ScriptedSrc {
  GstElement parent;
  std::string* script;
  gboolean live;
  std::vector<GstPad*>* pads;
  std::thread* thread;
  std::atomic<bool>* stopping;
};
struct ScriptedSrcClass {
  GstElementClass parent_class;
};

G_DEFINE_TYPE(ScriptedSrc, scripted_src, GST_TYPE_ELEMENT)

enum { kPropScript = 1, kPropLive };

GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src_%u", GST_PAD_SRC, GST_PAD_REQUEST, GST_STATIC_CAPS_ANY);

ScriptedSrc* self_of(gpointer object) {
  return reinterpret_cast<ScriptedSrc*>(object);
}

void push_segment(GstPad* pad, guint64 start_ns) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = start_ns;
  segment.time = start_ns;
  gst_pad_push_event(pad, gst_event_new_segment(&segment));
}

/// The buffer's memory is its own: what kvssink keeps must not depend on it.
GstBuffer* buffer_of(const Step& step, const char* payload) {
  GstBuffer* buffer = step.size == 0 ? gst_buffer_new() : gst_buffer_new_memdup(payload, step.size);
  GST_BUFFER_PTS(buffer) = step.pts_ns;
  GST_BUFFER_DTS(buffer) = step.dts_ns;
  GST_BUFFER_DURATION(buffer) = step.duration_ns;
  GST_BUFFER_FLAGS(buffer) |= step.flags;
  return buffer;
}

/// @returns false when nobody wants more.
bool play(GstPad* pad, const Step& step, const char* payload) {
  switch (step.type) {
    case kCaps: {
      GstCaps* caps = gst_caps_from_string(std::string(payload, step.size).c_str());
      gst_pad_push_event(pad, gst_event_new_caps(caps));
      gst_caps_unref(caps);
      return true;
    }
    case kBuffer: {
      const GstFlowReturn result = gst_pad_push(pad, buffer_of(step, payload));
      return result == GST_FLOW_OK;
    }
    case kGap:
      gst_pad_push_event(pad, gst_event_new_gap(step.pts_ns, step.duration_ns));
      return true;
    case kSegment:
      push_segment(pad, step.pts_ns);
      return true;
    case kFlush:
      gst_pad_push_event(pad, gst_event_new_flush_start());
      gst_pad_push_event(pad, gst_event_new_flush_stop(TRUE));
      push_segment(pad, 0);
      return true;
    case kEos:
      gst_pad_push_event(pad, gst_event_new_eos());
      return true;
    default:
      return false;
  }
}

void run(ScriptedSrc* self) {
  gsize length = 0;
  guchar* bytes = g_base64_decode(self->script->c_str(), &length);
  guint count = 0;
  for (GstPad* pad : *self->pads) {
    const std::string id = "scripted/" + std::to_string(count++);
    gst_pad_push_event(pad, gst_event_new_stream_start(id.c_str()));
  }
  bool going = true;
  for (gsize at = 0; going && at + sizeof(Step) <= length && !*self->stopping;) {
    Step step;
    std::memcpy(&step, bytes + at, sizeof(step));
    at += sizeof(step);
    if (step.pad < self->pads->size()) {
      going = play((*self->pads)[step.pad], step, reinterpret_cast<const char*>(bytes) + at);
    }
    at += step.size;
  }
  g_free(bytes);
  for (GstPad* pad : *self->pads) gst_pad_push_event(pad, gst_event_new_eos());
}

gboolean query(GstPad* pad, GstObject* parent, GstQuery* asked) {
  if (GST_QUERY_TYPE(asked) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, asked);
  gst_query_set_latency(asked, self_of(parent)->live, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

GstPad* request_pad(GstElement* element, GstPadTemplate* templ, const gchar*, const GstCaps*) {
  auto* pads = self_of(element)->pads;
  const std::string name = "src_" + std::to_string(pads->size());
  GstPad* pad = gst_pad_new_from_template(templ, name.c_str());
  gst_pad_set_query_function(pad, query);
  pads->push_back(pad);
  gst_element_add_pad(element, pad);
  return pad;
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  auto* self = self_of(element);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) *self->stopping = true;
  const auto result =
      GST_ELEMENT_CLASS(scripted_src_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING) {
    *self->stopping = false;
    self->thread = new std::thread(run, self);
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY && self->thread != nullptr) {
    self->thread->join();
    delete self->thread;
    self->thread = nullptr;
  }
  return result;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  if (id == kPropLive) self_of(object)->live = g_value_get_boolean(value);
  if (id == kPropScript) *self_of(object)->script = g_value_get_string(value);
}

void finalize(GObject* object) {
  auto* self = self_of(object);
  delete self->script;
  delete self->pads;
  delete self->stopping;
  G_OBJECT_CLASS(scripted_src_parent_class)->finalize(object);
}

void scripted_src_class_init(ScriptedSrcClass* klass) {
  auto* object = G_OBJECT_CLASS(klass);
  auto* element = GST_ELEMENT_CLASS(klass);
  object->set_property = set_property;
  object->finalize = finalize;
  const auto writable = static_cast<GParamFlags>(G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_property(
      object, kPropScript,
      g_param_spec_string("script", "Script", "Steps to be played, in base64", "", writable));
  g_object_class_install_property(
      object, kPropLive,
      g_param_spec_boolean("live", "Live", "What a LATENCY query is told", FALSE, writable));
  gst_element_class_add_static_pad_template(element, &src_template);
  gst_element_class_set_static_metadata(element, "Scripted source", "Source",
                                        "Plays buffers and events as a test wrote them down",
                                        "kvs-launch");
  element->request_new_pad = request_pad;
  element->change_state = change_state;
}

void scripted_src_init(ScriptedSrc* self) {
  self->script = new std::string();
  self->pads = new std::vector<GstPad*>();
  self->stopping = new std::atomic<bool>(false);
}

gboolean plugin_init(GstPlugin* plugin) {
  return gst_element_register(plugin, "scriptedsrc", GST_RANK_NONE, scripted_src_get_type());
}

}  // namespace

#define PACKAGE "kvs-launch-tests"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, scripted, "Sources for tests", plugin_init,
                  "1.0", "Apache 2.0", PACKAGE, "https://www.npmjs.com/package/kvs-launch")
