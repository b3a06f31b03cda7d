// End of stream, flushes, pads that come and go.
#include "support.h"

namespace {

/// Makes sure that no EOS is on the bus: everything posted before this marker was looked at.
bool eos_posted(Fixture& fixture) {
  gst_element_post_message(
      fixture.sink,
      gst_message_new_application(GST_OBJECT(fixture.sink), gst_structure_new_empty("marker")));
  const auto types = static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_APPLICATION);
  bool eos = false;
  for (;;) {
    GstMessage* message = fixture.pop(types);
    const bool marker = GST_MESSAGE_TYPE(message) == GST_MESSAGE_APPLICATION;
    gst_message_unref(message);
    if (marker) return eos;
    eos = true;
  }
}

void expect_eos(Fixture& fixture, guint32 seqnum = 0) {
  GstMessage* message = fixture.pop(GST_MESSAGE_EOS);
  CHECK(message != nullptr);
  if (seqnum != 0) CHECK_EQUAL(gst_message_get_seqnum(message), seqnum);
  gst_message_unref(message);
}

void expect_guarded_eos(const char* on_loss, GstMessageType type) {
  Fixture fixture("silent");
  g_object_set(fixture.sink, "stop-stream-timeout", 1, nullptr);
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "on-loss", on_loss);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  feeder.eos();
  fixture.record.wait_for("drain", 1);
  CHECK(!eos_posted(fixture));
  CHECK(contains(fixture.pop_text(type), "within stop-stream-timeout"));
  expect_eos(fixture);
}

}  // namespace

TEST("EOS is posted once, after all pads and after the core has drained") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  Feeder audio(fixture, "audio_%u");
  fixture.play();
  video.start(kAvc);
  audio.start(kAac);
  video.frame(0);
  audio.frame(0);
  audio.eos();
  fixture.record.wait_for("trackEos", 1);
  CHECK(!eos_posted(fixture));
  CHECK_EQUAL(fixture.record.count("drain"), size_t{0});
  video.frame(1, true);
  const guint32 seqnum = video.eos();
  expect_eos(fixture, seqnum);
  CHECK(!eos_posted(fixture));
  CHECK_EQUAL(fixture.record.count("frame"), size_t{3});
  CHECK_EQUAL(fixture.record.count("drain"), size_t{1});
  const auto ends = fixture.record.lines("trackEos");
  CHECK_EQUAL(number(ends[0], "track"), 2);
  CHECK_EQUAL(number(ends[1], "track"), 1);
  fixture.stop();
  CHECK_EQUAL(fixture.record.count("drain"), size_t{1});
}

TEST("EOS is held until the core answers; of a core that hangs it comes behind an error") {
  expect_guarded_eos("error", GST_MESSAGE_ERROR);
}

TEST("on-loss=warning: of a core that hangs EOS comes behind a warning") {
  expect_guarded_eos("warning", GST_MESSAGE_WARNING);
}

TEST("after EOS a frame is refused as EOS") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  feeder.eos();
  CHECK_EQUAL(feeder.frame(1), GST_FLOW_EOS);
  expect_eos(fixture);
}

TEST("a pad that is released completes the EOS of the others") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  Feeder audio(fixture, "audio_%u");
  fixture.play();
  video.start(kAvc);
  audio.start(kAac);
  video.frame(0);
  video.eos();
  audio.release();
  expect_eos(fixture);
  CHECK_EQUAL(fixture.record.count("trackEos"), size_t{2});
}

TEST("EOS without a single frame is posted too") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.eos();
  expect_eos(fixture);
}

TEST("a flush after EOS lets the stream go on, with one break in the timeline for all pads") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  Feeder audio(fixture, "audio_%u");
  fixture.play();
  for (Feeder* feeder : {&video, &audio}) {
    feeder->start(feeder == &video ? kAvc : kAac);
    feeder->frame(0);
    feeder->eos();
  }
  expect_eos(fixture);
  GstEvent* start = gst_event_new_flush_start();
  GstEvent* stop = gst_event_new_flush_stop(TRUE);
  gst_event_set_seqnum(stop, gst_event_get_seqnum(start));
  for (Feeder* feeder : {&video, &audio}) {
    feeder->event(gst_event_ref(start));
    feeder->event(gst_event_ref(stop));
    feeder->segment(0, GST_CLOCK_TIME_NONE);
    CHECK_EQUAL(feeder->frame(5), GST_FLOW_OK);
  }
  gst_event_unref(start);
  gst_event_unref(stop);
  video.eos();
  audio.eos();
  expect_eos(fixture);
  CHECK_EQUAL(fixture.record.count("flush"), size_t{1});
  CHECK_EQUAL(fixture.record.count("frame"), size_t{4});
  CHECK_EQUAL(fixture.record.count("drain"), size_t{2});
}

TEST("the answer to the drain of an EOS that a flush took back posts no EOS") {
  Fixture fixture("belated");
  g_object_set(fixture.sink, "stop-stream-timeout", 1, nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  feeder.eos();
  fixture.record.wait_for("drain", 1);
  feeder.event(gst_event_new_flush_start());
  feeder.event(gst_event_new_flush_stop(TRUE));
  feeder.segment(0, GST_CLOCK_TIME_NONE);
  feeder.frame(1);
  feeder.eos();
  GstMessage* next =
      fixture.pop(static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ELEMENT));
  CHECK(next != nullptr && gst_message_has_name(next, "kvs-marker"));
  gst_message_unref(next);
  CHECK_EQUAL(fixture.record.count("drain"), size_t{2});
}

TEST("a new stream after EOS revives the pad without a flush") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  feeder.eos();
  expect_eos(fixture);
  feeder.start(kAvc);
  CHECK_EQUAL(feeder.frame(0), GST_FLOW_OK);
  feeder.eos();
  expect_eos(fixture);
  CHECK_EQUAL(fixture.record.count("frame"), size_t{2});
}

TEST("one silent track never stalls the other") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  Feeder audio(fixture, "audio_%u");
  fixture.play();
  video.start(kAvc);
  for (int i = 0; i < 500; i++) CHECK_EQUAL(video.frame(i, i % 25 != 0), GST_FLOW_OK);
  fixture.record.wait_for("frame", 500);
}
