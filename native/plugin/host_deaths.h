// What follows from the death of a host: a pause before the next one, or the end of all trying.
#pragma once

#include <chrono>
#include <optional>

namespace kvs {

/// What a host made of its life.
struct HostLife {
  /// From its start to its last sign of life.
  std::chrono::milliseconds lasted{0};
  /// It has said something at least once.
  bool has_spoken = false;
  /// It has settled a frame of any element.
  bool has_settled = false;
};

/// Counts deaths. Each pause is longer than the last, as long as no host achieves anything; one
/// that does is replaced at once, however often.
class HostDeaths {
 public:
  /// A host that dies sooner may have died of something that is there again for the next one.
  static constexpr std::chrono::milliseconds kQuick{10'000};
  /// Pauses before the host is started again, by the number of deaths in a row. One death more is
  /// an error.
  static constexpr std::chrono::milliseconds kPauses[] = {
      std::chrono::milliseconds{0},     std::chrono::milliseconds{250},
      std::chrono::milliseconds{500},   std::chrono::milliseconds{1'000},
      std::chrono::milliseconds{2'000}, std::chrono::milliseconds{4'000}};
  /// So many hosts in a row that never said a word are an error: each may have taken long.
  static constexpr int kMaxSilent = 4;

  static bool is_quick(const HostLife& life) { return !life.has_spoken || life.lasted < kQuick; }

  /// @returns how long to wait before the next start; nothing when there should be none
  std::optional<std::chrono::milliseconds> after(const HostLife& life);

  /// How many in a row died soon and settled nothing.
  int in_a_row() const { return in_a_row_; }
  /// One of them was a host that spoke: the installation is sound.
  bool was_sound() const { return was_sound_; }

 private:
  bool was_sound_ = false;
  int in_a_row_ = 0;
  int silent_ = 0;
};

}  // namespace kvs
