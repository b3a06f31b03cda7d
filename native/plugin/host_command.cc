#include "host_command.h"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>  // std::min
#include <cstdlib>

namespace kvs {

namespace {

constexpr char kScriptInPackage[] = "/dist/bundle/host.cjs";

/// Beside the plugins' folder of a system where a package manager installed both:
/// /usr/lib/kvs-launch for /usr/lib/x86_64-linux-gnu/gstreamer-1.0.
constexpr char kInstalledPackage[] = "/kvs-launch";

/// Without it, Node 20 parses its own list of CAs at the first connection, some 40 ms, and with
/// NODE_EXTRA_CA_CERTS at its start. The host adds of that list what it needs
/// (src/aws/network/shared-trust.ts).
constexpr char kTrustOption[] = "--use-openssl-ca";

/// Node does not start with both.
constexpr char kOppositeOption[] = "--use-bundled-ca";

/// One thread compiles and collects garbage beside the main one, not four: each takes time to be
/// made, and they would take the processor from the thread that brings frames.
constexpr char kWorkersOption[] = "--v8-pool-size=1";

/// The script has no links in its path, and Node need not look for any (a millisecond of a start).
constexpr char kNoLinksOption[] = "--preserve-symlinks-main";

bool is_file(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

bool is_program(const std::string& path) {
  return is_file(path) && access(path.c_str(), X_OK) == 0;
}

std::string environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

bool find_node(std::string* node, std::string* error) {
  const std::string given = environment("KVS_NODE");
  if (!given.empty()) {
    if (is_program(given)) {
      *node = given;
      return true;
    }
    *error = "KVS_NODE is \"" + given +
             "\", which is not a program. Let it name the node executable (Node.js 20.19 or "
             "later), or unset it to use the node in PATH.";
    return false;
  }
  const std::string path = environment("PATH");
  for (size_t start = 0; start <= path.size();) {
    const size_t end = std::min(path.find(':', start), path.size());
    const std::string candidate = path.substr(start, end - start) + "/node";
    if (candidate.front() == '/' && candidate.size() > 5 && is_program(candidate)) {
      *node = candidate;
      return true;
    }
    start = end + 1;
  }
  *error =
      "kvssink needs Node.js, and there is no node in PATH. Install Node.js 20.19 or later, or set "
      "KVS_NODE to the path of the node executable.";
  return false;
}

/// Without links; empty when there is no such file.
std::string real_path(const char* path) {
  char* real = realpath(path, nullptr);
  if (real == nullptr) return "";
  std::string result = real;
  free(real);
  return result;
}

/// The real path of the file that this code was loaded from.
std::string own_path() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&find_host_command), &info) == 0) return "";
  return real_path(info.dli_fname);
}

bool find_script(std::string* script, std::string* error) {
  *script = environment("KVS_HOST_SCRIPT");
  std::string plugin;
  if (script->empty()) {
    plugin = own_path();
    for (size_t end = plugin.rfind('/'); end != std::string::npos && end > 0;
         end = plugin.rfind('/', end - 1)) {
      const std::string folder = plugin.substr(0, end);
      for (const std::string& package : {folder, folder + kInstalledPackage}) {
        if (script->empty() && is_file(package + "/package.json"))
          *script = package + kScriptInPackage;
      }
      if (!script->empty()) break;
    }
  }
  if (script->empty()) {
    *error = "The plugin " + plugin +
             " is not in its npm package, so the producer's host script cannot be found. "
             "Leave the file where npm put it and point GST_PLUGIN_PATH at its folder "
             "(npx kvs-launch --plugin-path), or set KVS_HOST_SCRIPT to the package's "
             "dist/bundle/host.cjs.";
    return false;
  }
  if (!is_file(*script)) {
    *error = "The producer's host script " + *script +
             " does not exist. Reinstall the package, or in a working copy run \"npm run "
             "build\".";
    return false;
  }
  if (access(script->c_str(), R_OK) != 0) {
    *error = "The producer's host script " + *script +
             " cannot be read by this user. Give it read permission (chmod a+r).";
    return false;
  }
  *script = real_path(script->c_str());
  return true;
}

}  // namespace

bool find_host_command(HostCommand* command, std::string* error) {
  const bool is_opposed = environment("NODE_OPTIONS").find(kOppositeOption) != std::string::npos;
  command->options = {kWorkersOption, kNoLinksOption};
  if (!is_opposed) command->options.push_back(kTrustOption);
  return find_node(&command->node, error) && find_script(&command->script, error);
}

}  // namespace kvs
