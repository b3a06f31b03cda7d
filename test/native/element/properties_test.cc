// Names, types, ranges, defaults and nicks of upstream's properties (3.6.0), and ours beside them.
#include <ctime>

#include "../../../native/bridge/wire.h"
#include "support.h"

namespace {

struct Expected {
  const char* name;
  GType type;
  const char* value;  // of the table; nullptr: none
  const char* nick;
};

const Expected kUpstream[] = {
    {"stream-name", G_TYPE_STRING, "DEFAULT_STREAM", "Stream Name"},
    {"user-agent", G_TYPE_STRING, "AWS-SDK-KVS-CPP-CLIENT", "Custom user agent name"},
    {"retention-period", G_TYPE_UINT, "2", "Retention Period"},
    {"content-type", G_TYPE_STRING, "video/h264", "Content Type"},
    {"max-latency", G_TYPE_UINT, "60", "Max Latency"},
    {"fragment-duration", G_TYPE_UINT, "2000", "Fragment Duration"},
    {"timecode-scale", G_TYPE_UINT, "1", "Timecode Scale"},
    {"key-frame-fragmentation", G_TYPE_BOOLEAN, "TRUE", "Do key frame fragmentation"},
    {"frame-timecodes", G_TYPE_BOOLEAN, "TRUE", "Do frame timecodes"},
    {"absolute-fragment-times", G_TYPE_BOOLEAN, "TRUE", "Use absolute fragment time"},
    {"fragment-acks", G_TYPE_BOOLEAN, "TRUE", "Do fragment acks"},
    {"restart-on-error", G_TYPE_BOOLEAN, "TRUE", "Do restart on error"},
    {"recalculate-metrics", G_TYPE_BOOLEAN, "TRUE", "Do recalculate metrics"},
    {"allow-create-stream", G_TYPE_BOOLEAN, "TRUE",
     "Allow creating stream if stream does not exist"},
    {"framerate", G_TYPE_UINT, "25", "Framerate"},
    {"avg-bandwidth-bps", G_TYPE_UINT, "4194304", "Average bandwidth bps"},
    {"buffer-duration", G_TYPE_UINT, "120", "Buffer duration"},
    {"replay-duration", G_TYPE_UINT, "40", "Replay duration"},
    {"connection-staleness", G_TYPE_UINT, "60", "Connection staleness"},
    {"codec-id", G_TYPE_STRING, "V_MPEG4/ISO/AVC", "Codec ID"},
    {"track-name", G_TYPE_STRING, "kinesis_video", "Track name"},
    {"access-key", G_TYPE_STRING, "access_key", "Access Key"},
    {"secret-key", G_TYPE_STRING, "secret_key", "Secret Key"},
    {"session-token", G_TYPE_STRING, "session_token", "Session token"},
    {"aws-region", G_TYPE_STRING, "us-west-2", "AWS Region"},
    {"rotation-period", G_TYPE_UINT, "3600", "Rotation Period"},
    {"log-config", G_TYPE_STRING, "../kvs_log_configuration", "Log Configuration"},
    {"storage-size", G_TYPE_UINT, "128", "Storage Size"},
    {"stop-stream-timeout", G_TYPE_UINT, "120", "Stop stream timeout"},
    {"connection-timeout", G_TYPE_UINT, "5", "Service call connection timeout"},
    {"completion-timeout", G_TYPE_UINT, "10", "Service call completion timeout"},
    {"credential-path", G_TYPE_STRING, ".kvs/credential", "Credential File Path"},
    {"file-start-time", G_TYPE_UINT64, "0", "File Start Time"},
    {"disable-buffer-clipping", G_TYPE_BOOLEAN, "FALSE", "Disable Buffer Clipping"},
    {"use-original-pts", G_TYPE_BOOLEAN, "FALSE", "Use Original PTS"},
    {"get-kvs-metrics", G_TYPE_BOOLEAN, "FALSE",
     "Get client and stream level metrics on every key frame"},
};

std::string text_of(const GValue* value) {
  GValue text = G_VALUE_INIT;
  g_value_init(&text, G_TYPE_STRING);
  g_value_transform(value, &text);
  const gchar* string = g_value_get_string(&text);
  const std::string copy = string == nullptr ? "" : string;
  g_value_unset(&text);
  return copy;
}

GParamSpec* param_of(GstElement* sink, const char* name) {
  GParamSpec* param = g_object_class_find_property(G_OBJECT_GET_CLASS(sink), name);
  if (param == nullptr) check::fail(__FILE__, __LINE__, std::string("no property ") + name);
  return param;
}

std::string string_of(GstElement* sink, const char* name) {
  gchar* text = nullptr;
  g_object_get(sink, name, &text, nullptr);
  const std::string copy = text == nullptr ? "(null)" : text;
  g_free(text);
  return copy;
}

}  // namespace

TEST("upstream's properties have upstream's types, defaults, ranges and nicks") {
  Fixture fixture;
  for (const Expected& expected : kUpstream) {
    GParamSpec* param = param_of(fixture.sink, expected.name);
    CHECK_EQUAL(std::string(g_type_name(param->value_type)), g_type_name(expected.type));
    CHECK_EQUAL(std::string(g_param_spec_get_nick(param)), expected.nick);
    CHECK_EQUAL(text_of(g_param_spec_get_default_value(param)), expected.value);
    CHECK((param->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE);
    CHECK((param->flags & (G_PARAM_CONSTRUCT | G_PARAM_CONSTRUCT_ONLY)) == 0);
    if (G_IS_PARAM_SPEC_UINT(param)) {
      CHECK_EQUAL(G_PARAM_SPEC_UINT(param)->minimum, 0u);
      CHECK_EQUAL(G_PARAM_SPEC_UINT(param)->maximum, G_MAXUINT);
    }
    if (G_IS_PARAM_SPEC_UINT64(param)) {
      CHECK_EQUAL(G_PARAM_SPEC_UINT64(param)->maximum, G_MAXUINT64);
    }
  }
  for (const char* name : {"iot-certificate", "stream-tags"}) {
    CHECK(param_of(fixture.sink, name)->value_type == GST_TYPE_STRUCTURE);
  }
}

TEST("enumerations have upstream's type names, numbers and nicks") {
  Fixture fixture;
  GParamSpec* streaming = param_of(fixture.sink, "streaming-type");
  CHECK_EQUAL(std::string(g_type_name(streaming->value_type)), "GstKvsSinkStreamingType");
  auto* values = G_PARAM_SPEC_ENUM(streaming)->enum_class;
  CHECK_EQUAL(g_enum_get_value_by_nick(values, "realtime")->value, 0);
  CHECK_EQUAL(g_enum_get_value_by_nick(values, "near-realtime")->value, 1);
  CHECK_EQUAL(g_enum_get_value_by_nick(values, "offline")->value, 2);
  CHECK_EQUAL(G_PARAM_SPEC_ENUM(streaming)->default_value, 0);
  GParamSpec* timestamp = param_of(fixture.sink, "frame-timestamp");
  CHECK_EQUAL(std::string(g_type_name(timestamp->value_type)), "GstKvsSinkFrameTimestampType");
  values = G_PARAM_SPEC_ENUM(timestamp)->enum_class;
  CHECK_EQUAL(g_enum_get_value_by_nick(values, "pts-only")->value, 0);
  CHECK_EQUAL(g_enum_get_value_by_nick(values, "dts-only")->value, 1);
  CHECK_EQUAL(g_enum_get_value_by_nick(values, "default-timestamp")->value, 2);
  CHECK_EQUAL(G_PARAM_SPEC_ENUM(timestamp)->default_value, 2);
}

TEST("every property has a nick and a blurb that says what it does") {
  Fixture fixture;
  guint count = 0;
  GParamSpec** params = g_object_class_list_properties(G_OBJECT_GET_CLASS(fixture.sink), &count);
  for (guint i = 0; i < count; i++) {
    if (params[i]->owner_type != G_OBJECT_TYPE(fixture.sink)) continue;
    CHECK(std::strlen(g_param_spec_get_nick(params[i])) > 0);
    CHECK(std::strlen(g_param_spec_get_blurb(params[i])) > 30);
  }
  g_free(params);
}

TEST("a new element has upstream's values where they differ from the table's") {
  GstElement* sink = gst_element_factory_make("kvssink", nullptr);
  CHECK_EQUAL(string_of(sink, "user-agent"), "AWS-SDK-KVS-CPP-CLIENT/3.6.0");
  CHECK_EQUAL(string_of(sink, "content-type"), "(null)");
  guint64 start = 0;
  g_object_get(sink, "file-start-time", &start, nullptr);
  CHECK(start + 60 > static_cast<guint64>(time(nullptr)) &&
        start <= static_cast<guint64>(time(nullptr)));
  gst_object_unref(sink);
}

TEST("what is set is read back, secrets included") {
  Fixture fixture;
  guint count = 0;
  GParamSpec** params = g_object_class_list_properties(G_OBJECT_GET_CLASS(fixture.sink), &count);
  for (guint i = 0; i < count; i++) {
    const GParamSpec* param = params[i];
    if (param->owner_type != G_OBJECT_TYPE(fixture.sink) || !(param->flags & G_PARAM_WRITABLE)) {
      continue;
    }
    const char* text = "content";
    if (param->value_type == G_TYPE_BOOLEAN) text = "true";
    if (param->value_type == G_TYPE_UINT || param->value_type == G_TYPE_UINT64) text = "17";
    if (G_IS_PARAM_SPEC_ENUM(param)) text = "1";
    if (param->value_type == GST_TYPE_STRUCTURE) text = "name, key=(string)value";
    gst_util_set_object_arg(G_OBJECT(fixture.sink), param->name, text);
    GValue value = G_VALUE_INIT;
    g_value_init(&value, param->value_type);
    g_object_get_property(G_OBJECT(fixture.sink), param->name, &value);
    gchar* written = gst_value_serialize(&value);
    if (!contains(written, G_IS_PARAM_SPEC_ENUM(param) ? "" : text) &&
        param->value_type != GST_TYPE_STRUCTURE) {
      check::fail(__FILE__, __LINE__, std::string(param->name) + " is " + written);
    }
    if (param->value_type == GST_TYPE_STRUCTURE) CHECK(contains(written, "key"));
    g_free(written);
    g_value_unset(&value);
  }
  g_free(params);
}

TEST("secrets appear in no DOT dump and are not notified") {
  Fixture fixture;
  int notified = 0;
  g_signal_connect(fixture.sink, "notify",
                   G_CALLBACK(+[](GObject*, GParamSpec*, int* count) { (*count)++; }), &notified);
  g_object_set(fixture.sink, "access-key", "AKIDEXAMPLE1", "secret-key", "TOPSECRET2",
               "session-token", "TOKENTEXT3", nullptr);
  CHECK_EQUAL(notified, 0);
  gchar* dot = gst_debug_bin_to_dot_data(
      GST_BIN(fixture.pipeline),
      static_cast<GstDebugGraphDetails>(GST_DEBUG_GRAPH_SHOW_ALL | GST_DEBUG_GRAPH_SHOW_VERBOSE |
                                        GST_DEBUG_GRAPH_SHOW_FULL_PARAMS));
  CHECK(contains(dot, "stream-name"));
  for (const char* secret : {"AKIDEXAMPLE1", "TOPSECRET2", "TOKENTEXT3"}) {
    CHECK(!contains(dot, secret));
  }
  g_free(dot);
}

TEST("open carries every property by its GStreamer name") {
  Fixture fixture;
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "stream-tags",
                          "tags, a=(string)\"b \\\"c\\\"\", d=(string)e");
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "streaming-type", "offline");
  g_object_set(fixture.sink, "file-start-time", G_GUINT64_CONSTANT(18446744073709551615),
               "secret-key", "s3cr3t", "aws-region", "eu-west-1", nullptr);
  Feeder feeder(fixture, "video_%u", "video/x-h264, stream-format=avc, alignment=au");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  fixture.stop();
  const std::string open = fixture.record.lines("open").at(0);
  CHECK(contains(open, "\"stream-tags\":{\"a\":\"b \\\"c\\\"\",\"d\":\"e\"}"));
  CHECK(contains(open, "\"streaming-type\":\"offline\""));
  CHECK(contains(open, "\"file-start-time\":\"18446744073709551615\""));
  CHECK(contains(open, "\"secret-key\":\"s3cr3t\""));
  CHECK(contains(open, "\"content-type\":null"));
  CHECK(contains(open, "\"iot-certificate\":null"));
  CHECK(contains(open, "\"log-level\":\"error\""));
  CHECK(contains(open, "\"fragment-acks\":true"));
  CHECK(!contains(open, "\"stats\""));
  CHECK(contains(open,
                 "\"pads\":[{\"track\":1,\"kind\":\"video\",\"pad\":\"video_0\",\"caps\":{"
                 "\"name\":\"video/x-h264\""));
  guint count = 0;
  GParamSpec** params = g_object_class_list_properties(G_OBJECT_GET_CLASS(fixture.sink), &count);
  for (guint i = 0; i < count; i++) {
    if (params[i]->owner_type != G_OBJECT_TYPE(fixture.sink)) continue;
    if (std::strcmp(params[i]->name, "stats") == 0) continue;
    CHECK(contains(open, std::string("\"") + params[i]->name + "\":"));
  }
  g_free(params);
}

TEST("a region that nobody set is not sent, so that it hides none of the environment") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  CHECK(!contains(fixture.record.wait_for("open", 1).at(0), "aws-region"));
}

TEST("the host is started with its script and no configuration") {
  Fixture fixture;
  g_object_set(fixture.sink, "access-key", "AKIDEXAMPLE1", nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  const std::string host = fixture.record.wait_for("host", 1).at(0);
  CHECK(contains(host, std::string("\"argv\":[\"") + g_getenv("KVS_HOST_SCRIPT") + "\"]"));
}

TEST("live properties reach the core while playing, others at the next start") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  g_object_set(fixture.sink, "use-original-pts", TRUE, "get-kvs-metrics", TRUE, "metrics-interval",
               5, "storage-size", 64, nullptr);
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "log-level", "debug");
  feeder.frame(0);
  fixture.stop();
  const auto changes = fixture.record.lines("property");
  CHECK_EQUAL(changes.size(), size_t{4});
  CHECK(contains(changes[0], "{\"name\":\"use-original-pts\",\"value\":true}"));
  CHECK(contains(changes[1], "{\"name\":\"get-kvs-metrics\",\"value\":true}"));
  CHECK(contains(changes[2], "{\"name\":\"metrics-interval\",\"value\":5}"));
  CHECK(contains(changes[3], "{\"name\":\"log-level\",\"value\":\"debug\"}"));
}

TEST("a text in a structure that GStreamer read as a number is refused, and the quotes are shown") {
  const struct {
    const char* property;
    const char* value;
    const char* text;
  } cases[] = {
      {"iot-certificate", "iot-certificate,endpoint=e,iot-thing-name=0012345",
       "iot-certificate: iot-thing-name is a string, but was parsed as the number 5349. Put it in "
       "quotes, with its type: iot-thing-name=(string)\"...\""},
      {"stream-tags", "tags,a=(string)b,serial=1e5",
       "serial is a string, but was parsed as the number"},
      {"stream-tags", "tags,armed=yes", "armed is a string, but was parsed as the boolean true"},
      {"fragment-metadata", "m,part=1/2",
       "part is a string, but was parsed as the GstFraction 1/2"},
      {"event-metadata", "notification,every=(uint)2,room=12",
       "room is a string, but was parsed as"},
  };
  for (const auto& refused : cases) {
    Fixture fixture;
    gst_util_set_object_arg(G_OBJECT(fixture.sink), refused.property, refused.value);
    Feeder feeder(fixture, "video_%u");
    CHECK_EQUAL(fixture.set_state(GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
    const std::string text = fixture.pop_text(GST_MESSAGE_ERROR);
    CHECK(contains(text, refused.text));
    CHECK(contains(text, refused.property));
    CHECK(contains(text, "=(string)\"...\""));
    fixture.stop();
  }
}

TEST("texts in quotes, and fields that mean a number, are taken as they are written") {
  Fixture fixture;
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "iot-certificate",
                          "c,iot-thing-name=(string)\"0012345\",connection-timeout=5,"
                          "completion-timeout=(string)7");
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "stream-tags", "t,a=(string)1e5,b=(string)yes");
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "event-metadata", "notification,every=2");
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  const std::string open = fixture.record.wait_for("open", 1).at(0);
  CHECK(contains(open, "\"iot-thing-name\":\"0012345\",\"connection-timeout\":5,"));
  CHECK(contains(open, "\"stream-tags\":{\"a\":\"1e5\",\"b\":\"yes\"}"));
}

TEST("fragment-metadata with a number keeps its value while playing, and a warning says so") {
  Fixture fixture;
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "fragment-metadata", "m,site=(string)north");
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  gst_util_set_object_arg(G_OBJECT(fixture.sink), "fragment-metadata", "m,site=0012345");
  CHECK(
      contains(fixture.pop_text(GST_MESSAGE_WARNING),
               "fragment-metadata is not changed: site is a string, but was parsed as the number"));
  GstStructure* structure = nullptr;
  g_object_get(fixture.sink, "fragment-metadata", &structure, nullptr);
  CHECK_EQUAL(std::string(gst_structure_get_string(structure, "site")), "north");
  gst_structure_free(structure);
}
