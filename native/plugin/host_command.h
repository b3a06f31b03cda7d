// Where the host is: which node, which script.
#pragma once

#include <string>
#include <vector>

namespace kvs {

/// What is run as the host.
struct HostCommand {
  std::string node;
  /// For node, before the script.
  std::vector<std::string> options;
  /// Without links in it.
  std::string script;
};

/// KVS_NODE, or the first `node` in PATH; KVS_HOST_SCRIPT, or dist/bundle/host.js of the package
/// that this plugin file belongs to.
/// @returns false, and in `error` what is missing and what to do.
bool find_host_command(HostCommand* command, std::string* error);

}  // namespace kvs
