#include "sink_messages.h"

namespace kvs {

namespace {

void post(Sink& sink, GstMessage* message, GstEvent* event) {
  gst_message_set_seqnum(message, gst_event_get_seqnum(event));
  gst_element_post_message(sink.element, message);
}

}  // namespace

void post_stream_start(Sink& sink, Track& track, GstEvent* event) {
  if (!sink.tracks.have_all_started(track)) return;
  GstMessage* message = gst_message_new_stream_start(GST_OBJECT(sink.element));
  guint group = 0;
  if (gst_event_parse_group_id(event, &group)) gst_message_set_group_id(message, group);
  post(sink, message, event);
}

void post_tags(Sink& sink, GstEvent* event) {
  GstTagList* tags = nullptr;
  gst_event_parse_tag(event, &tags);
  post(sink, gst_message_new_tag(GST_OBJECT(sink.element), gst_tag_list_copy(tags)), event);
}

void post_toc(Sink& sink, GstEvent* event) {
  GstToc* toc = nullptr;
  gboolean updated = FALSE;
  gst_event_parse_toc(event, &toc, &updated);
  post(sink, gst_message_new_toc(GST_OBJECT(sink.element), toc, updated), event);
  gst_toc_unref(toc);
}

void post_carried_message(Sink& sink, GstEvent* event) {
  GstMessage* message = nullptr;
  gst_event_parse_sink_message(event, &message);
  if (message != nullptr) gst_element_post_message(sink.element, message);
}

void post_new_running_time(Sink& sink) {
  GstElement* element = sink.element;
  GstObject* source = GST_OBJECT(element);
  gst_element_post_message(element, gst_message_new_reset_time(source, 0));
  GST_OBJECT_LOCK(element);
  const bool plays = GST_STATE(element) == GST_STATE_PLAYING &&
                     GST_STATE_PENDING(element) == GST_STATE_VOID_PENDING;
  GST_OBJECT_UNLOCK(element);
  if (!plays || sink.rebasing.exchange(true)) return;
  gst_element_post_message(element, gst_message_new_async_start(source));
  gst_element_post_message(element, gst_message_new_async_done(source, 0));
}

}  // namespace kvs
