// What becomes of buffers: flags, times, gaps, pieces.
#include <atomic>

#include "../../../native/element/pace.h"
#include "support.h"

namespace {

constexpr GstClockTime kMs = GST_MSECOND;

/// Plays, pushes what `feed` pushes, stops; returns the recorded frames.
std::vector<std::string> frames_of(Fixture& fixture, Feeder& feeder,
                                   const std::function<void()>& feed) {
  fixture.play();
  feeder.start(kAvc);
  feed();
  fixture.stop();
  return fixture.record.lines("frame");
}

}  // namespace

TEST("every frame reaches the core with its flags, which decides what can be decoded") {
  struct Case {
    guint flags;
    bool timed;
  };
  const Case cases[] = {
      {0, true},
      {GST_BUFFER_FLAG_DISCONT, true},
      {GST_BUFFER_FLAG_HEADER, true},
      {GST_BUFFER_FLAG_HEADER, false},
      {GST_BUFFER_FLAG_HEADER | GST_BUFFER_FLAG_DISCONT, true},
      {GST_BUFFER_FLAG_DELTA_UNIT, true},
      {GST_BUFFER_FLAG_DELTA_UNIT | GST_BUFFER_FLAG_DROPPABLE, true},
      {GST_BUFFER_FLAG_DELTA_UNIT | GST_BUFFER_FLAG_DISCONT, true},
      {GST_BUFFER_FLAG_DELTA_UNIT | GST_BUFFER_FLAG_HEADER, false},
      {GST_BUFFER_FLAG_CORRUPTED, true},
      {GST_BUFFER_FLAG_DECODE_ONLY, true},
  };
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  const auto frames = frames_of(fixture, feeder, [&] {
    gsize size = 1;
    for (const Case& test : cases) {
      const GstClockTime time = test.timed ? size * kMs : GST_CLOCK_TIME_NONE;
      CHECK_EQUAL(feeder.push(make_buffer(size, time, time, test.flags)), GST_FLOW_OK);
      size++;
    }
  });
  CHECK_EQUAL(frames.size(), G_N_ELEMENTS(cases));
  for (size_t i = 0; i < frames.size(); i++) {
    const guint flags = cases[i].flags;
    CHECK_EQUAL(number(frames[i], "size"), static_cast<gint64>(i + 1));
    const gint64 expected = (flags & GST_BUFFER_FLAG_DELTA_UNIT ? 0 : 1) |
                            (flags & GST_BUFFER_FLAG_DISCONT ? 2 : 0) |
                            (flags & GST_BUFFER_FLAG_DROPPABLE ? 4 : 0) |
                            (flags & GST_BUFFER_FLAG_DECODE_ONLY ? 8 : 0) |
                            (flags & GST_BUFFER_FLAG_CORRUPTED ? 64 : 0);
    CHECK_EQUAL(number(frames[i], "flags"), expected);
  }
}

TEST("a frame outside the segment is told as left out, and the next one follows a loss") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  const auto frames = frames_of(fixture, feeder, [&] {
    feeder.segment(1000 * kMs, 2000 * kMs);
    for (const GstClockTime pts : {960, 1000, 1040}) {
      feeder.push(make_buffer(10, pts * kMs, pts * kMs, GST_BUFFER_FLAG_DELTA_UNIT));
    }
  });
  const auto left_out = fixture.record.lines("leftOut");
  CHECK_EQUAL(left_out.size(), size_t{1});
  CHECK(contains(left_out[0], "outside-segment"));
  CHECK_EQUAL(number(left_out[0], "track"), 1);
  CHECK_EQUAL(number(frames.at(0), "flags"), 16);
  CHECK_EQUAL(number(frames.at(1), "flags"), 0);
}

TEST("what follows another STREAM_START does not continue the stream before it") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  const auto frames = frames_of(fixture, feeder, [&] {
    feeder.frame(0);
    for (const char* id : {"camera-a", "camera-b", "camera-b"}) {
      feeder.event(gst_event_new_stream_start(id));
      GstCaps* caps = gst_caps_from_string(kAvc);
      feeder.event(gst_event_new_caps(caps));
      gst_caps_unref(caps);
      feeder.segment(0, GST_CLOCK_TIME_NONE);
      feeder.frame(1, true);
      feeder.frame(2, true);
    }
  });
  const gint64 expected[] = {1, 16, 0, 16, 0, 0, 0};
  CHECK_EQUAL(frames.size(), G_N_ELEMENTS(expected));
  for (size_t i = 0; i < frames.size(); i++) CHECK_EQUAL(number(frames[i], "flags"), expected[i]);
}

TEST("the core's wish for a key frame goes upstream with the next buffer, on that pad alone") {
  Fixture fixture("keys");
  Feeder video(fixture, "video_%u");
  Feeder audio(fixture, "audio_%u");
  std::atomic<int> asked{0};
  std::atomic<int> elsewhere{0};
  const auto count = [](GstPad*, GstPadProbeInfo* info, gpointer counter) {
    GstEvent* event = gst_pad_probe_info_get_event(info);
    const GstStructure* structure = gst_event_get_structure(event);
    if (structure != nullptr && gst_structure_has_name(structure, "GstForceKeyUnit")) {
      GstClockTime time = 0;
      gboolean all_headers = FALSE;
      gst_structure_get_clock_time(structure, "running-time", &time);
      gst_structure_get_boolean(structure, "all-headers", &all_headers);
      CHECK(!GST_CLOCK_TIME_IS_VALID(time) && all_headers);
      (*static_cast<std::atomic<int>*>(counter))++;
    }
    return GST_PAD_PROBE_OK;
  };
  gst_pad_add_probe(video.src, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, count, &asked, nullptr);
  gst_pad_add_probe(audio.src, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, count, &elsewhere, nullptr);
  fixture.play();
  video.start(kAvc);
  audio.start(kAac);
  for (int i = 0; asked == 0; i++) {
    video.frame(i);
    audio.frame(i);
    g_usleep(1000);
  }
  video.frame(10000);
  CHECK_EQUAL(asked.load(), 1);
  CHECK_EQUAL(elsewhere.load(), 0);
  fixture.stop();
}

TEST("times are running times, and buffers outside the segment are dropped") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  const auto frames = frames_of(fixture, feeder, [&] {
    feeder.segment(1000 * kMs, 2000 * kMs, 500 * kMs);
    for (const GstClockTime pts : {900, 1000, 1040, 2040}) {
      CHECK_EQUAL(feeder.push(make_buffer(10, pts * kMs, pts * kMs - 80 * kMs)), GST_FLOW_OK);
    }
  });
  CHECK_EQUAL(frames.size(), size_t{2});
  CHECK_EQUAL(field(frames[0], "pts"), "500000000");
  CHECK_EQUAL(field(frames[0], "dts"), "420000000");
  CHECK_EQUAL(field(frames[1], "pts"), "540000000");
}

TEST("a decoding time before the segment's start is a negative running time") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  const auto frames = frames_of(fixture, feeder, [&] {
    feeder.segment(3600 * GST_SECOND, GST_CLOCK_TIME_NONE);
    feeder.push(make_buffer(10, 3600 * GST_SECOND, 3600 * GST_SECOND - 66 * kMs));
  });
  CHECK_EQUAL(field(frames.at(0), "pts"), "0");
  CHECK_EQUAL(field(frames.at(0), "dts"), "-66000000");
}

TEST("missing times stay missing: the core derives them") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  const auto frames = frames_of(fixture, feeder, [&] {
    feeder.push(make_buffer(10, GST_CLOCK_TIME_NONE));
    feeder.push(make_buffer(10, GST_CLOCK_TIME_NONE, 40 * kMs));
    feeder.push(make_buffer(10, 80 * kMs));
  });
  CHECK_EQUAL(field(frames.at(0), "pts"), "null");
  CHECK_EQUAL(field(frames.at(0), "dts"), "null");
  CHECK_EQUAL(field(frames.at(1), "pts"), "null");
  CHECK_EQUAL(field(frames.at(1), "dts"), "40000000");
  CHECK_EQUAL(field(frames.at(2), "pts"), "80000000");
  CHECK_EQUAL(field(frames.at(2), "duration"), "null");
}

TEST("with disable-buffer-clipping the buffers' own times are sent, and none is dropped") {
  Fixture fixture;
  g_object_set(fixture.sink, "disable-buffer-clipping", TRUE, nullptr);
  Feeder feeder(fixture, "video_%u");
  const auto frames = frames_of(fixture, feeder, [&] {
    feeder.segment(1000 * kMs, 2000 * kMs);
    feeder.push(make_buffer(10, 500 * kMs, 400 * kMs));
  });
  CHECK_EQUAL(field(frames.at(0), "pts"), "500000000");
  CHECK_EQUAL(field(frames.at(0), "dts"), "400000000");
}

TEST("clipping that was off at one start is on at the next, and off again") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  size_t sent = 0;
  for (const bool off : {false, true, false, true}) {
    g_object_set(fixture.sink, "disable-buffer-clipping", gboolean{off}, nullptr);
    const auto frames = frames_of(fixture, feeder, [&] {
      feeder.segment(1000 * kMs, 2000 * kMs);
      feeder.push(make_buffer(10, 1500 * kMs));
    });
    CHECK_EQUAL(frames.size(), ++sent);
    CHECK_EQUAL(field(frames.back(), "pts"), off ? "1500000000" : "500000000");
  }
}

TEST("pieces of an access unit all reach the core, which is told the last of them") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start("video/x-h264, stream-format=byte-stream, alignment=nal");
  const guint delta = GST_BUFFER_FLAG_DELTA_UNIT;
  const guint flags[] = {delta | GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_HEADER, 0,
                         GST_BUFFER_FLAG_MARKER, delta | GST_BUFFER_FLAG_MARKER};
  for (const guint flag : flags) {
    CHECK_EQUAL(feeder.push(make_buffer(10, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, flag)),
                GST_FLOW_OK);
  }
  fixture.stop();
  const auto frames = fixture.record.lines("frame");
  CHECK_EQUAL(frames.size(), G_N_ELEMENTS(flags));
  const gint64 expected[] = {128 | 2, 128 | 1, 128 | 1 | 32, 128 | 32};
  for (size_t i = 0; i < frames.size(); i++) CHECK_EQUAL(number(frames[i], "flags"), expected[i]);
}

TEST("a key frame in pieces is one to event-metadata") {
  Fixture fixture;
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "event-metadata", "notification,every=2");
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start("video/x-h264, stream-format=byte-stream, alignment=nal");
  for (int picture = 0; picture < 3; picture++) {
    feeder.push(make_buffer(10, picture * kMs));
    feeder.push(make_buffer(10, picture * kMs, picture * kMs, GST_BUFFER_FLAG_MARKER));
  }
  fixture.stop();
  CHECK_EQUAL(fixture.record.count("metadata"), size_t{2});
}

TEST("a segment in bytes, as appsrc sends by default, leaves times as they are") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  const auto frames = frames_of(fixture, feeder, [&] {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_BYTES);
    feeder.event(gst_event_new_segment(&segment));
    feeder.push(make_buffer(10, 500 * kMs));
  });
  CHECK_EQUAL(field(frames.at(0), "pts"), "500000000");
}

TEST("a buffer in pieces and a list of buffers arrive whole") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  const auto frames = frames_of(fixture, feeder, [&] {
    GstBuffer* buffer = make_buffer(3, 0);
    for (int i = 0; i < 5; i++) {
      GstMemory* piece = gst_allocator_alloc(nullptr, 2, nullptr);
      GstMapInfo map;
      gst_memory_map(piece, &map, GST_MAP_WRITE);
      memset(map.data, 'a' + i, map.size);
      gst_memory_unmap(piece, &map);
      gst_buffer_append_memory(buffer, piece);
    }
    feeder.push(buffer);
    GstBufferList* list = gst_buffer_list_new();
    gst_buffer_list_add(list, make_buffer(21, 40 * kMs));
    gst_buffer_list_add(list, make_buffer(22, 80 * kMs));
    CHECK_EQUAL(gst_pad_push_list(feeder.src, list), GST_FLOW_OK);
  });
  CHECK_EQUAL(frames.size(), size_t{3});
  CHECK_EQUAL(number(frames[0], "size"), 13);
  gchar* sha1 = g_compute_checksum_for_string(G_CHECKSUM_SHA1, "xxxaabbccddee", -1);
  CHECK_EQUAL(field(frames[0], "sha1"), std::string(sha1));
  g_free(sha1);
  CHECK_EQUAL(number(frames[2], "size"), 22);
}

TEST("GAP events and empty buffers tell the core that a track has nothing") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  const auto frames = frames_of(fixture, feeder, [&] {
    feeder.segment(1000 * kMs, GST_CLOCK_TIME_NONE);
    feeder.event(gst_event_new_gap(1200 * kMs, 300 * kMs));
    GstBuffer* empty = make_buffer(0, 1500 * kMs, GST_CLOCK_TIME_NONE, GST_BUFFER_FLAG_GAP);
    GST_BUFFER_DURATION(empty) = 20 * kMs;
    CHECK_EQUAL(feeder.push(empty), GST_FLOW_OK);
    CHECK_EQUAL(feeder.push(make_buffer(0, GST_CLOCK_TIME_NONE)), GST_FLOW_OK);
    feeder.frame(30);
  });
  CHECK_EQUAL(frames.size(), size_t{1});
  const auto gaps = fixture.record.lines("gap");
  CHECK_EQUAL(gaps.size(), size_t{2});
  CHECK_EQUAL(field(gaps[0], "pts"), "200000000");
  CHECK_EQUAL(field(gaps[0], "duration"), "300000000");
  CHECK_EQUAL(field(gaps[1], "pts"), "500000000");
}

TEST("a header without a time is no frame when the caps have it: it is passed over") {
  Fixture fixture;
  Feeder feeder(fixture, "audio_%u");
  fixture.play();
  feeder.start("audio/x-opus, channel-mapping-family=0, streamheader=(buffer)< 4f70757348656164 >");
  feeder.push(make_buffer(8, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, GST_BUFFER_FLAG_HEADER));
  feeder.push(make_buffer(9, 0));
  fixture.stop();
  CHECK_EQUAL(fixture.record.count("frame"), size_t{1});
  CHECK(contains(fixture.record.lines("caps").at(0), "\"streamheader\":\"4f70757348656164\""));
}

TEST("the buffer is free again when push returns") {
  Fixture fixture("hold");
  Feeder feeder(fixture, "video_%u");
  frames_of(fixture, feeder, [&] {
    GstBuffer* buffer = make_buffer(1000, 0);
    gst_buffer_ref(buffer);
    CHECK_EQUAL(feeder.push(buffer), GST_FLOW_OK);
    CHECK_EQUAL(GST_MINI_OBJECT_REFCOUNT_VALUE(buffer), 1);
    gst_buffer_unref(buffer);
  });
}

TEST("the latency query is answered with the longest of the tracks") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  Feeder audio(fixture, "audio_%u");
  const auto answer = [](GstPad* pad, GstObject* parent, GstQuery* query) -> gboolean {
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY)
      return gst_pad_query_default(pad, parent, query);
    const auto latency = GPOINTER_TO_UINT(gst_pad_get_element_private(pad)) * GST_MSECOND;
    gst_query_set_latency(query, TRUE, latency, 10 * latency);
    return TRUE;
  };
  gst_pad_set_element_private(video.src, GUINT_TO_POINTER(30));
  gst_pad_set_element_private(audio.src, GUINT_TO_POINTER(70));
  gst_pad_set_query_function(video.src, answer);
  gst_pad_set_query_function(audio.src, answer);
  GstQuery* query = gst_query_new_latency();
  CHECK(gst_element_query(fixture.sink, query));
  gboolean live;
  GstClockTime min, max;
  gst_query_parse_latency(query, &live, &min, &max);
  gst_query_unref(query);
  CHECK(live);
  CHECK_EQUAL(min, GstClockTime{70 * GST_MSECOND});
  CHECK_EQUAL(max, GstClockTime{300 * GST_MSECOND});
}

TEST("a pad cannot be sought; whether the pipeline can, its source says") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  gst_pad_set_query_function(video.src, [](GstPad*, GstObject*, GstQuery* query) -> gboolean {
    if (GST_QUERY_TYPE(query) != GST_QUERY_SEEKING) return FALSE;
    gst_query_set_seeking(query, GST_FORMAT_TIME, TRUE, 0, 7);
    return TRUE;
  });
  GstQuery* query = gst_query_new_seeking(GST_FORMAT_TIME);
  gboolean seekable = TRUE;
  CHECK(gst_pad_query(video.pad, query));
  gst_query_parse_seeking(query, nullptr, &seekable, nullptr, nullptr);
  CHECK(!seekable);
  CHECK(gst_element_query(fixture.sink, query));
  gst_query_parse_seeking(query, nullptr, &seekable, nullptr, nullptr);
  CHECK(seekable);
  gst_query_unref(query);
}

TEST("a source is ahead of the clock when its media is, and stays so") {
  const guint64 start = 7 * GST_SECOND;
  kvs::Pace file;
  for (guint64 i = 0; i < 60; i++) file.saw(i * 33 * GST_MSECOND, 33 * GST_MSECOND, start + i);
  CHECK(file.runs_ahead());
  file.saw(2 * GST_SECOND, 33 * GST_MSECOND, start + 3600 * GST_SECOND);
  CHECK(file.runs_ahead());
  file.reset();
  CHECK(!file.runs_ahead());

  kvs::Pace camera;
  for (guint64 i = 0; i < 600; i++) {
    const guint64 pts = i * 33 * GST_MSECOND;
    // A second in hand at the start, then in real time.
    camera.saw(pts, 33 * GST_MSECOND, start + (pts > GST_SECOND ? pts - GST_SECOND : 0));
  }
  CHECK(!camera.runs_ahead());
}

TEST("a source without times is judged by how many frames come") {
  kvs::Pace pipe;
  for (guint64 i = 0; i < 30; i++)
    pipe.saw(GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, GST_SECOND + i);
  CHECK(!pipe.runs_ahead());
  for (guint64 i = 0; i < 30; i++)
    pipe.saw(GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, GST_SECOND + i);
  CHECK(pipe.runs_ahead());
}
