// What may bring pads to an element, and whether anybody waits for them.
#pragma once

#include <gst/gst.h>

#include <mutex>
#include <string>
#include <vector>

#include "timer.h"

namespace kvs {

/// An element whose pads may come while it plays. Referenced.
struct AwaitedElement {
  GstElement* element;
  /// As far as could be told when it was first looked at: nothing need wait for more.
  bool has_its_pads;
};

/// Any thread. Signals are connected and disconnected outside it, without its lock.
class PadWait {
 public:
  /// Elements that have not said no-more-pads.
  void begin(std::vector<AwaitedElement> elements);
  /// @returns what is still awaited, whose references go to the caller; nothing is from now on
  std::vector<AwaitedElement> end();

  bool is_over() const;
  /// Name of an awaited element; "" for none.
  std::string first_name() const;
  /// The element says that it brings no more. @returns whether it was awaited
  bool leave(const GstElement* element);

  /// The core is asked to wait, if more pads may come. @returns whether it is
  bool ask_core();
  /// @returns true once, when the core waits and nothing need be waited for any more
  bool release_core();

  /// Calls `on_time` when the links have had their time: the longest of all elements that have
  /// left.
  void start_timer(GstElement* element, guint64 delay_ms, OnTime on_time);

 private:
  /// With the lock held.
  bool is_more_awaited() const;

  mutable std::mutex mutex_;  // of what follows
  std::vector<AwaitedElement> awaited_;
  bool core_waits_ = false;
  Timer timer_;
  guint64 delay_ms_ = 0;
};

}  // namespace kvs
