#include "host_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>  // std::min
#include <cerrno>
#include <climits>  // INT_MAX
#include <cstring>
#include <vector>

#include "platform.h"

namespace kvs {

namespace {

/// Kernel buffer of the socket: a key frame of a 1080p stream at once.
constexpr int kSocketBufferBytes = 1024 * 1024;

/// The host's end becomes this descriptor.
constexpr int kHostSocket = 3;

/// Both ends above the descriptors that the child's are made from.
bool make_sockets(int out[2]) {
  if (!make_socket_pair(out)) return false;
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

/// What the child needs to know. It runs in the parent's memory until it is another program, so it
/// may call nothing that allocates or locks, and change nothing but `failure`.
struct Child {
  const char* node;
  char* const* arguments;
  char** environment;
  int socket;
  unsigned start_limit_s;
  InheritedFiles files;
  volatile int failure = 0;
};

[[noreturn]] void become_host(Child& child) {
  setsid();
  for (int signal = 1; signal < NSIG; signal++) {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);
  }
  // A host that is stopped when the application dies goes on, and finds its socket at the end.
  continue_when_parent_dies();
  // Node may hang before it runs our script, which takes the signal's effect from it; then nobody
  // may be left to end it.
  alarm(child.start_limit_s);
  dup2(child.socket, kHostSocket);
  const int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, STDIN_FILENO);
  if (fcntl(STDERR_FILENO, F_GETFD) < 0) dup2(nothing, STDERR_FILENO);
  // What the host prints must not mix with what an application writes to its stdout.
  dup2(STDERR_FILENO, STDOUT_FILENO);
  // A camera or socket of the application that is open in the host would stay busy while the host
  // drains.
  child.files.close_above(kHostSocket);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(child.node, child.arguments, child.environment);
  child.failure = errno;
  _exit(127);
}

/// As posix_spawn does it, which has no place for an alarm and the parent's death.
/// @returns the child's id, or -1 and in `child.failure` why not.
__attribute__((noinline)) pid_t spawn(Child& child) {
  // No handler of the application may run in its memory twice.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = vfork();
  if (pid == 0) become_host(child);
  if (pid < 0) child.failure = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0 || child.failure == 0) return pid;
  waitpid(pid, nullptr, 0);
  return -1;
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  return "exited with code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

bool HostProcess::start(const HostCommand& command, std::chrono::seconds start_limit,
                        std::string* error) {
  int sockets[2] = {-1, -1};
  if (!make_sockets(sockets)) {
    *error = std::string("No socket for the producer's host: ") + strerror(errno) +
             ". Is the limit of open files (ulimit -n) reached?";
    for (int fd : sockets) {
      if (fd >= 0) ::close(fd);
    }
    return false;
  }
  std::vector<char*> arguments = {const_cast<char*>(command.node.c_str())};
  for (const std::string& option : command.options)
    arguments.push_back(const_cast<char*>(option.c_str()));
  arguments.push_back(const_cast<char*>(command.script.c_str()));
  arguments.push_back(nullptr);
  Child child{command.node.c_str(),
              arguments.data(),
              environment_of_process(),
              sockets[1],
              static_cast<unsigned>(std::min<int64_t>(start_limit.count(), INT_MAX)),
              {}};
  pid_ = spawn(child);
  ::close(sockets[1]);
  if (pid_ < 0) {
    ::close(sockets[0]);
    *error = "Cannot start " + command.node + ": " + strerror(child.failure) + ". " +
             (child.failure == EAGAIN
                  ? kThreadLimit
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
