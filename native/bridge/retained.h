// Control messages that every host of an element has to be told, the newest of each kind.
#pragma once

#include <algorithm>  // std::find_if, std::remove_if
#include <string>
#include <utility>
#include <vector>

namespace kvs {

/// By key, in the order in which the keys came first. A key that begins with '!' is of a timeline,
/// and ends with it.
class Retained {
 public:
  using Entries = std::vector<std::pair<std::string, std::string>>;

  void keep(const std::string& key, std::string message) {
    const auto same = std::find_if(entries_.begin(), entries_.end(),
                                   [&](const auto& entry) { return entry.first == key; });
    if (same != entries_.end()) {
      same->second = std::move(message);
    } else {
      entries_.emplace_back(key, std::move(message));
    }
  }

  void forget(const std::string& key) {
    remove_if([&](const std::string& other) { return other == key; });
  }

  /// A flush revives tracks that have ended; their end must not be told again.
  void forget_timeline() {
    remove_if([](const std::string& key) { return key[0] == '!'; });
  }

  const Entries& entries() const { return entries_; }

 private:
  template <typename Matches>
  void remove_if(Matches matches) {
    entries_.erase(std::remove_if(entries_.begin(), entries_.end(),
                                  [&](const auto& entry) { return matches(entry.first); }),
                   entries_.end());
  }

  Entries entries_;
};

}  // namespace kvs
