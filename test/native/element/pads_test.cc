// Pad templates, names, track ids, caps.
#include "support.h"

namespace {

constexpr char kUpstreamAudio[] =
    "audio/mpeg, mpegversion = (int) { 2, 4 }, stream-format = (string) raw, channels = (int) [ 1, "
    "MAX ], rate = (int) [ 1, MAX ] ; audio/x-alaw, channels = (int) { 1, 2 }, rate = (int) [ "
    "8000, "
    "192000 ] ; audio/x-mulaw, channels = (int) { 1, 2 }, rate = (int) [ 8000, 192000 ]";
constexpr char kUpstreamVideo[] =
    "video/x-h264, stream-format = (string) avc, alignment = (string) au, width = (int) [ 16, MAX "
    "], height = (int) [ 16, MAX ] ; video/x-h265, alignment = (string) au, stream-format = { "
    "hvc1, "
    "hev1, byte-stream }, width = (int) [ 16, MAX ], height = (int) [ 16, MAX ]";

bool accepts(GstPad* pad, const char* text) {
  GstCaps* caps = gst_caps_from_string(text);
  const bool accepted = gst_pad_query_accept_caps(pad, caps);
  gst_caps_unref(caps);
  return accepted;
}

bool template_takes(GstElement* sink, const char* name, const char* text) {
  GstPadTemplate* templ = gst_element_get_pad_template(sink, name);
  CHECK(templ != nullptr);
  GstCaps* ours = gst_pad_template_get_caps(templ);
  GstCaps* theirs = gst_caps_from_string(text);
  const bool takes = gst_caps_is_subset(theirs, ours);
  gst_caps_unref(ours);
  gst_caps_unref(theirs);
  return takes;
}

gint64 track_of_open(const Fixture& fixture, const std::string& pad) {
  const std::string open = fixture.record.lines("open").at(0);
  const size_t at = open.find("\"pad\":\"" + pad + "\"");
  CHECK(at != std::string::npos);
  const size_t track = open.rfind("\"track\":", at);
  return number(open.substr(track), "track");
}

}  // namespace

TEST("rank, class and flag are those that selection goes by") {
  GstElementFactory* factory = gst_element_factory_find("kvssink");
  CHECK_EQUAL(gst_plugin_feature_get_rank(GST_PLUGIN_FEATURE(factory)), 266u);
  CHECK_EQUAL(std::string(gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS)),
              "Sink/Video/Network");
  gst_object_unref(factory);
  Fixture fixture;
  CHECK(GST_OBJECT_FLAG_IS_SET(fixture.sink, GST_ELEMENT_FLAG_SINK));
}

TEST("the templates take whatever upstream's take, and more") {
  Fixture fixture;
  CHECK(template_takes(fixture.sink, "audio_%u", kUpstreamAudio));
  CHECK(template_takes(fixture.sink, "video_%u", kUpstreamVideo));
  CHECK(template_takes(fixture.sink, "video_%u",
                       "video/x-h264, stream-format=byte-stream, alignment=au"));
  CHECK(template_takes(fixture.sink, "video_%u", "image/jpeg"));
  CHECK(template_takes(fixture.sink, "audio_%u", "audio/x-opus"));
  CHECK(template_takes(fixture.sink, "audio_%u", "audio/mpeg, mpegversion=4, stream-format=adts"));
}

TEST("up to three pads of any mix, named by upstream's scheme") {
  Fixture fixture;
  Feeder a(fixture, "video_%u");
  Feeder b(fixture, "audio_%u");
  Feeder c(fixture, "video_7");
  CHECK_EQUAL(GST_OBJECT_NAME(a.pad), std::string("video_0"));
  CHECK_EQUAL(GST_OBJECT_NAME(b.pad), std::string("audio_0"));
  CHECK_EQUAL(GST_OBJECT_NAME(c.pad), std::string("video_1"));
  CHECK(gst_element_request_pad_simple(fixture.sink, "audio_%u") == nullptr);
  a.release();
  Feeder d(fixture, "video_%u");
  CHECK_EQUAL(GST_OBJECT_NAME(d.pad), std::string("video_0"));
}

TEST("a released pad leaves one reference to the element") {
  GstElement* sink = gst_element_factory_make("kvssink", nullptr);
  GstPad* pad = gst_element_request_pad_simple(sink, "video_%u");
  gst_element_release_request_pad(sink, pad);
  CHECK_EQUAL(GST_OBJECT_REFCOUNT_VALUE(pad), 1);
  gst_object_unref(pad);
  CHECK_EQUAL(GST_OBJECT_REFCOUNT_VALUE(sink), 1);
  gst_object_unref(sink);
}

TEST(
    "any pad takes any medium the core knows, and only with codec-id and content-type all others") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  CHECK(accepts(feeder.pad, kAvc));
  CHECK(accepts(feeder.pad, kAac));
  CHECK(accepts(feeder.pad, "video/x-h264"));
  CHECK(!accepts(feeder.pad, "video/x-av1"));
  CHECK(!accepts(feeder.pad, "video/x-raw, format=I420"));
  g_object_set(fixture.sink, "codec-id", "V_AV1", nullptr);
  CHECK(!accepts(feeder.pad, "video/x-av1"));
  g_object_set(fixture.sink, "content-type", "video/av1", nullptr);
  CHECK(accepts(feeder.pad, "video/x-av1"));
  CHECK(accepts(feeder.pad, "application/x-anything"));
}

TEST("launch lines link as with upstream: raw video does not, a bare appsrc does") {
  GError* error = nullptr;
  GstElement* raw = gst_parse_launch("videotestsrc ! kvssink", &error);
  CHECK(error != nullptr && contains(error->message, "could not link"));
  g_clear_error(&error);
  if (raw != nullptr) gst_object_unref(gst_object_ref_sink(raw));
  for (const char* line :
       {"appsrc ! kvssink", "x264enc ! kvssink", "openh264enc ! kvssink", "h265parse ! kvssink",
        "avenc_aac ! kvssink", "alawenc ! kvssink",
        "appsrc caps=video/x-av1 ! kvssink codec-id=V_AV1 content-type=video/av1",
        "appsrc caps=a/b ! .video_0 kvssink codec-id=X content-type=a/b"}) {
    GstElement* pipeline = gst_parse_launch(line, &error);
    if (error != nullptr && !contains(error->message, "no element")) {
      check::fail(__FILE__, __LINE__, std::string(line) + ": " + error->message);
    }
    g_clear_error(&error);
    if (pipeline != nullptr) gst_object_unref(gst_object_ref_sink(pipeline));
  }
}

TEST("a single track is 1, whatever it is") {
  Fixture fixture;
  Feeder feeder(fixture, "audio_%u");
  fixture.play();
  feeder.start(kAac);
  feeder.frame(0);
  fixture.stop();
  CHECK_EQUAL(number(fixture.record.lines("frame").at(0), "track"), 1);
}

TEST("with audio and video, video is 1 and audio 2, in whatever order they were linked") {
  Fixture fixture;
  Feeder audio(fixture, "audio_%u");
  Feeder video(fixture, "video_%u");
  fixture.play();
  fixture.record.wait_for("open", 1);
  CHECK_EQUAL(track_of_open(fixture, "video_0"), 1);
  CHECK_EQUAL(track_of_open(fixture, "audio_0"), 2);
}

TEST("a third track is 3") {
  Fixture fixture;
  Feeder first(fixture, "video_%u");
  Feeder second(fixture, "video_%u");
  Feeder audio(fixture, "audio_%u");
  fixture.play();
  fixture.record.wait_for("open", 1);
  CHECK_EQUAL(track_of_open(fixture, "video_0"), 1);
  CHECK_EQUAL(track_of_open(fixture, "audio_0"), 2);
  CHECK_EQUAL(track_of_open(fixture, "video_1"), 3);
}

TEST("the peer's caps decide what a pad carries") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u", kAac);
  fixture.play();
  CHECK(
      contains(fixture.record.wait_for("open", 1).at(0), "\"kind\":\"audio\",\"pad\":\"video_0\""));
}

TEST("caps go to the core with codec data in hex, and again when they change") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  feeder.start("video/x-h264, stream-format=byte-stream, alignment=au, width=1920, height=1080");
  feeder.frame(1);
  fixture.stop();
  const auto caps = fixture.record.lines("caps");
  CHECK_EQUAL(caps.size(), size_t{2});
  CHECK(contains(caps[0], "\"name\":\"video/x-h264\""));
  CHECK(contains(caps[0], "\"codec_data\":\"0142c00bffe1000467640000\""));
  CHECK(contains(caps[0], "\"framerate\":\"25/1\""));
  CHECK(contains(caps[1], "\"width\":1920"));
  CHECK(!contains(caps[1], "codec_data"));
  CHECK(number(caps[1], "sequence") > number(fixture.record.lines("frame").at(0), "sequence"));
}

TEST("a pad that is added while playing gets a track of its own") {
  Fixture fixture;
  Feeder video(fixture, "video_%u");
  fixture.play();
  video.start(kAvc);
  Feeder audio(fixture, "audio_%u");
  audio.start(kAac);
  CHECK_EQUAL(audio.frame(0), GST_FLOW_OK);
  fixture.stop();
  CHECK_EQUAL(fixture.record.lines("frame", 2).size(), size_t{1});
}
