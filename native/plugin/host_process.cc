#include "host_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>  // std::max
#include <cerrno>
#include <cstdlib>
#include <cstring>

extern char** environ;

namespace kvs {

namespace {

/// Kernel buffer of the socket: a key frame of a 1080p stream at once.
constexpr int kSocketBufferBytes = 1024 * 1024;

/// The host's end becomes this descriptor.
constexpr int kHostSocket = 3;

/// Both ends above the descriptors that the child's are made from.
bool make_sockets(int out[2]) {
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out) != 0) return false;
  for (int i = 0; i < 2; i++) {
    if (out[i] > kHostSocket) continue;
    const int higher = fcntl(out[i], F_DUPFD_CLOEXEC, kHostSocket + 1);
    if (higher < 0) return false;
    ::close(out[i]);
    out[i] = higher;
  }
  for (int i = 0; i < 2; i++) {
    setsockopt(out[i], SOL_SOCKET, SO_SNDBUF, &kSocketBufferBytes, sizeof(kSocketBufferBytes));
  }
  return fcntl(out[0], F_SETFL, O_NONBLOCK) == 0;
}

#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 34)
#define KVS_HAVE_CLOSEFROM 1
#endif
#endif

void close_inherited(posix_spawn_file_actions_t* actions) {
#ifdef KVS_HAVE_CLOSEFROM
  posix_spawn_file_actions_addclosefrom_np(actions, kHostSocket + 1);
#else
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return;
  while (const dirent* entry = readdir(folder)) {
    const int fd = atoi(entry->d_name);
    // What closes itself on exec need not be named, and may be gone by then.
    const bool stays = fd > kHostSocket && (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
    if (stays) posix_spawn_file_actions_addclose(actions, fd);
  }
  closedir(folder);
#endif
}

/// posix_spawn's two argument objects, freed together.
struct SpawnSetup {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;

  explicit SpawnSetup(int socket) {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, socket, kHostSocket);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    // What the host prints must not mix with what an application writes to its stdout.
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    // A camera or socket of the application that is open in the host would stay busy while the
    // host drains.
    close_inherited(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
};

std::string describe(int status) {
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  return "exited with code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

bool HostProcess::start(const HostCommand& command, std::string* error) {
  int sockets[2] = {-1, -1};
  if (!make_sockets(sockets)) {
    *error = std::string("No socket for the producer's host: ") + strerror(errno) +
             ". Is the limit of open files (ulimit -n) reached?";
    for (int fd : sockets) {
      if (fd >= 0) ::close(fd);
    }
    return false;
  }
  SpawnSetup setup(sockets[1]);
  char* const arguments[] = {const_cast<char*>(command.node.c_str()),
                             const_cast<char*>(command.script.c_str()), nullptr};
  const int failure = posix_spawn(&pid_, command.node.c_str(), &setup.actions, &setup.attributes,
                                  arguments, environ);
  ::close(sockets[1]);
  if (failure != 0) {
    ::close(sockets[0]);
    pid_ = -1;
    *error =
        "Cannot start " + command.node + ": " + strerror(failure) + ". " +
        (failure == EAGAIN ? kThreadLimit
                           : "Install Node.js 20.19 or later, or set KVS_NODE to the path of a "
                             "node executable that runs.");
    return false;
  }
  fd_ = sockets[0];
  return true;
}

HostProcess::~HostProcess() {
  close_socket();
}

void HostProcess::finish_writing() {
  if (fd_ >= 0) shutdown(fd_, SHUT_WR);
}

void HostProcess::close_socket() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool HostProcess::reap(std::string* outcome) {
  if (pid_ < 0) return true;
  int status = 0;
  const pid_t gone = waitpid(pid_, &status, WNOHANG);
  if (gone == 0) return false;
  if (gone < 0 && errno == EINTR) return false;
  pid_ = -1;
  // An application that ignores SIGCHLD or waits for all children has taken the status.
  exited_ = gone > 0 && WIFEXITED(status);
  *outcome = gone > 0 ? describe(status) : "ended";
  return true;
}

}  // namespace kvs
