// The process's link to its host: one node process, one socket, one thread, all kvssinks.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "batch_alarm.h"
#include "host_deaths.h"
#include "host_process.h"
#include "host_reader.h"
#include "host_watch.h"
#include "platform.h"
#include "plugin_bridge.h"

namespace kvs {

/// Starts a host with the first element and lets go of it after the last. Never destroyed:
/// streaming threads and the I/O thread outlive main().
class HostLink {
 public:
  static HostLink& instance();

  /// Never waits for the host.
  /// @returns nothing when no host can be started; then `error` says what to do.
  std::shared_ptr<PluginBridge> open(OpenRequest request, std::string* error);

  /// Something waits in a queue. Any thread; cheap when already told.
  void wake();
  /// A batch is due: the caller sends it, unless another thread is at work on the link. A streaming
  /// thread that does so spares a thread that would have to wake up. Never waits.
  void send_or_wake();
  /// The same, unless batches of other elements will end by then, on the clock of
  /// ElementHeader::monotonic_ns: it goes with them, and the host wakes up once.
  void send_with_others_by(uint64_t time_ns);
  /// A batch is due by a time, on the clock of ElementHeader::monotonic_ns. Wakes nobody before.
  void send_by(uint64_t time_ns);

  /// The caller is the link's own thread, which must not wait for itself.
  bool on_own_thread() const { return own_thread_ == std::this_thread::get_id(); }

 private:
  using Clock = std::chrono::steady_clock;

  /// A host together with what was read from it.
  struct Connection {
    HostProcess process;
    HostReader reader;
    Clock::time_point started = Clock::now();
    HostWatch watch{started};
    /// It is to be asked for a sign of life.
    bool ask_due = false;
    bool writable = true;
    bool at_end = false;
    Clock::time_point ended;
    /// Why it was killed; empty for one that died by itself.
    std::string killed_for;
  };
  using Bridges = std::vector<std::shared_ptr<PluginBridge>>;

  HostLink() = default;

  std::unique_ptr<Connection> connect(std::chrono::milliseconds host_timeout, std::string* error);
  /// With the lock held.
  bool ensure_thread(std::string* error);
  void run();
  bool finish_if_idle();
  void wait_for_events(std::unique_lock<std::mutex>& work);
  int poll_timeout_ms();
  void set_alarm_again(const Bridges& all);
  void read_from(Connection& connection);
  void watch_hosts();
  void kill_hung(Connection& connection);
  void end(Connection& connection);
  void write_to_current();
  void report_resumed();
  bool ends_another_by(uint64_t time_ns);
  bool has_something_due(const Connection& connection, const Bridges& all) const;
  bool ask(Connection& connection);
  bool write_queue(PluginBridge& bridge);
  void remove_closed();
  void release_unused();
  void reap_retired();
  void handle_death();
  void start_again();
  void fail_all(const std::string& reason);
  std::chrono::milliseconds host_timeout();
  Bridges bridges();
  std::shared_ptr<PluginBridge> find(uint32_t id);
  /// Only the link's thread destroys it, and with `working_` held: whoever holds that may use it
  /// without the lock.
  Connection* current();

  /// The thread is to look again. One that polls has to be rung for as well.
  std::atomic<bool> woken_{false};
  std::atomic<bool> polling_{false};
  Wakeup wakeup_;
  BatchAlarm alarm_;
  std::atomic<std::thread::id> own_thread_{};

  std::mutex mutex_;  // of what follows
  bool running_ = false;
  Bridges bridges_;
  uint32_t next_id_ = 1;
  std::unique_ptr<Connection> current_;
  /// The longest that an element of this host lets it drain.
  std::chrono::milliseconds stop_timeout_{0};

  /// Held by the I/O thread unless it polls, and by a streaming thread that sends in its place.
  /// Those only try to take it: what the I/O thread calls may wait for a streaming thread. Before
  /// `mutex_`.
  std::mutex working_;  // of what follows, and of all that belongs to a connection
  std::vector<std::unique_ptr<Connection>> retired_;
  size_t turn_ = 0;
  HostDeaths deaths_;
  bool restart_due_ = false;
  Clock::time_point restart_at_;
  std::vector<uint8_t> read_buffer_;
  /// Frames of an element may go on since its host was replaced, which it is to be told.
  bool resumed_ = false;
};

}  // namespace kvs
