// The link's hosts, one after the other: how one starts, is watched, retires, or dies and is
// replaced.
#include <signal.h>

#include <algorithm>  // std::any_of, std::max, std::remove_if
#include <utility>    // std::exchange, std::move

#include "host_link.h"

namespace kvs {

namespace {

using std::chrono::milliseconds;

/// A host that closed its socket while it was needed, and lives on, is ended.
constexpr milliseconds kExitGrace{2'000};

/// A host that nobody needs any more has the time that its elements give it to drain, and so much
/// to end.
constexpr milliseconds kRetireGrace{5'000};

/// A host that hangs at its start is ended by the link, and after that much more by itself: the
/// application may be gone by then, and the link with it.
constexpr std::chrono::seconds kStartGrace{5};

}  // namespace

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

}  // namespace kvs
