/**
 * SECTION:element-kvssink
 * @title: kvssink
 * @short_description: sends encoded video and audio to Amazon Kinesis Video Streams
 *
 * kvssink takes up to three encoded tracks on request pads and sends them to one stream of Amazon
 * Kinesis Video Streams. The producer itself is a Node.js program: the plugin starts it and hands
 * it every frame, so a pipeline never waits for the network. A live pipeline loses frames only when
 * the producer's memory (storage-size, buffer-duration) is full of data that the service has not
 * taken; with streaming-type=offline the pipeline waits instead and loses none.
 *
 * Everything that happens is posted as an ELEMENT message (docs/3-program/bus-messages.md). EOS is
 * posted after the service has acknowledged the last fragment, or after stop-stream-timeout.
 *
 * Custom downstream events, sent to a pad or to the element:
 *
 * * kvs-add-metadata, name=(string), value=(string), persist=(boolean): a tag for the next
 * fragment, or for this and all later ones; persist with an empty value ends it.
 * * kvs-add-event, event=(string)image-generation|notification|both, image-prefix=(string), and
 *   further (string) fields as the event's own data: asks the service for images or a notification
 *   with the next fragment.
 *
 * ## Example launch lines
 *
 * |[
 * gst-launch-1.0 -e videotestsrc is-live=true ! x264enc key-int-max=60 tune=zerolatency ! h264parse
 *     ! kvssink stream-name=demo aws-region=eu-west-1
 * ]| A test picture, with credentials from the environment.
 * |[
 * gst-launch-1.0 -e v4l2src ! videoconvert ! x264enc tune=zerolatency ! h264parse ! kvssink name=k
 *     stream-name=door  alsasrc ! audioconvert ! avenc_aac ! aacparse ! k.
 * ]| Camera and microphone in one stream.
 * |[
 * gst-launch-1.0 filesrc location=film.mp4 ! qtdemux ! h264parse ! kvssink stream-name=films
 *     streaming-type=offline file-start-time=1700000000
 * ]| A file, as if recorded at that moment.
 * |[
 * gst-launch-1.0 filesrc location=film.mkv ! parsebin name=p  p. ! kvssink name=k stream-name=films
 *     streaming-type=offline  p. ! k.
 * ]| Whatever parsebin finds in a file, video and audio.
 * |[
 * gst-launch-1.0 -e rtspsrc location=rtsp://camera/live ! rtph264depay ! kvssink stream-name=yard
 * ]| A network camera.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=300 ! vp8enc ! kvssink stream-name=demo codec-id=V_VP8
 *     content-type=video/vp8
 * ]| A codec that kvssink does not know by itself.
 */
#include "register.h"

#include <string>

#include "element_queries.h"
#include "enums.h"
#include "listener.h"
#include "log.h"
#include "opening.h"
#include "pads.h"
#include "properties.h"
#include "signals.h"
#include "states.h"
#include "type_name.h"
#include "upstream.h"

GST_DEBUG_CATEGORY(kvs_sink_debug);
#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

/// GStreamer makes a default name from the type's, which is another one in the addon; programs and
/// people look for kvssink0.
void constructed(GObject* object) {
  static const std::string by_type = type_name("kvssink");
  G_OBJECT_CLASS(parent_class)->constructed(object);
  gchar* name = gst_object_get_name(GST_OBJECT(object));
  if (by_type != "kvssink" && g_ascii_strncasecmp(name, by_type.c_str(), by_type.size()) == 0) {
    const std::string usual = std::string("kvssink") + (name + by_type.size());
    gst_object_set_name(GST_OBJECT(object), usual.c_str());
  }
  g_free(name);
}

void dispose(GObject* object) {
  Sink& sink = sink_of(object);
  close_stream(sink);
  sink.eos.cancel();
  G_OBJECT_CLASS(parent_class)->dispose(object);
}

void finalize(GObject* object) {
  delete &sink_of(object);
  G_OBJECT_CLASS(parent_class)->finalize(object);
}

void class_init(gpointer klass, gpointer) {
  auto* object_class = static_cast<GObjectClass*>(klass);
  auto* element_class = static_cast<GstElementClass*>(klass);
  parent_class = static_cast<GstElementClass*>(g_type_class_peek_parent(klass));

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->dispose = dispose;
  object_class->constructed = constructed;
  object_class->finalize = finalize;
  element_class->change_state = change_state;
  element_class->request_new_pad = request_new_pad;
  element_class->release_pad = release_pad;
  element_class->query = element_query;
  element_class->send_event = send_event;

  install_properties(object_class);
  install_signals(object_class);
  install_pad_templates(element_class);
  gst_element_class_set_static_metadata(
      element_class, "KVS Sink", "Sink/Video/Network",
      "Sends encoded video and audio to Amazon Kinesis Video Streams",
      "The kvs-launch authors <https://www.npmjs.com/package/kvs-launch>");
  gst_element_class_add_static_metadata(element_class, GST_ELEMENT_METADATA_DOC_URI,
                                        "https://www.npmjs.com/package/kvs-launch");
}

void instance_init(GTypeInstance* instance, gpointer klass) {
  auto* element = reinterpret_cast<GstElement*>(instance);
  auto* sink = new Sink(element, static_cast<GObjectClass*>(klass));
  reinterpret_cast<GstKvsSink*>(instance)->sink = sink;
  sink->listener = make_listener(element);
  // A bin waits for the EOS of elements with this flag only.
  GST_OBJECT_FLAG_SET(element, GST_ELEMENT_FLAG_SINK);
  element_created(element);
}

GType sink_type() {
  static const GType type = [] {
    GTypeInfo info{};
    info.class_size = sizeof(GstKvsSinkClass);
    info.class_init = class_init;
    info.instance_size = sizeof(GstKvsSink);
    info.instance_init = instance_init;
    return g_type_register_static(GST_TYPE_ELEMENT, type_name("GstKvsSink").c_str(), &info,
                                  static_cast<GTypeFlags>(0));
  }();
  return type;
}

}  // namespace

gboolean register_element(GstPlugin* plugin) {
  GST_DEBUG_CATEGORY_INIT(kvs_sink_debug, "kvssink", 0, "Kinesis Video Streams sink");
  gst_type_mark_as_plugin_api(streaming_type_type(), static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(frame_timestamp_type(), static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(log_level_type(), static_cast<GstPluginAPIFlags>(0));
  return gst_element_register(plugin, "kvssink", GST_RANK_PRIMARY + 10, sink_type());
}

}  // namespace kvs
