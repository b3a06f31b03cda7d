#include "host_link.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>  // std::any_of, std::find_if, std::max, std::remove_if
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>  // std::move

namespace kvs {

namespace {

using std::chrono::milliseconds;

/// A host closes its socket a moment before it can be reaped.
constexpr int kReapPollMs = 10;

constexpr size_t kReadBytes = 64 * 1024;

/// Signals of the application are not for our thread.
void block_signals(sigset_t* before) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, before);
}

}  // namespace

HostLink& HostLink::instance() {
  static auto* link = new HostLink();
  return *link;
}

std::shared_ptr<PluginBridge> HostLink::open(OpenRequest request, std::string* error) {
  std::lock_guard lock(mutex_);
  // First: a host that nobody looks after would be left behind.
  if (!ensure_thread(error)) return nullptr;
  // While a dead host is being replaced there are elements but no connection.
  if (current_ == nullptr && bridges_.empty()) {
    current_ = connect(request.host.host_timeout, error);
    if (current_ == nullptr) return nullptr;
  }
  auto bridge = std::make_shared<PluginBridge>(next_id_++, std::move(request));
  bridges_.push_back(bridge);
  stop_timeout_ = std::max(stop_timeout_, bridge->limits().stop_timeout);
  wake();
  return bridge;
}

bool HostLink::ensure_thread(std::string* error) {
  if (running_) return true;
  if ((!wakeup_.is_open() && !wakeup_.open()) || (!alarm_.is_open() && !alarm_.open())) {
    *error = std::string("No descriptor for the producer's host: ") + strerror(errno) +
             ". Is the limit of open files (ulimit -n) reached?";
    return false;
  }
  sigset_t before;
  block_signals(&before);
  try {
    std::thread([this] { run(); }).detach();
    running_ = true;
  } catch (const std::system_error& failure) {
    *error = std::string("Cannot start a thread for the producer's host: ") +
             strerror(failure.code().value()) + ". " + kThreadLimit;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return running_;
}

void HostLink::wake() {
  if (woken_.exchange(true)) return;
  // Otherwise it looks at `woken_` before it polls.
  if (polling_) wakeup_.ring();
}

void HostLink::run() {
  name_this_thread("kvssink-host");
  own_thread_ = std::this_thread::get_id();
  std::unique_lock work(working_);
  while (!finish_if_idle()) {
    wait_for_events(work);
    watch_hosts();
    if (restart_due_ && Clock::now() >= restart_at_) start_again();
    write_to_current();
    report_resumed();
    remove_closed();
    handle_death();
    release_unused();
    reap_retired();
  }
}

bool HostLink::finish_if_idle() {
  std::lock_guard lock(mutex_);
  if (current_ != nullptr || !bridges_.empty() || !retired_.empty()) return false;
  running_ = false;
  return true;
}

int HostLink::poll_timeout_ms() {
  const auto ended = [](const auto& connection) { return connection->at_end; };
  const Connection* connection = current();
  if ((connection != nullptr && connection->at_end) ||
      std::any_of(retired_.begin(), retired_.end(), ended))
    return kReapPollMs;
  const auto now = Clock::now();
  milliseconds wait{-1};
  const auto at_most = [&wait](milliseconds other) {
    if (other >= milliseconds{0} && (wait < milliseconds{0} || other < wait)) wait = other;
  };
  if (restart_due_) {
    at_most(std::max(std::chrono::ceil<milliseconds>(restart_at_ - now), milliseconds{0}));
  }
  if (connection != nullptr) at_most(connection->watch.next_look(now, host_timeout()));
  for (const auto& other : retired_) at_most(other->watch.next_look(now, milliseconds{0}));
  return static_cast<int>(wait.count());
}

void HostLink::wait_for_events(std::unique_lock<std::mutex>& work) {
  std::vector<Connection*> connections;
  if (Connection* connection = current()) connections.push_back(connection);
  for (const auto& connection : retired_) connections.push_back(connection.get());

  std::vector<pollfd> fds{{wakeup_.fd(), POLLIN, 0}, {alarm_.fd(), POLLIN, 0}};
  const size_t first = fds.size();
  for (const Connection* connection : connections) {
    const short events = connection->writable ? POLLIN : POLLIN | POLLOUT;
    fds.push_back({connection->at_end ? -1 : connection->process.fd(), events, 0});
  }
  polling_ = true;
  const int timeout_ms = woken_ ? 0 : poll_timeout_ms();
  work.unlock();
  const int found = poll(fds.data(), fds.size(), timeout_ms);
  work.lock();
  polling_ = false;
  woken_ = false;
  if (found <= 0) return;

  if (fds[0].revents != 0) wakeup_.answer();
  if (fds[1].revents != 0 && alarm_.answer()) set_alarm_again(bridges());
  for (size_t i = 0; i < connections.size(); i++) {
    if (fds[first + i].revents & POLLOUT) connections[i]->writable = true;
    if (fds[first + i].revents & (POLLIN | POLLHUP | POLLERR)) read_from(*connections[i]);
  }
}

void HostLink::read_from(Connection& connection) {
  read_buffer_.resize(kReadBytes);
  const ssize_t got = recv(connection.process.fd(), read_buffer_.data(), kReadBytes, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  bool sound = got > 0;
  if (sound) {
    connection.watch.heard();
    sound = connection.reader.push(read_buffer_.data(), static_cast<size_t>(got),
                                   [this](const HostHeader& header, std::string_view payload) {
                                     const auto bridge = find(header.element);
                                     if (!bridge) return;
                                     const auto event = static_cast<HostMessage>(header.event);
                                     bridge->deliver(event, header.code, payload);
                                     if (event == HostMessage::kCredit) bridge->credited();
                                   });
    // A host that talks nonsense is as good as dead.
    if (!sound) kill(connection.process.pid(), SIGKILL);
  }
  if (!sound) end(connection);
}

void HostLink::remove_closed() {
  std::lock_guard lock(mutex_);
  const bool nobody_to_tell = current_ == nullptr;
  bridges_.erase(std::remove_if(bridges_.begin(), bridges_.end(),
                                [&](const auto& bridge) {
                                  return bridge->closing() &&
                                         (nobody_to_tell || bridge->queue().empty());
                                }),
                 bridges_.end());
}

HostLink::Connection* HostLink::current() {
  std::lock_guard lock(mutex_);
  return current_.get();
}

HostLink::Bridges HostLink::bridges() {
  std::lock_guard lock(mutex_);
  return bridges_;
}

std::shared_ptr<PluginBridge> HostLink::find(uint32_t id) {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(bridges_.begin(), bridges_.end(),
                                  [id](const auto& bridge) { return bridge->id() == id; });
  return found == bridges_.end() ? nullptr : *found;
}

std::shared_ptr<Bridge> open_bridge(OpenRequest request, std::string* error) {
  return HostLink::instance().open(std::move(request), error);
}

void element_created(void*) {}

}  // namespace kvs
