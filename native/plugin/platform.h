// What Linux and macOS do each in its own way: waking a thread that polls, sockets, and a child's
// inheritance.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace kvs {

/// Wakes a thread that polls: readable from ring() until answer().
class Wakeup {
 public:
  /// Once, before the rest. @returns false with errno when there are no descriptors left.
  bool open();
  bool is_open() const { return read_fd_ >= 0; }

  /// To be polled for POLLIN.
  int fd() const { return read_fd_; }

  /// Any thread.
  void ring();

  /// The thread that polls.
  void answer();

 private:
  int read_fd_ = -1;
  /// The same as the other where the system has a counter for it; else the end of a pipe.
  int write_fd_ = -1;
};

/// Makes a descriptor readable at a time. Setting it wakes nobody, unlike a Wakeup for a thread
/// that then polls until that time.
class Timer {
 public:
  /// Once, before the rest. @returns false with errno when there are no descriptors left.
  bool open();
  bool is_open() const { return fd_ >= 0; }

  /// To be polled for POLLIN.
  int fd() const { return fd_; }

  /// Instead of what was set before.
  /// @param time_ns on the monotonic clock; not 0
  void set(uint64_t time_ns);
  void clear();

  /// @returns whether the time had come; then the descriptor is not readable any more.
  bool answer();

 private:
  int fd_ = -1;
};

/// For send() and sendmsg() on our sockets: no SIGPIPE, no waiting.
#ifdef __linux__
inline constexpr int kSendFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
#else
inline constexpr int kSendFlags = MSG_DONTWAIT;
#endif

/// Two connected stream sockets that no other program inherits, and that raise no SIGPIPE.
/// @returns false with errno
bool make_socket_pair(int out[2]);

/// What has to be closed in a child. Where no call closes everything, what is open is listed in the
/// parent, for the child may not allocate.
class InheritedFiles {
 public:
  /// Closes every descriptor above `kept`. In the child; allocates nothing.
  void close_above(int kept) const;

#if defined(__linux__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
#define KVS_HAS_CLOSEFROM 1
#endif
#endif
#ifndef KVS_HAS_CLOSEFROM
  InheritedFiles();

 private:
  std::vector<int> files_;
#endif
};

/// In the child: a host that is stopped when the application dies goes on. Where a system cannot do
/// that, such a host stays stopped.
void continue_when_parent_dies();

/// The environment, also for a library that is not the program.
char** environment_of_process();

/// For debuggers and process lists: at most 15 characters.
void name_this_thread(const char* name);

}  // namespace kvs
