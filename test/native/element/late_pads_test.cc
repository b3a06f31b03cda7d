// Pads that come and go while the stream is open.
#include "../../../native/element/bringers.h"
#include "support.h"

namespace {

GstElement* add(GstElement* bin, const char* factory) {
  GstElement* element = gst_element_factory_make(factory, nullptr);
  CHECK(element != nullptr);
  gst_bin_add(GST_BIN(bin), element);
  return element;
}

/// An element whose pads are still to come.
GstElement* add_demuxer(GstElement* bin, const char* factory = "qtdemux") {
  return add(bin, factory);
}

bool waits_for_pads(const Fixture& fixture) {
  return contains(fixture.record.wait_for("open", 1).at(0), "\"padWaitMs\":2000");
}

/// As qtdemux does with the streams of a file.
GstPad* add_source_pad(GstElement* element, const char* name) {
  GstPad* pad = gst_pad_new(name, GST_PAD_SRC);
  gst_pad_set_active(pad, TRUE);
  CHECK(gst_element_add_pad(element, pad));
  return pad;
}

}  // namespace

TEST("a pad that is linked while playing is told with what its peer may send") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  fixture.play();
  video.start(kAvc);
  // The wrong template for it: the peer decides.
  Feeder audio(fixture, "video_%u", kAac);
  const std::string track = fixture.record.wait_for("track", 1).at(0);
  CHECK_EQUAL(number(track, "track"), 2);
  CHECK(contains(track, "\"kind\":\"audio\",\"pad\":\"video_1\""));
  CHECK(contains(track, "\"name\":\"audio/mpeg\""));
  audio.start(kAac);
  audio.frame(0);
  fixture.stop();
  CHECK(number(track, "sequence") < number(fixture.record.lines("caps", 2).at(0), "sequence"));
  CHECK_EQUAL(fixture.record.count("track"), size_t{1});
}

TEST(
    "a pad whose peer may send anything is told with its caps, also where those come before a "
    "link") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  fixture.play();
  GstPad* pad = gst_element_request_pad_simple(fixture.sink, "video_%u");
  gst_pad_send_event(pad, gst_event_new_stream_start("early"));
  GstCaps* caps = gst_caps_from_string(kAac);
  CHECK(gst_pad_send_event(pad, gst_event_new_caps(caps)));
  gst_caps_unref(caps);
  CHECK(contains(fixture.record.wait_for("track", 1).at(0), "\"kind\":\"audio\""));
  CHECK_EQUAL(fixture.record.wait_for("caps", 1).size(), size_t{1});
  gst_object_unref(pad);
}

TEST("a pad that is added in READY or PAUSED is part of the stream") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  fixture.set_state(GST_STATE_READY);
  Feeder audio(fixture, "audio_%u", kAac);
  fixture.set_state(GST_STATE_PAUSED);
  Feeder third(fixture, "audio_%u", kAac);
  fixture.set_state(GST_STATE_PLAYING);
  const auto tracks = fixture.record.wait_for("track", 2);
  CHECK_EQUAL(number(tracks[0], "track"), 2);
  CHECK_EQUAL(number(tracks[1], "track"), 3);
  for (Feeder* feeder : {&audio, &third}) {
    feeder->start(kAac);
    CHECK_EQUAL(feeder->frame(0), GST_FLOW_OK);
  }
  fixture.stop();
  CHECK_EQUAL(fixture.record.lines("frame", 3).size(), size_t{1});
}

TEST("a pad that is gone is told; its number is for its own kind of medium only") {
  Fixture fixture;
  Feeder video(fixture, "video_%u", kAvc);
  Feeder audio(fixture, "audio_%u", kAac);
  fixture.play();
  audio.release();
  CHECK_EQUAL(number(fixture.record.wait_for("track", 1).at(0), "track"), 2);
  CHECK_EQUAL(number(fixture.record.lines("track").at(0), "size"), 0);
  Feeder picture(fixture, "video_%u", kAvc);
  CHECK_EQUAL(number(fixture.record.wait_for("track", 2).at(1), "track"), 3);
  Feeder again(fixture, "audio_%u", kAac);
  CHECK_EQUAL(number(fixture.record.wait_for("track", 3).at(2), "track"), 2);
}

TEST("a fourth pad is refused with a warning, and the stream goes on") {
  Fixture fixture;
  Feeder a(fixture, "video_%u");
  Feeder b(fixture, "audio_%u");
  Feeder c(fixture, "audio_%u");
  fixture.play();
  CHECK(gst_element_request_pad_simple(fixture.sink, "audio_%u") == nullptr);
  CHECK(contains(fixture.pop_text(GST_MESSAGE_WARNING), "at most 3 tracks"));
  a.start(kAvc);
  CHECK_EQUAL(a.frame(0), GST_FLOW_OK);
  fixture.stop();
}

TEST("a late pad that nothing is linked to is not told, and holds no EOS") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  fixture.play();
  video.start(kAvc);
  GstPad* pad = gst_element_request_pad_simple(fixture.sink, "audio_%u");
  video.frame(0);
  video.eos();
  gst_message_unref(fixture.pop(GST_MESSAGE_EOS));
  CHECK_EQUAL(fixture.record.count("track"), size_t{0});
  gst_object_unref(pad);
}

TEST("a pad whose peer is gone while the others are at their end holds no EOS") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  Feeder audio(fixture, "audio_%u");
  fixture.play();
  video.start(kAvc);
  audio.start(kAac);
  video.frame(0);
  audio.frame(0);
  video.eos();
  gst_pad_unlink(audio.src, audio.pad);
  gst_message_unref(fixture.pop(GST_MESSAGE_EOS));
}

TEST("a pad that is unlinked for a while ends for the core, and goes on with the next link") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  fixture.play();
  video.start(kAvc);
  video.frame(0);
  gst_pad_unlink(video.src, video.pad);
  fixture.record.wait_for("trackEos", 1);
  CHECK_EQUAL(fixture.record.count("drain"), size_t{0});
  CHECK_EQUAL(gst_pad_link(video.src, video.pad), GST_PAD_LINK_OK);
  CHECK_EQUAL(video.frame(1), GST_FLOW_OK);
  fixture.record.wait_for("frame", 2);
  fixture.stop();
}

TEST("a pad that comes while the others are at their end puts the end off to its own") {
  Fixture fixture("belated");
  Feeder video(fixture, "video_%u");
  fixture.play();
  video.start(kAvc);
  video.frame(0);
  video.eos();
  fixture.record.wait_for("drain", 1);
  Feeder audio(fixture, "audio_%u");
  audio.start(kAac);
  CHECK_EQUAL(audio.frame(0), GST_FLOW_OK);
  CHECK_EQUAL(fixture.record.count("drain"), size_t{1});
  audio.eos();
  // The fake answers the first drain now, which ends nothing any more.
  fixture.record.wait_for("drain", 2);
  gst_message_unref(fixture.pop_element("kvs-marker"));
  CHECK(gst_bus_pop_filtered(fixture.bus, GST_MESSAGE_EOS) == nullptr);
}

TEST("a pad that comes after a flush gets a track too") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  fixture.play();
  video.start(kAvc);
  video.frame(0);
  video.event(gst_event_new_flush_start());
  video.event(gst_event_new_flush_stop(TRUE));
  video.segment(0, GST_CLOCK_TIME_NONE);
  Feeder audio(fixture, "audio_%u");
  audio.start(kAac);
  CHECK_EQUAL(audio.frame(0), GST_FLOW_OK);
  fixture.record.wait_for("track", 1);
}

TEST("while an element may bring pads the core waits for them, until it says that it brings none") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  GstElement* first = add_demuxer(fixture.pipeline);
  GstElement* second = add_demuxer(fixture.pipeline, "matroskademux");
  fixture.play();
  CHECK(waits_for_pads(fixture));
  gst_element_no_more_pads(first);
  CHECK_EQUAL(fixture.record.count("track"), size_t{0});
  gst_element_no_more_pads(second);
  const std::string track = fixture.record.wait_for("track", 1).at(0);
  CHECK_EQUAL(number(track, "track"), 0);
  CHECK_EQUAL(number(track, "size"), 0);
}

TEST("a demuxer is linked through when each of its pads leads to sinks, also through bins") {
  GstElement* pipeline = gst_pipeline_new(nullptr);
  GstElement* demuxer = add_demuxer(pipeline);
  CHECK(!kvs::is_linked_through(demuxer));
  GstPad* video = add_source_pad(demuxer, "video_0");
  CHECK(!kvs::is_linked_through(demuxer));
  GstElement* tee = add(pipeline, "tee");
  GstPad* tee_sink = gst_element_get_static_pad(tee, "sink");
  CHECK_EQUAL(gst_pad_link(video, tee_sink), GST_PAD_LINK_OK);
  // A tee that leads nowhere yet is no sink.
  CHECK(!kvs::is_linked_through(demuxer));
  GstElement* fakesink = add(pipeline, "fakesink");
  CHECK(gst_element_link(tee, fakesink));
  CHECK(kvs::is_linked_through(demuxer));
  GstElement* bin = gst_bin_new(nullptr);
  gst_bin_add(GST_BIN(pipeline), bin);
  GstElement* queue = add(bin, "queue");
  GstPad* inner = gst_element_get_static_pad(queue, "sink");
  CHECK(gst_element_add_pad(bin, gst_ghost_pad_new("sink", inner)));
  CHECK(gst_element_link(tee, bin));
  CHECK(!kvs::is_linked_through(demuxer));
  GstPad* outer = gst_element_get_static_pad(queue, "src");
  CHECK(gst_element_add_pad(bin, gst_ghost_pad_new("src", outer)));
  CHECK(!kvs::is_linked_through(demuxer));
  CHECK(gst_element_link(bin, add(pipeline, "fakesink")));
  CHECK(kvs::is_linked_through(demuxer));
  GstPad* audio = add_source_pad(demuxer, "audio_0");
  CHECK(!kvs::is_linked_through(demuxer));
  GstElement* second = add(pipeline, "fakesink");
  GstPad* sink = gst_element_get_static_pad(second, "sink");
  CHECK_EQUAL(gst_pad_link(audio, sink), GST_PAD_LINK_OK);
  CHECK(kvs::is_linked_through(demuxer));
  for (GstPad* pad : {tee_sink, inner, outer, sink}) gst_object_unref(pad);
  gst_object_unref(pipeline);
}

TEST("a source with no sink pad may have more threads, and is not taken for linked through") {
  GstElement* pipeline = gst_pipeline_new(nullptr);
  GstElement* source = add_demuxer(pipeline, "uridecodebin");
  GstPad* video = add_source_pad(source, "src_0");
  GstElement* fakesink = add(pipeline, "fakesink");
  GstPad* sink = gst_element_get_static_pad(fakesink, "sink");
  CHECK_EQUAL(gst_pad_link(video, sink), GST_PAD_LINK_OK);
  CHECK(!kvs::is_linked_through(source));
  gst_object_unref(sink);
  gst_object_unref(pipeline);
}

TEST("the core hears sooner that no track is missing where all pads are linked") {
  Fixture unlinked, linked;
  Feeder unlinked_video(unlinked, "video_%u"), linked_video(linked, "video_%u");
  GstElement* unlinked_demuxer = add_demuxer(unlinked.pipeline);
  GstElement* linked_demuxer = add_demuxer(linked.pipeline);
  unlinked.play();
  linked.play();
  CHECK(waits_for_pads(unlinked) && waits_for_pads(linked));
  GstPad* sink = gst_element_get_static_pad(add(linked.pipeline, "fakesink"), "sink");
  CHECK_EQUAL(gst_pad_link(add_source_pad(linked_demuxer, "audio_0"), sink), GST_PAD_LINK_OK);
  gst_element_no_more_pads(unlinked_demuxer);
  gst_element_no_more_pads(linked_demuxer);
  CHECK_EQUAL(number(linked.record.wait_for("track", 1).at(0), "track"), 0);
  CHECK_EQUAL(unlinked.record.count("track"), size_t{0});
  unlinked.record.wait_for("track", 1);
  gst_object_unref(sink);
}

TEST("elements that bring pads are found in other bins too, and speak for what is in them") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  GstElement* outer = gst_bin_new("outer");
  gst_bin_add(GST_BIN(fixture.pipeline), outer);
  GstElement* demuxer = add_demuxer(outer);
  GstElement* decodebin = add_demuxer(fixture.pipeline, "parsebin");
  fixture.play();
  CHECK(waits_for_pads(fixture));
  gst_element_no_more_pads(demuxer);
  gst_element_no_more_pads(decodebin);
  fixture.record.wait_for("track", 1);
}

TEST("nothing is waited for where no pad can come, or pad-wait-time is 0") {
  for (const bool is_multiqueue : {true, false}) {
    Fixture fixture;
    Feeder video(fixture, "video_%u");
    GstPad* pad = nullptr;
    GstElement* element = nullptr;
    if (is_multiqueue) {
      // Its source pads come with its sink pads, and it never says no-more-pads.
      element = add_demuxer(fixture.pipeline, "multiqueue");
      pad = gst_element_request_pad_simple(element, "sink_%u");
    } else {
      add_demuxer(fixture.pipeline);
      g_object_set(fixture.sink, "pad-wait-time", 0, nullptr);
    }
    fixture.play();
    CHECK(!waits_for_pads(fixture));
    if (pad != nullptr) {
      gst_element_release_request_pad(element, pad);
      gst_object_unref(pad);
    }
  }
}

TEST("a stream that the first buffer opens waits for pads as well") {
  Fixture fixture;
  GstElement* demuxer = add_demuxer(fixture.pipeline);
  fixture.play();
  Feeder audio(fixture, "audio_%u", kAac);
  audio.start(kAac);
  audio.frame(0);
  CHECK(waits_for_pads(fixture));
  Feeder video(fixture, "video_%u", kAvc);
  CHECK_EQUAL(number(fixture.record.wait_for("track", 1).at(0), "track"), 2);
  gst_element_no_more_pads(demuxer);
  CHECK_EQUAL(number(fixture.record.wait_for("track", 2).at(1), "track"), 0);
}

TEST("a host that replaces a dead one hears of the tracks that joined and of those that are gone") {
  Fixture fixture("crash");
  Feeder video(fixture, "video_%u");
  fixture.play();
  Feeder audio(fixture, "audio_%u", kAac);
  audio.start(kAac);
  Feeder third(fixture, "audio_%u", kAac);
  third.release();
  fixture.record.wait_for("track", 3);
  video.start(kAvc);
  video.frame(0);
  fixture.record.wait_for("open", 2);
  const auto tracks = fixture.record.wait_for("track", 6);
  CHECK_EQUAL(number(tracks[3], "track"), 2);
  CHECK(contains(tracks[3], "\"kind\":\"audio\""));
  CHECK_EQUAL(number(tracks[4], "track"), 3);
  CHECK_EQUAL(number(tracks[5], "track"), 3);
  CHECK_EQUAL(number(tracks[5], "size"), 0);
  fixture.stop();
}
