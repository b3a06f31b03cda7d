#include "pad_wait.h"

#include <algorithm>  // std::any_of, std::find_if, std::max
#include <utility>    // std::exchange

namespace kvs {

void PadWait::begin(std::vector<AwaitedElement> elements) {
  std::lock_guard lock(mutex_);
  awaited_ = std::move(elements);
  delay_ms_ = 0;
}

std::vector<AwaitedElement> PadWait::end() {
  std::lock_guard lock(mutex_);
  core_waits_ = false;
  timer_.reset();
  return std::exchange(awaited_, {});
}

bool PadWait::is_over() const {
  std::lock_guard lock(mutex_);
  return awaited_.empty();
}

std::string PadWait::first_name() const {
  std::lock_guard lock(mutex_);
  return awaited_.empty() ? "" : GST_OBJECT_NAME(awaited_.front().element);
}

bool PadWait::leave(const GstElement* element) {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(awaited_.begin(), awaited_.end(), [&](const AwaitedElement& one) {
    return one.element == element;
  });
  if (found == awaited_.end()) return false;
  awaited_.erase(found);
  return true;
}

bool PadWait::ask_core() {
  std::lock_guard lock(mutex_);
  core_waits_ = is_more_awaited();
  return core_waits_;
}

bool PadWait::release_core() {
  std::lock_guard lock(mutex_);
  if (is_more_awaited()) return false;
  return std::exchange(core_waits_, false);
}

void PadWait::start_timer(GstElement* element, guint64 delay_ms, OnTime on_time) {
  std::lock_guard lock(mutex_);
  delay_ms_ = std::max(delay_ms_, delay_ms);
  timer_ = kvs::start_timer(element, delay_ms_, on_time);
}

bool PadWait::is_more_awaited() const {
  return std::any_of(awaited_.begin(), awaited_.end(),
                     [](const AwaitedElement& one) { return !one.has_its_pads; });
}

}  // namespace kvs
