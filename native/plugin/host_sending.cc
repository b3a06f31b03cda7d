// The link's way to its host: whose batches go when, and who sends them.
#include <sys/socket.h>

#include <algorithm>  // std::any_of, std::find_if
#include <cerrno>
#include <utility>  // std::exchange

#include "../bridge/monotonic.h"
#include "host_link.h"

namespace kvs {

void HostLink::send_or_wake() {
  const std::unique_lock work(working_, std::try_to_lock);
  if (!work) return wake();
  const Connection* connection = current();
  if (connection == nullptr || connection->at_end) return wake();
  // The thread polls until the socket takes more.
  if (!connection->writable) return;
  write_to_current();
  // The rest is the thread's.
  if (connection->at_end || !connection->writable || resumed_) wake();
}

void HostLink::send_with_others_by(uint64_t time_ns) {
  if (!ends_another_by(time_ns)) return send_or_wake();
  alarm_.ring_by(time_ns);
}

bool HostLink::ends_another_by(uint64_t time_ns) {
  std::lock_guard lock(mutex_);
  return std::any_of(bridges_.begin(), bridges_.end(),
                     [time_ns](const auto& bridge) { return bridge->batch().ends_by(time_ns); });
}

void HostLink::send_by(uint64_t time_ns) {
  alarm_.ring_by(time_ns);
}

/// Elements take turns; a message that was begun is finished first.
void HostLink::write_to_current() {
  Connection* connection = current();
  if (connection == nullptr || connection->at_end || !connection->writable) return;
  const Bridges all = bridges();
  if (all.empty() || !has_something_due(*connection, all)) return;
  alarm_.silence();
  const auto begun = std::find_if(all.begin(), all.end(),
                                  [](const auto& bridge) { return bridge->queue().in_message(); });
  if (begun != all.end() && !write_queue(**begun)) return;
  if (connection->ask_due && !ask(*connection)) return;
  const uint64_t now_ns = monotonic_ns();
  for (size_t i = 0; i < all.size(); i++) {
    PluginBridge& bridge = *all[turn_++ % all.size()];
    if (bridge.batch().is_due(now_ns) && !write_queue(bridge)) return;
  }
  set_alarm_again(all);
}

/// What is due takes along what has ended of others. A frame that still waits for the next one
/// stays: alone, it would cost the service as much as both.
bool HostLink::has_something_due(const Connection& connection, const Bridges& all) const {
  if (connection.ask_due) return true;
  const uint64_t now_ns = monotonic_ns();
  return std::any_of(all.begin(), all.end(),
                     [now_ns](const auto& bridge) { return bridge->batch().is_due(now_ns); });
}

/// For batches that are not due yet: it is set for the first of them alone, and may be early.
void HostLink::set_alarm_again(const Bridges& all) {
  const uint64_t now_ns = monotonic_ns();
  for (const auto& bridge : all) {
    if (!bridge->batch().is_due(now_ns)) alarm_.ring_by(bridge->batch().due_ns());
  }
}

/// @returns false when the socket takes no more. It takes so few bytes as a whole or not at all.
bool HostLink::ask(Connection& connection) {
  ElementHeader ping;
  ping.type = ElementMessage::kPing;
  const ssize_t taken = ::send(connection.process.fd(), &ping, sizeof(ping), kSendFlags);
  connection.ask_due = taken < 0;
  connection.writable = taken >= 0;
  return taken >= 0;
}

/// @returns false when the socket takes no more.
bool HostLink::write_queue(PluginBridge& bridge) {
  Connection* connection = current();
  const int fd = connection->process.fd();
  int failure = 0;
  bridge.batch().taken();
  const bool done = bridge.queue().send([&](iovec* parts, int count) -> ssize_t {
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = static_cast<size_t>(count);
    const ssize_t taken = sendmsg(fd, &message, kSendFlags);
    if (taken < 0) failure = errno;
    return taken;
  });
  if (failure != 0 && failure != EAGAIN && failure != EINTR && failure != ENOBUFS) {
    end(*connection);
  } else if (!done) {
    bridge.batch().send_now();
    connection->writable = false;
  }
  resumed_ = resumed_ || bridge.queue().has_resumed();
  return done;
}

void HostLink::report_resumed() {
  if (!std::exchange(resumed_, false)) return;
  for (const auto& bridge : bridges()) bridge->report_resumed();
}

}  // namespace kvs
