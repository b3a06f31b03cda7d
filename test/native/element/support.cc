#include "support.h"

#include <dirent.h>
#include <unistd.h>

#include <fstream>
#include <thread>

Record::Record() {
  path_ = std::string(g_get_tmp_dir()) + "/kvssink-test-XXXXXX";
  const int fd = mkstemp(path_.data());
  CHECK(fd >= 0);
  close(fd);
}

Record::~Record() {
  unlink(path_.c_str());
}

std::vector<std::string> Record::lines(const std::string& type, int track) const {
  std::vector<std::string> found;
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) {
    if (line.back() != '}' || field(line, "type") != type) continue;
    if (track == 0 || number(line, "track") == track) found.push_back(line);
  }
  return found;
}

std::vector<std::string> Record::wait_for(const std::string& type, size_t count) const {
  wait_until(type.c_str(), [&] { return lines(type).size() >= count; });
  return lines(type);
}

std::string field(const std::string& line, const std::string& name) {
  const std::string key = "\"" + name + "\":";
  const size_t at = line.find(key);
  if (at == std::string::npos) return "";
  const size_t start = at + key.size();
  if (line[start] == '"') return line.substr(start + 1, line.find('"', start + 1) - start - 1);
  return line.substr(start, line.find_first_of(",}", start) - start);
}

gint64 number(const std::string& line, const std::string& name) {
  return g_ascii_strtoll(field(line, name).c_str(), nullptr, 10);
}

Fixture::Fixture(const char* words) {
  pipeline = gst_pipeline_new(nullptr);
  sink = gst_element_factory_make("kvssink", nullptr);
  gst_object_ref(sink);
  gst_bin_add(GST_BIN(pipeline), sink);
  bus = gst_element_get_bus(pipeline);
  g_object_set(sink, "stream-name", ("record:" + record.path()).c_str(), "user-agent", words,
               "stop-stream-timeout", 20, nullptr);
  // On a busy machine, under a sanitizer, a host may be silent for longer than the default. A test
  // in which it is to be replaced for that says so.
  g_object_set(sink, "host-timeout", 30, nullptr);
}

Fixture::~Fixture() {
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(bus);
  gst_object_unref(pipeline);
  gst_object_unref(sink);
}

GstMessage* Fixture::pop(GstMessageType types) {
  const GstClockTime timeout = std::chrono::nanoseconds(kPatience).count();
  return gst_bus_timed_pop_filtered(bus, timeout, types);
}

GstMessage* Fixture::pop_element(const char* name) {
  while (GstMessage* message = pop(GST_MESSAGE_ELEMENT)) {
    if (gst_message_has_name(message, name)) return message;
    gst_message_unref(message);
  }
  check::fail(__FILE__, __LINE__, std::string("no message ") + name);
}

std::string Fixture::pop_text(GstMessageType type, std::string* debug) {
  GstMessage* message = pop(type);
  if (message == nullptr) check::fail(__FILE__, __LINE__, "no error or warning came");
  GError* error = nullptr;
  gchar* details = nullptr;
  if (type == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &error, &details);
  } else {
    gst_message_parse_warning(message, &error, &details);
  }
  const std::string text = std::string(g_quark_to_string(error->domain)) + "/" +
                           std::to_string(error->code) + " " + error->message;
  if (debug != nullptr) *debug = details == nullptr ? "" : details;
  g_error_free(error);
  g_free(details);
  gst_message_unref(message);
  return text;
}

Feeder::Feeder(Fixture& fixture, const char* name, const char* template_caps)
    : sink_(fixture.sink) {
  GstCaps* caps = gst_caps_from_string(template_caps);
  GstPadTemplate* templ = gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps);
  gst_caps_unref(caps);
  src = gst_pad_new_from_template(templ, "src");
  gst_object_unref(templ);
  gst_pad_set_active(src, TRUE);
  pad = gst_element_request_pad_simple(fixture.sink, name);
  CHECK(pad != nullptr);
  CHECK_EQUAL(gst_pad_link(src, pad), GST_PAD_LINK_OK);
}

Feeder::~Feeder() {
  gst_pad_set_active(src, FALSE);
  if (pad != nullptr) {
    gst_pad_unlink(src, pad);
    gst_object_unref(pad);
  }
  gst_object_unref(src);
}

void Feeder::release() {
  gst_pad_unlink(src, pad);
  gst_element_release_request_pad(sink_, pad);
  gst_object_unref(pad);
  pad = nullptr;
}

void Feeder::start(const char* caps_text) {
  event(gst_event_new_stream_start("test"));
  GstCaps* caps = gst_caps_from_string(caps_text);
  CHECK(event(gst_event_new_caps(caps)));
  gst_caps_unref(caps);
  segment(0, GST_CLOCK_TIME_NONE);
}

void Feeder::segment(GstClockTime start, GstClockTime stop, GstClockTime base) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = start;
  segment.time = start;
  segment.stop = stop;
  segment.base = base;
  event(gst_event_new_segment(&segment));
}

GstFlowReturn Feeder::frame(int index, bool delta, gsize size) {
  const GstClockTime time = static_cast<GstClockTime>(index) * 40 * GST_MSECOND;
  GstBuffer* buffer = make_buffer(size, time, time, delta ? GST_BUFFER_FLAG_DELTA_UNIT : 0);
  GST_BUFFER_DURATION(buffer) = 40 * GST_MSECOND;
  return push(buffer);
}

guint32 Feeder::eos() {
  GstEvent* eos = gst_event_new_eos();
  const guint32 seqnum = gst_event_get_seqnum(eos);
  CHECK(event(eos));
  return seqnum;
}

pid_t host_pid(const Fixture& fixture, size_t index) {
  return static_cast<pid_t>(number(fixture.record.wait_for("host", index + 1).at(index), "pid"));
}

GstBuffer* make_buffer(gsize size, GstClockTime pts, GstClockTime dts, guint flags) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
  gst_buffer_memset(buffer, 0, 'x', size);
  GST_BUFFER_PTS(buffer) = pts;
  GST_BUFFER_DTS(buffer) = dts;
  GST_BUFFER_FLAG_SET(buffer, flags);
  return buffer;
}

void wait_until(const char* what, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      check::fail(__FILE__, __LINE__, std::string("waited in vain: ") + what);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

int children(char state) {
  int count = 0;
  DIR* proc = opendir("/proc");
  while (const dirent* entry = readdir(proc)) {
    std::ifstream file(std::string("/proc/") + entry->d_name + "/stat");
    std::string line;
    if (!std::getline(file, line)) continue;
    const size_t close = line.rfind(')');
    if (close == std::string::npos) continue;
    const char letter = line[close + 2];
    const int parent = std::atoi(line.c_str() + close + 4);
    if (parent == getpid() && (state == 0 || letter == state)) count++;
  }
  closedir(proc);
  return count;
}

int open_descriptors() {
  int count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (readdir(folder) != nullptr) count++;
  closedir(folder);
  return count - 3;  // ".", ".." and the folder itself
}
