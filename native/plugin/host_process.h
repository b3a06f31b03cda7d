// One node process: started with a socket, reaped when it is gone.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "host_command.h"

namespace kvs {

/// What to look at when a process or a thread cannot be had.
inline constexpr char kThreadLimit[] =
    "Is the limit of processes and threads (ulimit -u, or TasksMax of a service) high enough? "
    "A host needs about a dozen.";

/// Owns our end of the socket and the child's process id.
class HostProcess {
 public:
  /// Starts `node [option] script` in a session of its own, with default signal handling, nothing
  /// open but stdin (/dev/null), stdout and stderr (both ours), and the socket as descriptor 3. It
  /// goes on if it is stopped when this process dies.
  /// @param start_limit it ends by SIGALRM if its script has not run by then; zero: it may hang
  /// @returns false, and in `error` why and what to do.
  bool start(const HostCommand& command, std::chrono::seconds start_limit, std::string* error);

  HostProcess() = default;
  ~HostProcess();
  HostProcess(const HostProcess&) = delete;
  HostProcess& operator=(const HostProcess&) = delete;

  int fd() const { return fd_; }
  pid_t pid() const { return pid_; }

  /// Tells the host that nothing more will come; it drains and exits.
  void finish_writing();

  /// Closes the socket.
  void close_socket();

  /// Takes the exit status if the process has ended. Never waits.
  /// @returns true when it is gone; then `outcome` says how, e.g. "killed by signal 9".
  bool reap(std::string* outcome);

  /// Ended by itself, not by a signal. Only after reap().
  bool exited() const { return exited_; }

 private:
  int fd_ = -1;
  pid_t pid_ = -1;
  bool exited_ = false;
};

}  // namespace kvs
