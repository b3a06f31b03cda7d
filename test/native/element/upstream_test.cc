// Events and queries that go from the application, through the element, to what is upstream of it;
// and the messages that every sink posts for what comes down.
#include <map>
#include <mutex>

#include "support.h"

namespace {

/// What stands in front of one pad, as a demuxer or an encoder would.
struct Source {
  Source(Fixture& fixture, const char* pad) : feeder(fixture, pad), pipeline(fixture.pipeline) {
    gst_pad_set_element_private(feeder.src, this);
    gst_pad_set_event_function(feeder.src, on_event);
    gst_pad_set_query_function(feeder.src, on_query);
  }

  /// Waits for the pipeline's own thread, which sends events when it has begun time anew.
  ~Source() { gst_element_set_state(pipeline, GST_STATE_NULL); }

  static gboolean on_event(GstPad* pad, GstObject*, GstEvent* event) {
    auto* source = static_cast<Source*>(gst_pad_get_element_private(pad));
    source->count(GST_EVENT_TYPE(event));
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEEK) source->seek(event);
    gst_event_unref(event);
    return source->takes;
  }

  static gboolean on_query(GstPad* pad, GstObject* parent, GstQuery* query) {
    auto* source = static_cast<Source*>(gst_pad_get_element_private(pad));
    GstFormat format;
    switch (GST_QUERY_TYPE(query)) {
      case GST_QUERY_DURATION:
        gst_query_parse_duration(query, &format, nullptr);
        if (format != GST_FORMAT_TIME || source->duration < 0) return FALSE;
        gst_query_set_duration(query, format, source->duration);
        return TRUE;
      case GST_QUERY_POSITION:
        gst_query_set_position(query, GST_FORMAT_TIME, 7 * GST_SECOND);
        return TRUE;
      case GST_QUERY_SEEKING:
        gst_query_set_seeking(query, GST_FORMAT_TIME, source->seekable, 0, 9);
        return TRUE;
      case GST_QUERY_SEGMENT:
        gst_query_set_segment(query, 1.0, GST_FORMAT_TIME, 3, 4);
        return TRUE;
      default:
        return gst_pad_query_default(pad, parent, query);
    }
  }

  /// As a demuxer does a seek that flushes: on its own pad, and on those that it flushes with it.
  void seek(GstEvent* event) {
    GstSeekFlags flags;
    gst_event_parse_seek(event, nullptr, nullptr, &flags, nullptr, nullptr, nullptr, nullptr);
    if ((flags & GST_SEEK_FLAG_FLUSH) == 0) return;
    flush(gst_event_get_seqnum(event));
    for (Source* other : siblings) other->flush(gst_event_get_seqnum(event));
  }

  void flush(guint32 seqnum, gboolean resets_time = TRUE) {
    for (GstEvent* event : {gst_event_new_flush_start(), gst_event_new_flush_stop(resets_time)}) {
      gst_event_set_seqnum(event, seqnum);
      feeder.event(event);
    }
  }

  void count(GstEventType type) {
    std::lock_guard lock(mutex);
    counts[type]++;
  }
  int seen(GstEventType type) {
    std::lock_guard lock(mutex);
    return counts[type];
  }

  Feeder feeder;
  GstElement* pipeline;
  std::mutex mutex;
  std::map<GstEventType, int> counts;
  bool takes = true;
  gboolean seekable = TRUE;
  gint64 duration = -1;
  std::vector<Source*> siblings;
};

GstEvent* seek_event(GstSeekFlags flags) {
  return gst_event_new_seek(1.0, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE,
                            -1);
}

GstEvent* force_key_unit() {
  return gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM,
                              gst_structure_new_empty("GstForceKeyUnit"));
}

gint64 position(Fixture& fixture, GstFormat format = GST_FORMAT_TIME) {
  gint64 position = -1;
  return gst_element_query_position(fixture.pipeline, format, &position) ? position : -1;
}

/// @returns how many messages of the type the pipeline has posted since the last call.
int count_messages(Fixture& fixture, GstMessageType type) {
  int count = 0;
  while (GstMessage* message = gst_bus_pop_filtered(fixture.bus, type)) {
    if (GST_MESSAGE_SRC(message) == GST_OBJECT(fixture.pipeline)) count++;
    gst_message_unref(message);
  }
  return count;
}

}  // namespace

TEST("events for what is upstream reach the peers of all pads, and tell whether one takes them") {
  Fixture fixture;
  Source video(fixture, "video_%u");
  Source audio(fixture, "audio_%u");
  fixture.play();
  audio.takes = false;
  CHECK(gst_element_send_event(
      fixture.pipeline, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 0.5, 1, GST_CLOCK_TIME_NONE)));
  CHECK(gst_element_send_event(fixture.pipeline, gst_event_new_latency(20 * GST_MSECOND)));
  CHECK(gst_element_send_event(fixture.pipeline, gst_event_new_reconfigure()));
  CHECK(gst_element_send_event(
      fixture.pipeline, gst_event_new_navigation(gst_structure_new_empty("application/x-any"))));
  for (const GstEventType type :
       {GST_EVENT_QOS, GST_EVENT_LATENCY, GST_EVENT_RECONFIGURE, GST_EVENT_NAVIGATION}) {
    CHECK(video.seen(type) >= 1);
    CHECK(audio.seen(type) >= 1);
  }
  video.takes = false;
  CHECK(!gst_element_send_event(fixture.pipeline, gst_event_new_reconfigure()));
  CHECK(!gst_element_send_event(fixture.pipeline, seek_event(GST_SEEK_FLAG_FLUSH)));
}

TEST("a step is refused, for it would leave frames out") {
  Fixture fixture;
  Source video(fixture, "video_%u");
  fixture.play();
  CHECK(!gst_element_send_event(fixture.sink,
                                gst_event_new_step(GST_FORMAT_BUFFERS, 5, 1.0, TRUE, FALSE)));
  CHECK_EQUAL(video.seen(GST_EVENT_STEP), 0);
}

TEST("a request for a key frame goes to the video's encoders, or to whom there is") {
  Fixture fixture;
  Source first(fixture, "video_%u");
  Source audio(fixture, "audio_%u");
  Source second(fixture, "video_%u");
  fixture.play();
  CHECK(gst_element_send_event(fixture.pipeline, force_key_unit()));
  CHECK_EQUAL(first.seen(GST_EVENT_CUSTOM_UPSTREAM), 1);
  CHECK_EQUAL(second.seen(GST_EVENT_CUSTOM_UPSTREAM), 1);
  CHECK_EQUAL(audio.seen(GST_EVENT_CUSTOM_UPSTREAM), 0);
  first.feeder.release();
  second.feeder.release();
  CHECK(gst_element_send_event(fixture.pipeline, force_key_unit()));
  CHECK_EQUAL(audio.seen(GST_EVENT_CUSTOM_UPSTREAM), 1);
}

TEST("a seek reaches each file once, and a demuxer that flushes all its pads for it once in all") {
  for (const bool one_demuxer : {true, false}) {
    Fixture fixture;
    Source video(fixture, "video_%u");
    Source audio(fixture, "audio_%u");
    if (one_demuxer) video.siblings = {&audio};
    fixture.play();
    video.feeder.start(kAvc);
    audio.feeder.start(kAac);
    for (int seeks = 1; seeks <= 2; seeks++) {
      CHECK(gst_element_send_event(fixture.pipeline, seek_event(GST_SEEK_FLAG_FLUSH)));
      CHECK_EQUAL(video.seen(GST_EVENT_SEEK), seeks);
      CHECK_EQUAL(audio.seen(GST_EVENT_SEEK), one_demuxer ? 0 : seeks);
      CHECK_EQUAL(fixture.record.wait_for("flush", static_cast<size_t>(seeks)).size(),
                  static_cast<size_t>(seeks));
    }
  }
}

TEST("a flush that begins running time anew moves the base time of a pipeline that plays") {
  Fixture fixture;
  Source video(fixture, "video_%u");
  fixture.play();
  video.feeder.start(kAvc);
  video.feeder.frame(0);
  const GstClockTime before = gst_element_get_base_time(fixture.pipeline);
  count_messages(fixture, GST_MESSAGE_STATE_CHANGED);
  video.flush(gst_util_seqnum_next(), FALSE);
  CHECK_EQUAL(count_messages(fixture, GST_MESSAGE_STATE_CHANGED), 0);
  video.flush(gst_util_seqnum_next(), TRUE);
  wait_until("a new base time", [&] {
    return gst_element_get_base_time(fixture.sink) > before &&
           gst_element_get_state(fixture.pipeline, nullptr, nullptr, 0) ==
               GST_STATE_CHANGE_SUCCESS &&
           GST_STATE(fixture.pipeline) == GST_STATE_PLAYING;
  });
  video.feeder.segment(0, GST_CLOCK_TIME_NONE);
  CHECK_EQUAL(video.feeder.frame(0), GST_FLOW_OK);
  CHECK(count_messages(fixture, GST_MESSAGE_STATE_CHANGED) >= 2);
  fixture.stop();
  CHECK_EQUAL(fixture.record.count("frame"), size_t{2});
}

TEST("a flush while paused begins running time anew when the pipeline plays") {
  Fixture fixture;
  Source video(fixture, "video_%u");
  CHECK_EQUAL(fixture.set_state(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  video.feeder.start(kAvc);
  gst_element_set_start_time(fixture.pipeline, 5 * GST_SECOND);
  count_messages(fixture, GST_MESSAGE_STATE_CHANGED);
  video.flush(gst_util_seqnum_next());
  wait_until("a start time of 0",
             [&] { return gst_element_get_start_time(fixture.pipeline) == 0; });
  CHECK_EQUAL(count_messages(fixture, GST_MESSAGE_STATE_CHANGED), 0);
}

TEST("the position is the stream time of the furthest frame, and upstream's before there is one") {
  Fixture fixture;
  Source video(fixture, "video_%u");
  Source audio(fixture, "audio_%u");
  fixture.play();
  CHECK_EQUAL(position(fixture), 7 * GST_SECOND);
  video.feeder.start(kAvc);
  audio.feeder.start(kAac);
  video.feeder.frame(2);
  audio.feeder.frame(3);
  CHECK_EQUAL(position(fixture), 120 * GST_MSECOND);
  CHECK_EQUAL(position(fixture, GST_FORMAT_PERCENT), -1);
  audio.duration = 480 * GST_MSECOND;
  CHECK_EQUAL(position(fixture, GST_FORMAT_PERCENT), GST_FORMAT_PERCENT_MAX / 4);
  // The second round of a loop: running time goes on, stream time begins anew.
  video.feeder.segment(0, GST_CLOCK_TIME_NONE, GST_SECOND);
  audio.feeder.segment(0, GST_CLOCK_TIME_NONE, GST_SECOND);
  video.feeder.frame(1);
  audio.feeder.frame(0);
  CHECK_EQUAL(position(fixture), 40 * GST_MSECOND);
  video.flush(gst_util_seqnum_next());
  CHECK_EQUAL(position(fixture), 0);
}

TEST("duration and seeking are what upstream of any pad says, other queries what the first says") {
  Fixture fixture;
  Source video(fixture, "video_%u");
  Source audio(fixture, "audio_%u");
  fixture.play();
  gint64 duration = -1;
  CHECK(!gst_element_query_duration(fixture.pipeline, GST_FORMAT_TIME, &duration));
  video.duration = 2 * GST_SECOND;
  audio.duration = 3 * GST_SECOND;
  CHECK(gst_element_query_duration(fixture.pipeline, GST_FORMAT_TIME, &duration));
  CHECK_EQUAL(duration, 3 * GST_SECOND);

  for (const bool seekable : {true, false}) {
    video.seekable = FALSE;
    audio.seekable = seekable;
    GstQuery* query = gst_query_new_seeking(GST_FORMAT_TIME);
    gboolean answer = !seekable;
    CHECK(gst_element_query(fixture.pipeline, query));
    gst_query_parse_seeking(query, nullptr, &answer, nullptr, nullptr);
    CHECK_EQUAL(answer != FALSE, seekable);
    gst_query_unref(query);
  }
  GstQuery* query = gst_query_new_segment(GST_FORMAT_TIME);
  gint64 start = -1, stop = -1;
  CHECK(gst_element_query(fixture.pipeline, query));
  gst_query_parse_segment(query, nullptr, nullptr, &start, &stop);
  CHECK(start == 3 && stop == 4);
  gst_query_unref(query);
}

TEST("the pipeline hears once of the start of all tracks, of their tags, and of messages in line") {
  Fixture fixture;
  Source video(fixture, "video_%u");
  Source audio(fixture, "audio_%u");
  fixture.play();
  video.feeder.start(kAvc);
  CHECK_EQUAL(count_messages(fixture, GST_MESSAGE_STREAM_START), 0);
  audio.feeder.start(kAac);
  CHECK_EQUAL(count_messages(fixture, GST_MESSAGE_STREAM_START), 1);
  video.feeder.event(gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "door", nullptr)));
  GstMessage* message = fixture.pop(GST_MESSAGE_TAG);
  GstTagList* tags = nullptr;
  gst_message_parse_tag(message, &tags);
  gchar* title = nullptr;
  CHECK(gst_tag_list_get_string(tags, GST_TAG_TITLE, &title));
  CHECK_EQUAL(std::string(title), "door");
  g_free(title);
  gst_tag_list_unref(tags);
  gst_message_unref(message);
  GstMessage* carried =
      gst_message_new_application(GST_OBJECT(fixture.pipeline), gst_structure_new_empty("carried"));
  video.feeder.event(gst_event_new_sink_message("kvs-test", carried));
  gst_message_unref(carried);
  message = fixture.pop(GST_MESSAGE_APPLICATION);
  CHECK(gst_message_has_name(message, "carried"));
  gst_message_unref(message);
}

TEST("the end of a segment is no end of the stream, and frames go on behind it") {
  Fixture fixture;
  Source video(fixture, "video_%u");
  fixture.play();
  video.feeder.start(kAvc);
  video.feeder.frame(0);
  video.feeder.event(gst_event_new_segment_done(GST_FORMAT_TIME, 40 * GST_MSECOND));
  video.feeder.segment(0, GST_CLOCK_TIME_NONE, 40 * GST_MSECOND);
  CHECK_EQUAL(video.feeder.frame(0), GST_FLOW_OK);
  // The element that was asked to seek says it; a second message would be a second round.
  CHECK_EQUAL(count_messages(fixture, GST_MESSAGE_SEGMENT_DONE), 0);
  video.feeder.eos();
  gst_message_unref(fixture.pop(GST_MESSAGE_EOS));
  const auto frames = fixture.record.lines("frame");
  CHECK_EQUAL(number(frames.at(1), "pts"), gint64{40 * GST_MSECOND});
  CHECK_EQUAL(fixture.record.count("flush"), size_t{0});
}
