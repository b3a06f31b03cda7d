// What every sink posts for the events that reach it, so that a pipeline can tell its application.
#include <algorithm>  // std::all_of

#include "sink.h"

namespace kvs {

namespace {

void post(Sink* sink, GstMessage* message, GstEvent* event) {
  gst_message_set_seqnum(message, gst_event_get_seqnum(event));
  gst_element_post_message(sink->element, message);
}

/// A pipeline waits for this message of each of its sinks: it stands for all pads.
bool have_all_started(Sink* sink, Track& track) {
  std::lock_guard lock(sink->mutex);
  track.started = true;
  const auto& tracks = sink->tracks;
  if (!std::all_of(tracks.begin(), tracks.end(), [](const auto& one) { return one->started; })) {
    return false;
  }
  for (const auto& one : tracks) one->started = false;
  return true;
}

}  // namespace

void post_stream_start(Sink* sink, Track& track, GstEvent* event) {
  if (!have_all_started(sink, track)) return;
  GstMessage* message = gst_message_new_stream_start(GST_OBJECT(sink->element));
  guint group = 0;
  if (gst_event_parse_group_id(event, &group)) gst_message_set_group_id(message, group);
  post(sink, message, event);
}

void post_tags(Sink* sink, GstEvent* event) {
  GstTagList* tags = nullptr;
  gst_event_parse_tag(event, &tags);
  post(sink, gst_message_new_tag(GST_OBJECT(sink->element), gst_tag_list_copy(tags)), event);
}

void post_toc(Sink* sink, GstEvent* event) {
  GstToc* toc = nullptr;
  gboolean updated = FALSE;
  gst_event_parse_toc(event, &toc, &updated);
  post(sink, gst_message_new_toc(GST_OBJECT(sink->element), toc, updated), event);
  gst_toc_unref(toc);
}

void post_carried_message(Sink* sink, GstEvent* event) {
  GstMessage* message = nullptr;
  gst_event_parse_sink_message(event, &message);
  if (message != nullptr) gst_element_post_message(sink->element, message);
}

/// Running time begins anew with what follows a flush. A pipeline that plays moves its base time
/// with it, so that what waits for the clock (identity, clocksync, another sink) does so at the
/// right pace: it does that for a sink that says that it begins anew, and that it is done. One that
/// is asked again before it is through can end in PAUSED, where EOS is never posted; the base time
/// that it is about to set is right for this flush too.
void post_new_running_time(Sink* sink) {
  GstElement* element = sink->element;
  GstObject* source = GST_OBJECT(element);
  gst_element_post_message(element, gst_message_new_reset_time(source, 0));
  GST_OBJECT_LOCK(element);
  const bool plays = GST_STATE(element) == GST_STATE_PLAYING &&
                     GST_STATE_PENDING(element) == GST_STATE_VOID_PENDING;
  GST_OBJECT_UNLOCK(element);
  if (!plays || sink->rebasing.exchange(true)) return;
  gst_element_post_message(element, gst_message_new_async_start(source));
  gst_element_post_message(element, gst_message_new_async_done(source, 0));
}

}  // namespace kvs
