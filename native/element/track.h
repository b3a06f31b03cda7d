// One request pad.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <string>

#include "../bridge/bridge.h"
#include "pace.h"

namespace kvs {

enum class TrackKind { kVideo, kAudio, kOther };

/// What a medium type ("video/x-h264") is.
TrackKind kind_of_caps(const gchar* name);

/// How a pad's source delivers.
enum class SourceKind {
  /// Not asked yet.
  kUnknown,
  /// Goes on whatever happens.
  kLive,
  /// Not live by its own word, and has not run ahead of the clock.
  kPaced,
  /// As fast as it can: it is made to wait, and loses nothing by it.
  kRunsAhead,
};

/// What the streaming thread of a pad keeps, and what it shares with other threads in atomics. The
/// pad's element_private points here. (What is under a lock is in Tracks, which owns this.)
struct Track {
  GstPad* pad = nullptr;

  // Any thread.
  std::atomic<guint8> id{0};  // 0 while no stream is open, or the core does not know the track yet
  /// Stream time of the last frame that was taken.
  std::atomic<guint64> position_ns{kTimeNone};
  /// The core asks for a key frame; the streaming thread sends the event with its next buffer.
  std::atomic<bool> key_unit_due{false};

  // Streaming thread of the pad.
  GstSegment segment;
  SourceKind source = SourceKind::kUnknown;
  Pace pace;
  bool has_stream_header = false;
  bool in_pieces = false;    // alignment=nal: a buffer is a part of an access unit
  bool in_key_unit = false;  // the last piece belonged to a key frame that goes on
  bool after_loss = false;   // what the next frame refers to may not have been handed over
  std::string stream_id;     // of the last STREAM_START
  guint key_units = 0;       // asked for so far
};

inline Track* track_of(GstPad* pad) {
  return static_cast<Track*>(gst_pad_get_element_private(pad));
}

}  // namespace kvs
