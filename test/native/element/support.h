// What the element's tests share: a kvssink on a bus, sources for its pads, and what the host got.
#pragma once

#include <gst/gst.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "../check.h"

/// Waits for something that is bound to happen; fails loudly instead of hanging.
constexpr std::chrono::seconds kPatience{30};

/// What test/fixtures/fake-host.mjs wrote down, one JSON line per message.
class Record {
 public:
  Record();
  ~Record();
  const std::string& path() const { return path_; }

  /// Lines of one message type, in order. Frames of one track only, if given.
  std::vector<std::string> lines(const std::string& type, int track = 0) const;
  size_t count(const std::string& type) const { return lines(type).size(); }
  /// Waits until the host has written that many lines of the type.
  std::vector<std::string> wait_for(const std::string& type, size_t count) const;

 private:
  std::string path_;
};

/// A field of a recorded line: a number, or the text of a string. "null" and "" for none.
std::string field(const std::string& line, const std::string& name);
gint64 number(const std::string& line, const std::string& name);
inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A kvssink that talks to the fake host, in a pipeline of its own whose bus is read by the tests.
class Fixture {
 public:
  /// @param words for the fake host, see there.
  explicit Fixture(const char* words = "");
  ~Fixture();

  GstElement* sink = nullptr;
  GstElement* pipeline = nullptr;
  GstBus* bus = nullptr;
  Record record;

  GstStateChangeReturn set_state(GstState state) { return gst_element_set_state(pipeline, state); }
  void play() { CHECK_EQUAL(set_state(GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS); }
  void stop() { CHECK_EQUAL(set_state(GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS); }

  /// Next message of these types, or nullptr after kPatience. Owned by the caller.
  GstMessage* pop(GstMessageType types);
  /// Waits for the ELEMENT message with a structure of that name. Owned by the caller.
  GstMessage* pop_element(const char* name);
  /// Text of the next error or warning.
  std::string pop_text(GstMessageType type, std::string* debug = nullptr);
};

/// The process of a host that the element had: the first one, or so many later.
pid_t host_pid(const Fixture& fixture, size_t index = 0);

/// The test's end of one pad.
class Feeder {
 public:
  /// Requests a pad of the sink by this template's name and links a source to it.
  Feeder(Fixture& fixture, const char* pad, const char* template_caps = "ANY");
  ~Feeder();

  GstPad* src = nullptr;
  GstPad* pad = nullptr;

  /// stream-start, caps, and a segment in time from 0.
  void start(const char* caps);
  void segment(GstClockTime start, GstClockTime stop, GstClockTime base = 0);
  bool event(GstEvent* event) { return gst_pad_push_event(src, event); }
  GstFlowReturn push(GstBuffer* buffer) { return gst_pad_push(src, buffer); }
  /// A frame of 40 ms at `index`; a key frame unless `delta`.
  GstFlowReturn frame(int index, bool delta = false, gsize size = 100);
  guint32 eos();
  /// Unlinks and lets the sink forget the pad.
  void release();

 private:
  GstElement* sink_;
};

constexpr char kAvc[] =
    "video/x-h264, stream-format=avc, alignment=au, width=64, height=48, framerate=25/1, "
    "codec_data=(buffer)0142c00bffe1000467640000";
constexpr char kAac[] =
    "audio/mpeg, mpegversion=4, stream-format=raw, channels=2, rate=48000, "
    "codec_data=(buffer)1190";

GstBuffer* make_buffer(gsize size, GstClockTime pts, GstClockTime dts = GST_CLOCK_TIME_NONE,
                       guint flags = 0);

/// Waits until `condition` holds.
void wait_until(const char* what, const std::function<bool()>& condition);

/// Child processes of this one, by state letter: 'Z' for zombies, 0 for all.
int children(char state);
int open_descriptors();
