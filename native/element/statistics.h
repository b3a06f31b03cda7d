// What the property `stats` tells.
#pragma once

#include <gst/gst.h>

#include <mutex>

#include "../bridge/bridge.h"

namespace kvs {

/// What the core said last, and what it does not know: the frames that never reached it. Any
/// thread.
class Statistics {
 public:
  Statistics() = default;
  ~Statistics();
  Statistics(const Statistics&) = delete;
  Statistics& operator=(const Statistics&) = delete;

  /// A stream begins: nothing of it is lost yet.
  void begin();
  /// Takes note of frames that the bridge dropped.
  void add_dropped(const Loss& loss);
  /// Adds the bridge's drops to the core's metrics, and keeps a copy of them.
  void complete(GstStructure* metrics);

  /// Owned by the caller.
  GstStructure* read() const;

 private:
  mutable std::mutex mutex_;  // of what follows
  GstStructure* metrics_ = nullptr;
  Loss dropped_;
};

}  // namespace kvs
