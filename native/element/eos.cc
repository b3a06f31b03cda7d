#include "eos.h"

#include <utility>  // std::exchange

#include "log.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

void EndOfStream::keep_seqnum(guint32 seqnum) {
  std::lock_guard lock(mutex_);
  seqnum_ = seqnum;
}

guint32 EndOfStream::seqnum() const {
  std::lock_guard lock(mutex_);
  return seqnum_;
}

bool EndOfStream::is_pending() const {
  std::lock_guard lock(mutex_);
  return pending_.has_value();
}

bool EndOfStream::begin(Drains& drains, Timer guard) {
  std::lock_guard lock(mutex_);
  if (pending_) return false;
  change(Pending{drains.ask(), std::move(guard)}, "all pads are at EOS");
  return true;
}

bool EndOfStream::cancel() {
  std::lock_guard lock(mutex_);
  return pending_ && change(std::nullopt, "no answer is waited for");
}

bool EndOfStream::end(guint64 drain) {
  std::lock_guard lock(mutex_);
  return pending_ && drain >= pending_->drain && change(std::nullopt, "the core has drained");
}

std::optional<EndOfStream::Pending> EndOfStream::change(std::optional<Pending> next,
                                                        const char* why) {
  GST_DEBUG_OBJECT(element_, "EOS: %s → %s: %s", pending_ ? "pending" : "none",
                   next ? "pending" : "none", why);
  return std::exchange(pending_, std::move(next));
}

}  // namespace kvs
