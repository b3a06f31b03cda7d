#include "platform.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>

extern char** environ;
#else
#include <crt_externs.h>
#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>

#include <algorithm>  // std::min

#include "../bridge/monotonic.h"
#endif

namespace kvs {

#ifdef __linux__

bool Wakeup::open() {
  read_fd_ = write_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return is_open();
}

void Wakeup::ring() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(write_fd_, &one, sizeof(one));
}

void Wakeup::answer() {
  uint64_t count;
  [[maybe_unused]] const ssize_t got = read(read_fd_, &count, sizeof(count));
}

bool Timer::open() {
  fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  return is_open();
}

void Timer::set(uint64_t time_ns) {
  constexpr uint64_t kNsPerSecond = 1'000'000'000;
  itimerspec at{};
  at.it_value.tv_sec = static_cast<time_t>(time_ns / kNsPerSecond);
  at.it_value.tv_nsec = static_cast<long>(time_ns % kNsPerSecond);
  timerfd_settime(fd_, TFD_TIMER_ABSTIME, &at, nullptr);
}

void Timer::clear() {
  const itimerspec never{};
  timerfd_settime(fd_, 0, &never, nullptr);
}

bool Timer::answer() {
  uint64_t count;
  return read(fd_, &count, sizeof(count)) > 0;
}

bool make_socket_pair(int out[2]) {
  return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out) == 0;
}

void continue_when_parent_dies() {
  // The signal comes with the death of a thread too, and harms nobody who is not stopped.
  prctl(PR_SET_PDEATHSIG, SIGCONT);
}

char** environment_of_process() {
  return environ;
}

void name_this_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

#else

namespace {

constexpr char kOpenFiles[] = "/dev/fd";

/// A program that another thread starts in between inherits it; no call does both at once.
bool close_on_exec(int fd) {
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

}  // namespace

bool Wakeup::open() {
  int ends[2];
  if (pipe(ends) != 0) return false;
  for (const int fd : ends) {
    close_on_exec(fd);
    fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  read_fd_ = ends[0];
  write_fd_ = ends[1];
  return true;
}

/// A pipe that is full has rung.
void Wakeup::ring() {
  const uint8_t one = 1;
  [[maybe_unused]] const ssize_t written = write(write_fd_, &one, sizeof(one));
}

void Wakeup::answer() {
  uint8_t bytes[64];
  while (read(read_fd_, bytes, sizeof(bytes)) == static_cast<ssize_t>(sizeof(bytes))) {
  }
}

bool Timer::open() {
  fd_ = kqueue();
  if (is_open()) close_on_exec(fd_);
  return is_open();
}

void Timer::set(uint64_t time_ns) {
  const uint64_t now_ns = monotonic_ns();
  const uint64_t left_ns = time_ns - std::min(time_ns, now_ns);
  struct kevent once;
  EV_SET(&once, 0, EVFILT_TIMER, EV_ADD | EV_ONESHOT, NOTE_NSECONDS, static_cast<int64_t>(left_ns),
         nullptr);
  kevent(fd_, &once, 1, nullptr, 0, nullptr);
}

void Timer::clear() {
  struct kevent gone;
  EV_SET(&gone, 0, EVFILT_TIMER, EV_DELETE, 0, 0, nullptr);
  kevent(fd_, &gone, 1, nullptr, 0, nullptr);
}

bool Timer::answer() {
  const timespec at_once{};
  struct kevent fired;
  return kevent(fd_, nullptr, 0, &fired, 1, &at_once) > 0;
}

bool make_socket_pair(int out[2]) {
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, out) != 0) return false;
  const int on = 1;
  bool is_made = true;
  for (int i = 0; i < 2; i++) {
    is_made = is_made && close_on_exec(out[i]) &&
              setsockopt(out[i], SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on)) == 0;
  }
  return is_made;
}

void continue_when_parent_dies() {}

char** environment_of_process() {
  return *_NSGetEnviron();
}

void name_this_thread(const char* name) {
  pthread_setname_np(name);
}

#endif

#ifdef KVS_HAS_CLOSEFROM

void InheritedFiles::close_above(int kept) const {
  closefrom(kept + 1);
}

#else

#ifdef __linux__
constexpr char kOpenFiles[] = "/proc/self/fd";
#endif

InheritedFiles::InheritedFiles() {
  DIR* folder = opendir(kOpenFiles);
  if (folder == nullptr) return;
  while (const dirent* entry = readdir(folder)) files_.push_back(atoi(entry->d_name));
  closedir(folder);
}

void InheritedFiles::close_above(int kept) const {
  for (const int fd : files_) {
    if (fd > kept) ::close(fd);
  }
}

#endif

}  // namespace kvs
