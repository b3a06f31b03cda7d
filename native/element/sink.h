// kvssink's instance: its parts, each with a lock of its own (taken in this order where one is held
// while another is taken: stream, eos, the rest).
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "eos.h"
#include "pad_wait.h"
#include "settings.h"
#include "statistics.h"
#include "stream.h"
#include "tracks.h"

namespace kvs {

/// The C++ part of the instance.
struct Sink {
  Sink(GstElement* owner, GObjectClass* klass)
      : element(owner), settings(klass), stream(owner), eos(owner) {}

  GstElement* const element;
  std::shared_ptr<BridgeListener> listener;  // set once, when the element is made

  Settings settings;
  Statistics statistics;
  Tracks tracks;
  Stream stream;
  EndOfStream eos;
  PadWait pad_wait;

  /// Held while a streaming thread opens the stream.
  std::mutex opening;
  /// The pipeline was asked to set its base time anew, and has not got to this element yet.
  std::atomic<bool> rebasing{false};
};

}  // namespace kvs

struct GstKvsSink {
  GstElement parent;
  kvs::Sink* sink;
};

struct GstKvsSinkClass {
  GstElementClass parent_class;
};

namespace kvs {

/// Of GstKvsSinkClass; set when the class is made.
inline GstElementClass* parent_class = nullptr;

inline Sink& sink_of(gpointer element) {
  return *static_cast<GstKvsSink*>(element)->sink;
}

}  // namespace kvs
