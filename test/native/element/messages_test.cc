// What the core says: messages, signals, stats, errors. And metadata, which it is told.
#include "../../../native/element/kvssink.h"
#include "support.h"

namespace {

struct Seen {
  int acks = 0;
  KvsFragmentAck ack{};
  int metrics = 0;
  KvsSinkMetric metric{};
  guint64 status = 0;
};

void watch(GstElement* sink, Seen* seen) {
  g_signal_connect(sink, "fragment-ack",
                   G_CALLBACK(+[](GstElement*, KvsFragmentAck* ack, Seen* to) {
                     to->acks++;
                     to->ack = *ack;
                   }),
                   seen);
  g_signal_connect(sink, "stream-client-metric",
                   G_CALLBACK(+[](GstElement*, KvsSinkMetric* metric, Seen* to) {
                     to->metrics++;
                     to->metric = *metric;
                   }),
                   seen);
  g_signal_connect(sink, "stream-error",
                   G_CALLBACK(+[](GstElement*, guint64 status, Seen* to) { to->status = status; }),
                   seen);
}

GstEvent* custom(const char* text) {
  return gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM,
                              gst_structure_from_string(text, nullptr));
}

}  // namespace

TEST("signals have upstream's names, flags and arguments") {
  Fixture fixture;
  const struct {
    const char* name;
    GSignalFlags flags;
    GType argument;
  } expected[] = {{"stream-error", G_SIGNAL_RUN_LAST, G_TYPE_UINT64},
                  {"fragment-ack", G_SIGNAL_ACTION, G_TYPE_POINTER},
                  {"stream-client-metric", G_SIGNAL_ACTION, G_TYPE_POINTER}};
  for (const auto& signal : expected) {
    GSignalQuery query;
    g_signal_query(g_signal_lookup(signal.name, G_OBJECT_TYPE(fixture.sink)), &query);
    CHECK(query.signal_id != 0);
    CHECK((query.signal_flags & signal.flags) == signal.flags);
    CHECK_EQUAL(query.n_params, 1u);
    CHECK(query.param_types[0] == signal.argument);
    CHECK(query.return_type == G_TYPE_NONE);
  }
}

TEST("acks, metrics and errors become messages, signals and stats") {
  Fixture fixture("events");
  g_object_set(fixture.sink, "get-kvs-metrics", TRUE, nullptr);
  Seen seen;
  watch(fixture.sink, &seen);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  for (const char* name : {"kvs-stream-ready", "kvs-fragment-ack", "kvs-metrics"}) {
    gst_message_unref(fixture.pop_element(name));
  }
  std::string debug;
  const std::string warning = fixture.pop_text(GST_MESSAGE_WARNING, &debug);
  CHECK_EQUAL(warning, "gst-resource-error-quark/10 put frame");
  CHECK(contains(debug, "Status: 0x32000002"));
  GstMessage* connection = fixture.pop_element("kvs-connection");
  CHECK_EQUAL(std::string(gst_structure_get_string(gst_message_get_structure(connection), "state")),
              "streaming");
  CHECK(GST_MESSAGE_SRC(connection) == GST_OBJECT(fixture.sink));
  gst_message_unref(connection);

  CHECK_EQUAL(seen.acks, 1);
  CHECK_EQUAL(seen.ack.version, 0u);
  CHECK(seen.ack.ackType == KVS_FRAGMENT_ACK_PERSISTED);
  CHECK_EQUAL(seen.ack.timestamp, uint64_t{1700000000123});
  CHECK_EQUAL(std::string(seen.ack.sequenceNumber),
              "91343852333181432392682062607743978979722918893");
  CHECK_EQUAL(seen.ack.result, 200);
  CHECK_EQUAL(seen.metrics, 1);
  CHECK_EQUAL(seen.metric.streamMetrics.version, 3u);
  CHECK_EQUAL(seen.metric.streamMetrics.overallViewSize, uint64_t{4711});
  CHECK_EQUAL(seen.metric.streamMetrics.currentFrameRate, 29.5);
  CHECK_EQUAL(seen.metric.streamMetrics.uptime, uint64_t{50});
  CHECK_EQUAL(seen.metric.clientMetrics.version, 2u);
  CHECK_EQUAL(seen.metric.clientMetrics.contentStoreSize, uint64_t{134217728});
  CHECK_EQUAL(seen.metric.framePts, uint64_t{20000});
  CHECK(seen.metric.onFirstFrame);
  CHECK_EQUAL(seen.status, guint64{0x32000002});

  GstStructure* stats = nullptr;
  g_object_get(fixture.sink, "stats", &stats, nullptr);
  guint64 size = 0;
  guint64 dropped = 1;
  CHECK(gst_structure_get_uint64(stats, "overall-view-size", &size));
  CHECK_EQUAL(size, guint64{4711});
  CHECK(gst_structure_get_uint64(stats, "bridge-frames-dropped", &dropped));
  CHECK_EQUAL(dropped, guint64{0});
  gst_structure_free(stats);
}

TEST("metrics are no signal unless get-kvs-metrics asks for it") {
  Fixture fixture("events");
  Seen seen;
  watch(fixture.sink, &seen);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  gst_message_unref(fixture.pop_element("kvs-connection"));
  CHECK_EQUAL(seen.metrics, 0);
  CHECK_EQUAL(seen.acks, 1);
}

TEST("the producer's log lines go to the debug category kvssink at their level") {
  static std::string logged;
  static GstDebugLevel level;
  Fixture fixture("events");
  gst_debug_set_threshold_for_name("kvssink", GST_LEVEL_WARNING);
  const GstLogFunction hear = [](GstDebugCategory* category, GstDebugLevel at, const gchar*,
                                 const gchar*, gint, GObject*, GstDebugMessage* message, gpointer) {
    if (std::strcmp(gst_debug_category_get_name(category), "kvssink") != 0) return;
    const std::string text = gst_debug_message_get(message);
    if (!contains(text, "of the producer")) return;
    logged = text;
    level = at;
  };
  gst_debug_add_log_function(hear, nullptr, nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  fixture.stop();
  gst_debug_remove_log_function(hear);
  gst_debug_set_threshold_for_name("kvssink", GST_LEVEL_NONE);
  CHECK_EQUAL(logged, "a warning of the producer");
  CHECK(level == GST_LEVEL_WARNING);
  CHECK(contains(fixture.record.lines("open").at(0), "\"log-level\":\"warning\""));
}

TEST("a fatal error is an error message and signal, and frames are refused after it") {
  Fixture fixture("error");
  Seen seen;
  watch(fixture.sink, &seen);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  CHECK_EQUAL(feeder.frame(0), GST_FLOW_OK);
  std::string debug;
  const std::string text = fixture.pop_text(GST_MESSAGE_ERROR, &debug);
  CHECK_EQUAL(text, "gst-stream-error-quark/1 refused");
  CHECK(contains(debug, "Status: 0x52000067"));
  CHECK_EQUAL(seen.status, guint64{0x52000067});
  wait_until("frames to be refused", [&] { return feeder.frame(1) == GST_FLOW_ERROR; });
  fixture.stop();
  CHECK_EQUAL(fixture.record.count("drain"), size_t{0});
}

TEST("kvs-add-metadata reaches the core through a pad and through the element") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  CHECK(feeder.event(
      custom("kvs-add-metadata, name=(string)n1, value=(string)v1, persist=(boolean)true")));
  CHECK(gst_element_send_event(
      fixture.sink,
      custom("kvs-add-metadata, name=(string)n2, value=(string)v2, persist=(boolean)false")));
  // Fields that are missing or of another type: a warning in the log, nothing to the core.
  for (const char* bad : {
           "kvs-add-metadata",
           "kvs-add-metadata, name=(string)n3, value=(string)v3",
           "kvs-add-metadata, value=(string)v3, persist=(boolean)true",
           "kvs-add-metadata, name=(int)3, value=(string)v3, persist=(boolean)true",
           "kvs-add-metadata, name=(string)n4, value=(int)4, persist=(boolean)true",
           "kvs-add-metadata, name=(string)n4, value=(string)v4, persist=(string)yes",
           "kvs-add-metadata, name=(string)n4, value=(string)v4, persist=(int)1",
       }) {
    CHECK(feeder.event(custom(bad)));
  }
  CHECK(feeder.event(custom("something-else, name=(string)n5")));
  feeder.frame(0);
  fixture.stop();
  const auto tags = fixture.record.lines("metadata");
  CHECK_EQUAL(tags.size(), size_t{2});
  CHECK(contains(tags[0], "{\"name\":\"n1\",\"value\":\"v1\",\"persist\":true}"));
  CHECK(contains(tags[1], "{\"name\":\"n2\",\"value\":\"v2\",\"persist\":false}"));
}

TEST("kvs-add-event asks for images and notifications") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  CHECK(
      feeder.event(custom("kvs-add-event, event=(string)image-generation, "
                          "image-prefix=(string)front, door=(string)open")));
  CHECK(feeder.event(custom("kvs-add-event, event=(string)nonsense")));
  feeder.frame(0);
  fixture.stop();
  const auto events = fixture.record.lines("metadata");
  CHECK_EQUAL(events.size(), size_t{1});
  CHECK(contains(events[0],
                 "{\"event\":\"image-generation\",\"imagePrefix\":\"front\",\"pairs\":{"
                 "\"door\":\"open\"}}"));
}

TEST("event-metadata raises an event in front of each Nth key frame") {
  Fixture fixture;
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "event-metadata",
                          "notification, every=2, door=(string)open");
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  for (int i = 0; i < 10; i++) feeder.frame(i, i % 2 != 0);
  fixture.stop();
  // Key frames 0, 2, 4, 6, 8: events in front of 0, 4 and 8.
  const auto events = fixture.record.lines("metadata");
  CHECK_EQUAL(events.size(), size_t{3});
  CHECK(contains(events[0], "{\"event\":\"notification\",\"pairs\":{\"door\":\"open\"}}"));
  const auto frames = fixture.record.lines("frame");
  CHECK_EQUAL(number(events[1], "sequence") + 1, number(frames[4], "sequence"));
}

TEST("fragment-metadata is in open, and becomes tags when it is set while playing") {
  Fixture fixture;
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "fragment-metadata", "metadata, a=(string)b");
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "fragment-metadata", "metadata, c=(string)d");
  feeder.frame(0);
  fixture.stop();
  CHECK(contains(fixture.record.lines("open").at(0), "\"fragment-metadata\":{\"a\":\"b\"}"));
  CHECK(contains(fixture.record.lines("metadata").at(0),
                 "{\"name\":\"c\",\"value\":\"d\",\"persist\":true}"));
}
