// State changes as applications rely on them, and upstream's seven element tests by behaviour.
#include <gst/check/gstharness.h>

#include <atomic>

#include "support.h"

TEST("without a stream name PLAYING fails with an error that says what to do; NULL succeeds") {
  for (const char* name : {static_cast<const char*>(nullptr), ""}) {
    Fixture fixture;
    g_object_set(fixture.sink, "stream-name", name, nullptr);
    Feeder feeder(fixture, "video_%u");
    CHECK_EQUAL(fixture.set_state(GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
    const std::string text = fixture.pop_text(GST_MESSAGE_ERROR);
    CHECK(contains(text, "gst-library-error-quark/3 "));
    CHECK(contains(text, "Set stream-name or stream-arn"));
    fixture.stop();
  }
}

TEST("a stream ARN stands in for the stream name") {
  Fixture fixture;
  g_object_set(fixture.sink, "stream-name", nullptr, "stream-arn",
               "arn:aws:kinesisvideo:us-west-2:111122223333:stream/s/1", nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  fixture.stop();
}

TEST("without pads PLAYING fails with an error that says what to do; NULL succeeds") {
  Fixture fixture;
  CHECK_EQUAL(fixture.set_state(GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  const std::string text = fixture.pop_text(GST_MESSAGE_ERROR);
  CHECK(contains(text, "gst-library-error-quark/3 "));
  CHECK(contains(text, "Link an encoder, parser or demuxer"));
  fixture.stop();
}

TEST("beside a demuxer PLAYING succeeds without pads, and the first frame opens the stream") {
  Fixture fixture;
  GstElement* demuxer = gst_element_factory_make("qtdemux", nullptr);
  gst_bin_add(GST_BIN(fixture.pipeline), demuxer);
  for (size_t run = 1; run <= 2; run++) {
    fixture.play();
    Feeder audio(fixture, "audio_%u");
    Feeder video(fixture, "video_%u");
    audio.start(kAac);
    video.start(kAvc);
    CHECK_EQUAL(fixture.record.count("open"), run - 1);
    CHECK_EQUAL(audio.frame(0), GST_FLOW_OK);
    CHECK_EQUAL(video.frame(0), GST_FLOW_OK);
    fixture.stop();
    CHECK_EQUAL(fixture.record.count("open"), run);
    CHECK_EQUAL(fixture.record.count("caps"), 2 * run);
    CHECK_EQUAL(fixture.record.lines("frame", 1).size(), run);
    CHECK_EQUAL(fixture.record.lines("frame", 2).size(), run);
    audio.release();
    video.release();
  }
}

TEST("still without a pad when no demuxer has any more is the error of no pads") {
  Fixture fixture;
  GstElement* demuxers[] = {gst_element_factory_make("qtdemux", nullptr),
                            gst_element_factory_make("matroskademux", nullptr)};
  for (GstElement* demuxer : demuxers) gst_bin_add(GST_BIN(fixture.pipeline), demuxer);
  for (int run = 1; run <= 2; run++) {
    fixture.play();
    gst_element_no_more_pads(demuxers[0]);
    gst_element_no_more_pads(demuxers[0]);
    CHECK(gst_bus_pop_filtered(fixture.bus, GST_MESSAGE_ERROR) == nullptr);
    gst_element_no_more_pads(demuxers[1]);
    std::string debug;
    const std::string text = fixture.pop_text(GST_MESSAGE_ERROR, &debug);
    CHECK(contains(text, "gst-library-error-quark/3 Nothing is linked to kvssink"));
    CHECK(contains(debug, "content_type is unexpectedly NULL"));
    fixture.stop();
  }
  gst_element_no_more_pads(demuxers[1]);
  CHECK_EQUAL(GST_OBJECT_REFCOUNT_VALUE(demuxers[1]), 1);
}

TEST("a demuxer that has no more pads is no error once one of them is linked") {
  Fixture fixture;
  GstElement* demuxer = gst_element_factory_make("qtdemux", nullptr);
  gst_bin_add(GST_BIN(fixture.pipeline), demuxer);
  fixture.play();
  Feeder video(fixture, "video_%u");
  gst_element_no_more_pads(demuxer);
  video.start(kAvc);
  CHECK_EQUAL(video.frame(0), GST_FLOW_OK);
  fixture.record.wait_for("frame", 1);
  CHECK(gst_bus_pop_filtered(fixture.bus, GST_MESSAGE_ERROR) == nullptr);
  fixture.stop();
}

TEST("a pad that is linked late and ends without a frame ends the stream") {
  Fixture fixture;
  gst_bin_add(GST_BIN(fixture.pipeline), gst_element_factory_make("qtdemux", nullptr));
  fixture.play();
  Feeder video(fixture, "video_%u");
  video.start(kAvc);
  video.eos();
  GstMessage* eos = fixture.pop(GST_MESSAGE_EOS);
  CHECK(eos != nullptr);
  gst_message_unref(eos);
  fixture.stop();
}

TEST("play and stop without data succeed at once") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  CHECK_EQUAL(GST_OBJECT_NAME(feeder.pad), std::string("video_0"));
  fixture.play();
  fixture.stop();
  CHECK_EQUAL(fixture.record.count("drain"), size_t{0});
}

TEST("stopping an element that never started succeeds") {
  GstElement* sink = gst_element_factory_make("kvssink", nullptr);
  CHECK_EQUAL(gst_element_set_state(sink, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  CHECK_EQUAL(GST_OBJECT_REFCOUNT_VALUE(sink), 1);
  gst_object_unref(sink);
}

TEST("every step up and down is synchronous, and a pause loses nothing") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  CHECK_EQUAL(fixture.set_state(GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
  CHECK_EQUAL(fixture.set_state(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  feeder.start("video/x-h264, stream-format=avc, alignment=au, codec_data=(buffer)abcd");
  CHECK_EQUAL(feeder.frame(0), GST_FLOW_OK);
  CHECK_EQUAL(fixture.set_state(GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  CHECK_EQUAL(feeder.frame(1), GST_FLOW_OK);
  CHECK_EQUAL(fixture.set_state(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  CHECK_EQUAL(feeder.frame(2), GST_FLOW_OK);
  CHECK_EQUAL(fixture.set_state(GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  CHECK_EQUAL(feeder.frame(3), GST_FLOW_OK);
  fixture.stop();
  CHECK_EQUAL(fixture.record.count("frame"), size_t{4});
  CHECK_EQUAL(fixture.record.count("open"), size_t{1});
}

TEST("when NULL is reached no message is under way that holds the element") {
  struct Handler {
    GstElement* sink;
    std::atomic<bool> entered{false};
    std::atomic<bool> left{false};
  };
  Fixture fixture("greeting");
  Handler handler{fixture.sink};
  gst_bus_set_sync_handler(
      fixture.bus,
      [](GstBus*, GstMessage* message, gpointer data) {
        auto* self = static_cast<Handler*>(data);
        if (!gst_message_has_name(message, "kvs-marker")) return GST_BUS_PASS;
        self->entered = true;
        // Long enough for a stop that does not wait for this thread.
        for (int i = 0; i < 100 && GST_STATE(self->sink) != GST_STATE_NULL; i++) g_usleep(2000);
        self->left = true;
        return GST_BUS_PASS;
      },
      &handler, nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  wait_until("the message", [&] { return handler.entered.load(); });
  fixture.stop();
  CHECK(handler.left);
  // The fixture's own, and the pipeline's.
  CHECK_EQUAL(GST_OBJECT_REFCOUNT_VALUE(fixture.sink), 2);
}

TEST("a GstHarness plays it and tears it down to one reference") {
  Record record;
  GstElement* sink = gst_element_factory_make("kvssink", nullptr);
  g_object_set(sink, "stream-name", ("record:" + record.path()).c_str(), nullptr);
  GstHarness* harness = gst_harness_new_with_element(sink, "video_%u", nullptr);
  gst_harness_set_src_caps_str(harness, kAvc);
  GstBuffer* buffer = gst_harness_create_buffer(harness, 42);
  gst_buffer_memset(buffer, 0, 'x', 42);
  GST_BUFFER_PTS(buffer) = 0;
  CHECK_EQUAL(gst_harness_push(harness, buffer), GST_FLOW_OK);
  record.wait_for("frame", 1);
  gst_harness_teardown(harness);
  CHECK_EQUAL(GST_OBJECT_REFCOUNT_VALUE(sink), 1);
  gst_object_unref(sink);
}

TEST("NULL to PLAYING again and again gives a complete stream each time") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  for (int round = 1; round <= 3; round++) {
    fixture.play();
    feeder.start(kAvc);
    for (int i = 0; i < 5; i++) CHECK_EQUAL(feeder.frame(i, i > 0), GST_FLOW_OK);
    fixture.stop();
    CHECK_EQUAL(fixture.record.count("open"), static_cast<size_t>(round));
    CHECK_EQUAL(fixture.record.count("caps"), static_cast<size_t>(round));
    CHECK_EQUAL(fixture.record.count("frame"), static_cast<size_t>(round) * 5);
    CHECK_EQUAL(fixture.record.count("drain"), static_cast<size_t>(round));
  }
}

TEST("READY to PLAYING again opens a fresh stream with its caps") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  for (size_t round = 1; round <= 2; round++) {
    fixture.play();
    feeder.start(kAvc);
    feeder.frame(0);
    CHECK_EQUAL(fixture.set_state(GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
    const auto caps = fixture.record.lines("caps");
    CHECK_EQUAL(caps.size(), round);
    CHECK(contains(caps.back(), "0142c00bffe1000467640000"));
    CHECK_EQUAL(number(caps.back(), "element"),
                number(fixture.record.lines("open").back(), "element"));
  }
}

TEST("stopping waits for the core, and no longer than stop-stream-timeout") {
  Fixture fixture("silent");
  g_object_set(fixture.sink, "stop-stream-timeout", 1, nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  // A pipeline that goes to NULL empties its bus.
  CHECK_EQUAL(fixture.set_state(GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
  CHECK(contains(fixture.pop_text(GST_MESSAGE_ERROR), "stop-stream-timeout (1 s)"));
  const auto drains = fixture.record.lines("drain");
  CHECK_EQUAL(drains.size(), size_t{1});
  CHECK_EQUAL(number(drains[0], "timeoutMs"), 1000);
}

TEST("no node: PLAYING fails with an error that says what to do") {
  wait_until("earlier hosts to be gone", [] { return children(0) == 0; });
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  g_setenv("KVS_NODE", "/nowhere/node", TRUE);
  CHECK_EQUAL(fixture.set_state(GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  g_unsetenv("KVS_NODE");
  CHECK(contains(fixture.pop_text(GST_MESSAGE_ERROR), "KVS_NODE is \"/nowhere/node\""));
  const std::string path = g_getenv("PATH");
  g_setenv("PATH", "/nowhere", TRUE);
  CHECK_EQUAL(fixture.set_state(GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  g_setenv("PATH", path.c_str(), TRUE);
  CHECK(contains(fixture.pop_text(GST_MESSAGE_ERROR), "Install Node.js"));
  fixture.play();
}

TEST("no host script: PLAYING fails with an error that names it") {
  wait_until("earlier hosts to be gone", [] { return children(0) == 0; });
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  const std::string script = g_getenv("KVS_HOST_SCRIPT");
  g_setenv("KVS_HOST_SCRIPT", "/nowhere/main.js", TRUE);
  CHECK_EQUAL(fixture.set_state(GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  g_setenv("KVS_HOST_SCRIPT", script.c_str(), TRUE);
  CHECK(contains(fixture.pop_text(GST_MESSAGE_ERROR), "/nowhere/main.js does not exist"));
}

TEST("a host that exits at once becomes an error, and frames are refused") {
  wait_until("earlier hosts to be gone", [] { return children(0) == 0; });
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  g_setenv("KVS_FAKE_HOST", "exit", TRUE);
  fixture.play();
  const std::string text = fixture.pop_text(GST_MESSAGE_ERROR);
  g_unsetenv("KVS_FAKE_HOST");
  CHECK(contains(text, "exited with code 3 before it said anything"));
  feeder.start(kAvc);
  wait_until("frames to be refused", [&] { return feeder.frame(0) == GST_FLOW_ERROR; });
  fixture.stop();
  fixture.play();
  feeder.start(kAvc);
  CHECK_EQUAL(feeder.frame(0), GST_FLOW_OK);
  fixture.stop();
}
