#include "host_link.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>  // std::find_if
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>  // std::exchange

#include "../bridge/monotonic.h"

namespace kvs {

namespace {

using std::chrono::milliseconds;

/// A host closes its socket a moment before it can be reaped.
constexpr int kReapPollMs = 10;

/// A host that closed its socket while it was needed, and lives on, is ended.
constexpr milliseconds kExitGrace{2'000};

/// A host that nobody needs any more has the time that its elements give it to drain, and so much
/// to end.
constexpr milliseconds kRetireGrace{5'000};

/// A host that hangs at its start is ended by the link, and after that much more by itself: the
/// application may be gone by then, and the link with it.
constexpr std::chrono::seconds kStartGrace{5};

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

std::unique_ptr<HostLink::Connection> HostLink::connect(milliseconds host_timeout,
                                                        std::string* error) {
  HostCommand command;
  if (!find_host_command(&command, error)) return nullptr;
  auto connection = std::make_unique<Connection>();
  auto limit = std::chrono::ceil<std::chrono::seconds>(HostWatch::start_limit(host_timeout));
  if (limit.count() > 0) limit += kStartGrace;
  if (!connection->process.start(command, limit, error)) return nullptr;
  return connection;
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
  wakeup_.ring();
}

void HostLink::send_or_wake() {
  const std::unique_lock work(working_, std::try_to_lock);
  if (!work) return wake();
  const Connection* connection = current();
  if (connection == nullptr || connection->at_end || !connection->writable) return wake();
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
  const int timeout_ms = poll_timeout_ms();
  work.unlock();
  const int found = poll(fds.data(), fds.size(), timeout_ms);
  work.lock();
  if (found <= 0) return;

  if (fds[0].revents != 0) {
    wakeup_.answer();
    woken_ = false;
  }
  if (fds[1].revents != 0 && alarm_.answer()) set_alarm_again(bridges());
  for (size_t i = 0; i < connections.size(); i++) {
    if (fds[first + i].revents & POLLOUT) connections[i]->writable = true;
    if (fds[first + i].revents & (POLLIN | POLLHUP | POLLERR)) read_from(*connections[i]);
  }
}

/// For batches that are not due yet: it is set for the first of them alone, and may be early.
void HostLink::set_alarm_again(const Bridges& all) {
  const uint64_t now_ns = monotonic_ns();
  for (const auto& bridge : all) {
    if (!bridge->batch().is_due(now_ns)) alarm_.ring_by(bridge->batch().due_ns());
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

/// After everything that has arrived was read: it may be what a host is waited for.
void HostLink::watch_hosts() {
  const auto now = Clock::now();
  Connection* connection = current();
  if (connection != nullptr && !connection->at_end) {
    const HostState state = connection->watch.look(now, host_timeout());
    if (state == HostState::kQuiet) connection->ask_due = true;
    if (state == HostState::kHung) kill_hung(*connection);
  }
  for (const auto& retired : retired_) {
    if (retired->watch.look(now, milliseconds{0}) == HostState::kHung) kill_hung(*retired);
  }
}

/// SIGKILL ends a stopped process too.
void HostLink::kill_hung(Connection& connection) {
  const auto seconds = std::chrono::round<std::chrono::seconds>(connection.watch.silence()).count();
  connection.killed_for = "it did not answer for " + std::to_string(seconds) + " s";
  kill(connection.process.pid(), SIGKILL);
  end(connection);
}

/// How long a host may be silent. One process serves all elements, and each of them is interrupted
/// when it is replaced: so the most patient one decides, and 0 is forever.
milliseconds HostLink::host_timeout() {
  milliseconds longest{0};
  for (const auto& bridge : bridges()) {
    if (bridge->limits().host_timeout == milliseconds{0}) return milliseconds{0};
    longest = std::max(longest, bridge->limits().host_timeout);
  }
  return longest;
}

void HostLink::end(Connection& connection) {
  if (connection.at_end) return;
  connection.at_end = true;
  connection.ended = Clock::now();
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

/// The last element is gone: the host may drain and go. What it still says is read to the end.
void HostLink::release_unused() {
  std::lock_guard lock(mutex_);
  if (!bridges_.empty()) return;
  restart_due_ = false;
  deaths_ = {};
  if (current_ == nullptr) return;
  current_->process.finish_writing();
  // One that is stopped would never hear of it.
  kill(current_->process.pid(), SIGCONT);
  current_->watch.ends_within(std::exchange(stop_timeout_, milliseconds{0}) + kRetireGrace);
  current_->writable = true;
  retired_.push_back(std::move(current_));
}

void HostLink::reap_retired() {
  retired_.erase(std::remove_if(retired_.begin(), retired_.end(),
                                [](const auto& connection) {
                                  std::string outcome;
                                  if (!connection->at_end) return false;
                                  connection->process.close_socket();
                                  return connection->process.reap(&outcome);
                                }),
                 retired_.end());
}

void HostLink::handle_death() {
  Connection* connection = current();
  if (connection == nullptr || !connection->at_end) return;
  HostProcess& process = connection->process;
  process.close_socket();
  std::string outcome;
  if (!process.reap(&outcome)) {
    if (Clock::now() - connection->ended > kExitGrace) kill(process.pid(), SIGKILL);
    return;
  }

  const Bridges all = bridges();
  const HostWatch& watch = connection->watch;
  HostLife life;
  life.has_spoken = watch.has_spoken();
  // One that hangs was dead before it was noticed.
  life.lasted = std::chrono::floor<milliseconds>(connection->ended - connection->started);
  if (!connection->killed_for.empty()) life.lasted -= watch.silence();
  life.has_settled = std::any_of(all.begin(), all.end(),
                                 [](const auto& bridge) { return bridge->queue().has_settled(); });
  const bool useless = process.exited() && !life.has_spoken && !deaths_.was_sound();
  if (!connection->killed_for.empty()) outcome = connection->killed_for;
  {
    std::lock_guard lock(mutex_);
    current_.reset();
  }
  if (useless) {
    return fail_all("The producer's host " + outcome +
                    " before it said anything. Its own message is on stderr above; a Node.js "
                    "older than 20.19 or an incomplete installation are the usual reasons.");
  }
  const auto pause = deaths_.after(life);
  if (!pause) {
    return fail_all("The producer's host failed " + std::to_string(deaths_.in_a_row()) +
                    " times in a row, the last time: " + outcome +
                    ". Its own message, if any, is on stderr above. Is there enough "
                    "memory and processor time? " +
                    kThreadLimit);
  }
  const HostDeath death = HostDeaths::is_quick(life) ? HostDeath::kQuick : HostDeath::kOther;
  for (const auto& bridge : bridges()) bridge->host_lost(outcome, death);
  restart_due_ = true;
  restart_at_ = Clock::now() + *pause;
  if (Clock::now() >= restart_at_) start_again();
}

void HostLink::start_again() {
  restart_due_ = false;
  // open() may have started one after the last element was gone.
  if (current() != nullptr) return;
  std::string error;
  auto connection = connect(host_timeout(), &error);
  if (connection == nullptr) return fail_all(error);
  {
    std::lock_guard lock(mutex_);
    current_ = std::move(connection);
  }
  woken_ = false;
  wake();
}

void HostLink::fail_all(const std::string& reason) {
  deaths_ = {};
  Bridges failed;
  {
    std::lock_guard lock(mutex_);
    failed.swap(bridges_);
  }
  for (const auto& bridge : failed) bridge->host_failed(reason);
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
