#include "pads.h"

#include "chain.h"
#include "ending.h"
#include "events.h"
#include "log.h"
#include "peers.h"
#include "queries.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

// Beyond upstream's: byte-stream, pieces of access units, M-JPEG, ADTS, Opus, and for anything else
// codec-id and content-type must be set (queries.cc).
GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE(
    "video_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS("video/x-h264, stream-format = (string) { avc, avc3, byte-stream }, "
                    "alignment = (string) { au, nal }; "
                    "video/x-h265, stream-format = (string) { hvc1, hev1, byte-stream }, "
                    "alignment = (string) { au, nal }; "
                    "image/jpeg; video/x-av1; video/x-vp8; video/x-vp9; video/mpeg; "
                    "video/x-theora; video/x-dirac; video/x-prores; video/x-ffv; "
                    "video/x-h266"));

GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE(
    "audio_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS("audio/mpeg, mpegversion = (int) { 2, 4 }, "
                    "stream-format = (string) { raw, adts }; "
                    "audio/x-alaw, channels = (int) { 1, 2 }, rate = (int) [ 8000, 192000 ]; "
                    "audio/x-mulaw, channels = (int) { 1, 2 }, rate = (int) [ 8000, 192000 ]; "
                    "audio/x-opus; audio/mpeg, mpegversion = (int) 1; audio/x-vorbis; "
                    "audio/x-flac; audio/x-ac3; audio/x-eac3; audio/AMR; audio/AMR-WB"));

GstStaticPadTemplate other_template =
    GST_STATIC_PAD_TEMPLATE("other_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS_ANY);

/// A track of a stream that is open is told to the core as soon as it is known what it will be;
/// without a peer that says so, with its caps.
void on_linked(GstPad* pad, GstPad*, gpointer element) {
  Sink& sink = sink_of(element);
  const auto stream = sink.stream.current();
  if (stream == nullptr) return;
  Track* track = track_of(pad);
  if (track != nullptr && track->id == 0 && inspect_pad(sink, pad)) {
    sink.tracks.introduce(*track, *stream->bridge);
  }
}

/// Nobody waits for what cannot come; another link goes on with the track.
void on_unlinked(GstPad* pad, GstPad*, gpointer element) {
  Sink& sink = sink_of(element);
  const auto id = sink.tracks.id_if_going_on(pad);
  if (!id) return;
  const auto stream = sink.stream.current();
  if (stream != nullptr && *id != 0) {
    stream->bridge->push_control({ElementMessage::kTrackEos, *id});
  }
  finish_if_all_eos(sink);
}

}  // namespace

void install_pad_templates(GstElementClass* klass) {
  // Video first: a source of ANY caps gets the first template that fits.
  gst_element_class_add_static_pad_template(klass, &video_template);
  gst_element_class_add_static_pad_template(klass, &audio_template);
  gst_element_class_add_static_pad_template(klass, &other_template);
}

GstPad* request_new_pad(GstElement* element, GstPadTemplate* pad_template, const gchar* name,
                        const GstCaps*) {
  Sink& sink = sink_of(element);
  if (sink.tracks.is_full()) {
    GST_ELEMENT_WARNING(element, CORE, PAD,
                        ("A stream of Kinesis Video Streams has at most %u tracks; kvssink refuses "
                         "another pad.",
                         kMaxTracks),
                        ("asked for as %s", name != nullptr ? name : pad_template->name_template));
    return nullptr;
  }
  GstPad* pad = sink.tracks.add(pad_template).pad;
  if (name != nullptr && g_strcmp0(GST_OBJECT_NAME(pad), name) != 0) {
    GST_WARNING_OBJECT(element, "the pad is called %s, not %s", GST_OBJECT_NAME(pad), name);
  }
  gst_pad_set_chain_function(pad, chain);
  gst_pad_set_event_function(pad, pad_event);
  gst_pad_set_query_function(pad, pad_query);
  GST_PAD_SET_ACCEPT_INTERSECT(pad);
  g_signal_connect(pad, "linked", G_CALLBACK(on_linked), element);
  g_signal_connect(pad, "unlinked", G_CALLBACK(on_unlinked), element);
  if (GST_STATE(element) > GST_STATE_READY) gst_pad_set_active(pad, TRUE);
  gst_element_add_pad(element, pad);
  return pad;
}

void release_pad(GstElement* element, GstPad* pad) {
  Sink& sink = sink_of(element);
  const Track* track = track_of(pad);
  if (track == nullptr) return;
  const guint8 id = track->id;
  const auto stream = sink.stream.current();
  Bridge* bridge = stream == nullptr || id == 0 ? nullptr : stream->bridge.get();
  if (bridge != nullptr) bridge->set_track_flushing(id, true);
  gst_object_ref(pad);
  gst_pad_set_active(pad, FALSE);
  gst_element_remove_pad(element, pad);
  if (bridge != nullptr) {
    take_leave(*bridge, id);
    bridge->set_track_flushing(id, false);
  }
  const std::unique_ptr<Track> removed = sink.tracks.remove(pad);
  gst_pad_set_element_private(pad, nullptr);
  gst_object_unref(pad);
  finish_if_all_eos(sink);
}

}  // namespace kvs
