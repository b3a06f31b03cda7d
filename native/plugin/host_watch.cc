#include "host_watch.h"

#include <algorithm>  // std::max

namespace kvs {

namespace {

/// A look that is later than this was kept from happening: the process was stopped, or the machine
/// slept or was too busy. What the host did meanwhile nobody knows; it may have slept as well.
constexpr HostWatch::Milliseconds kLate = 2 * HostWatch::kTick;

}  // namespace

void HostWatch::ends_within(Milliseconds limit) {
  is_leaving_ = true;
  left_ = limit;
}

HostState HostWatch::look(Clock::time_point now, Milliseconds limit) {
  const auto step = std::chrono::duration_cast<Milliseconds>(now - looked_);
  if (step < kTick) return HostState::kAlive;
  looked_ = now;
  if (is_leaving_) return look_at_leaving(step);
  const bool begins_anew = heard_ || step > kLate;
  silence_ = begins_anew ? Milliseconds{0} : silence_ + step;
  if (heard_) {
    heard_ = false;
    was_asked_ = false;
    return HostState::kAlive;
  }
  // After a pause the question may be on its way still; it is not asked twice for that.
  if (!was_asked_) {
    was_asked_ = true;
    return HostState::kQuiet;
  }
  const Milliseconds patience = has_spoken_ ? limit : start_limit(limit);
  const bool is_watched = limit > Milliseconds{0};
  return is_watched && silence_ >= patience ? HostState::kHung : HostState::kAlive;
}

/// A pause counts as one tick of its time.
HostState HostWatch::look_at_leaving(Milliseconds step) {
  left_ -= step > kLate ? kTick : step;
  return left_ > Milliseconds{0} ? HostState::kAlive : HostState::kHung;
}

HostWatch::Milliseconds HostWatch::next_look(Clock::time_point now, Milliseconds limit) const {
  if (limit == Milliseconds{0} && !is_leaving_) return Milliseconds{-1};
  const auto left = std::chrono::ceil<Milliseconds>(looked_ + kTick - now);
  return std::max(left, Milliseconds{0});
}

}  // namespace kvs
