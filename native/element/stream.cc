#include "stream.h"

#include <utility>  // std::exchange

#include "log.h"

#define GST_CAT_DEFAULT kvs_sink_debug

namespace kvs {

namespace {

std::shared_ptr<OpenStream> stream_of(const StreamState& state) {
  if (const auto* open = std::get_if<Open>(&state)) return open->stream;
  if (const auto* failed = std::get_if<Failed>(&state)) return failed->stream;
  return nullptr;
}

const char* name_of(const StreamState& state) {
  static constexpr const char* kNames[] = {"closed", "awaiting pads", "open", "failed"};
  static_assert(std::variant_size_v<StreamState> == std::size(kNames));
  return kNames[state.index()];
}

}  // namespace

StreamState Stream::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

std::shared_ptr<OpenStream> Stream::current() const {
  std::lock_guard lock(mutex_);
  return stream_of(state_);
}

void Stream::await_pads() {
  std::lock_guard lock(mutex_);
  change(AwaitingPads{});
}

bool Stream::open(const std::function<std::shared_ptr<OpenStream>()>& make) {
  // The core may report a failure at once, which must find the stream open: it waits for the lock.
  std::lock_guard lock(mutex_);
  auto stream = make();
  if (stream == nullptr) return false;
  flush_seqnum_ = 0;
  change(Open{std::move(stream)});
  return true;
}

void Stream::fail() {
  std::lock_guard lock(mutex_);
  if (std::holds_alternative<Closed>(state_) || std::holds_alternative<Failed>(state_)) return;
  change(Failed{stream_of(state_)});
}

std::shared_ptr<OpenStream> Stream::close() {
  std::lock_guard lock(mutex_);
  auto stream = stream_of(state_);
  if (!std::holds_alternative<Closed>(state_)) change(Closed{});
  return stream;
}

bool Stream::begins_flush(guint32 seqnum) {
  std::lock_guard lock(mutex_);
  return std::exchange(flush_seqnum_, seqnum) != seqnum;
}

void Stream::change(StreamState next) {
  GST_DEBUG_OBJECT(element_, "stream: %s → %s", name_of(state_), name_of(next));
  state_ = std::move(next);
}

}  // namespace kvs
