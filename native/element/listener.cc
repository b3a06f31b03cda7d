#include "listener.h"

#include "ending.h"
#include "log.h"
#include "loss_report.h"
#include "signals.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

using Structure = std::unique_ptr<GstStructure, decltype(&gst_structure_free)>;

Structure parse(std::string_view payload) {
  const std::string text(payload);
  return {gst_structure_from_string(text.c_str(), nullptr), gst_structure_free};
}

const gchar* text_field(const GstStructure* structure, const gchar* name, const gchar* otherwise) {
  const gchar* text = gst_structure_get_string(structure, name);
  return text == nullptr ? otherwise : text;
}

void post_structure(GstElement* element, GstStructure* structure) {
  gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), structure));
}

/// A kvs-error structure as a bus message of its domain and code.
void post_problem(GstElement* element, GstMessageType type, const GstStructure* problem) {
  const gchar* domain = text_field(problem, "domain", "gst-resource-error-quark");
  gint code = GST_RESOURCE_ERROR_FAILED;
  gst_structure_get_int(problem, "code", &code);
  gst_element_message_full(element, type, g_quark_from_string(domain), code,
                           g_strdup(text_field(problem, "text", "The producer failed.")),
                           g_strdup(text_field(problem, "debug", "")), "kvssink", "producer", 0);
}

/// Outlives the element: the bridge may speak while the element is being freed.
class Listener final : public BridgeListener {
 public:
  explicit Listener(GstElement* element) { g_weak_ref_init(&element_, element); }
  ~Listener() override { g_weak_ref_clear(&element_); }

  void on_message(HostMessage event, uint64_t code, std::string_view payload) override {
    GstElement* element = ref();
    if (element == nullptr) return;
    handle(element, event, code, payload);
    gst_object_unref(element);
  }

  void on_host_lost(const std::string& reason) override {
    GstElement* element = ref();
    if (element == nullptr) return;
    post_structure(element, gst_structure_new("kvs-host-restarting", "reason", G_TYPE_STRING,
                                              reason.c_str(), nullptr));
    gst_object_unref(element);
  }

  void on_host_resumed(const std::string& reason, const Loss& loss) override {
    GstElement* element = ref();
    if (element == nullptr) return;
    if (const auto stream = sink_of(element).stream.current()) {
      if (loss) stream->losses.count("host-restart", loss.frames);
    }
    const std::string lost =
        loss ? "at most " + std::to_string(loss.frames) + " frames (" + std::to_string(loss.bytes) +
                   " bytes) that the service had not acknowledged are lost"
             : std::string("what the service had not acknowledged is sent again, nothing is lost");
    GST_ELEMENT_WARNING(
        element, RESOURCE, WRITE,
        ("The producer's process was started again (%s): %s.", reason.c_str(), lost.c_str()),
        ("frames continue at a key frame"));
    gst_object_unref(element);
  }

  void on_host_failed(const std::string& reason) override {
    GstElement* element = ref();
    if (element == nullptr) return;
    GST_ELEMENT_ERROR(element, LIBRARY, INIT, ("%s", reason.c_str()),
                      ("Failed to init kvs producer. Error: %s", reason.c_str()));
    sink_of(element).stream.fail();
    sink_of(element).eos.cancel();
    gst_object_unref(element);
  }

 private:
  GstElement* ref() { return static_cast<GstElement*>(g_weak_ref_get(&element_)); }

  static void handle(GstElement* element, HostMessage event, uint64_t code,
                     std::string_view payload) {
    switch (event) {
      case HostMessage::kDrained:
        // Why not everything was settled, if it was not, the core has said in a warning or an
        // error.
        on_drained(sink_of(element));
        return;
      case HostMessage::kForceKeyUnit:
        sink_of(element).tracks.want_key_unit(static_cast<guint8>(code));
        return;
      case HostMessage::kLog:
        log(element, code, payload);
        return;
      default:
        break;
    }
    Structure structure = parse(payload);
    if (structure == nullptr) {
      // GStreamer's printf takes the length of a string even where a precision bounds it.
      const std::string text(payload);
      GST_WARNING_OBJECT(element, "the producer sent something other than a GstStructure: %s",
                         text.c_str());
      return;
    }
    on_structure(element, event, std::move(structure));
  }

  static void on_structure(GstElement* element, HostMessage event, Structure structure) {
    switch (event) {
      case HostMessage::kError:
        on_error(element, structure.get());
        return;
      case HostMessage::kWarning:
        signal_stream_error(element, structure.get());
        post_problem(element, GST_MESSAGE_WARNING, structure.get());
        return;
      case HostMessage::kAck:
        emit_fragment_ack(element, structure.get());
        break;
      case HostMessage::kMetrics:
        sink_of(element).statistics.complete(structure.get());
        emit_metrics(element, structure.get());
        break;
      default:
        if (const auto stream = sink_of(element).stream.current()) {
          count_reported_loss(*stream, structure.get());
        }
        break;
    }
    post_structure(element, structure.release());
  }

  static void on_error(GstElement* element, const GstStructure* structure) {
    Sink& sink = sink_of(element);
    // The bus hears the reason before the source hears GST_FLOW_ERROR and posts its own error.
    signal_stream_error(element, structure);
    post_problem(element, GST_MESSAGE_ERROR, structure);
    sink.stream.fail();
    // A streaming thread that waits for room would wait forever.
    if (const auto stream = sink.stream.current()) stream->bridge->set_flushing(true);
    sink.eos.cancel();
  }

  static void signal_stream_error(GstElement* element, const GstStructure* structure) {
    gboolean wanted = FALSE;
    guint status = 0;
    gst_structure_get_boolean(structure, "signal", &wanted);
    gst_structure_get_uint(structure, "status", &status);
    if (wanted) emit_stream_error(element, status);
  }

  static void log(GstElement* element, uint64_t code, std::string_view payload) {
    const bool known = code >= GST_LEVEL_ERROR && code <= GST_LEVEL_TRACE;
    const GstDebugLevel level = known ? static_cast<GstDebugLevel>(code) : GST_LEVEL_INFO;
    GST_CAT_LEVEL_LOG(kvs_sink_debug, level, element, "%s", std::string(payload).c_str());
  }

  GWeakRef element_;
};

}  // namespace

std::shared_ptr<BridgeListener> make_listener(GstElement* element) {
  return std::make_shared<Listener>(element);
}

}  // namespace kvs
