// The wire format between the element and the core: docs/5-inside/bridge.md, src/host/wire/wire.ts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kvs {

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "The wire format is little-endian, and so must the machine be."
#endif

/// GST_CLOCK_TIME_NONE on the wire.
constexpr uint64_t kTimeNone = UINT64_MAX;

/// Bytes an element may send beyond what the host has credited (one larger frame excepted).
constexpr uint64_t kCreditWindowBytes = 4 * 1024 * 1024;

/// A larger payload is refused by the element and taken for garbage by the core.
constexpr size_t kMaxPayloadBytes = 512u * 1024 * 1024;

/// Message types from the element.
enum class ElementMessage : uint8_t {
  kOpen = 1,
  kCaps = 2,
  kFrame = 3,
  kMetadata = 4,
  kTrackEos = 5,
  kDrain = 6,
  kGap = 7,
  kFlush = 8,
  kProperty = 9,
  kClose = 10,
  kTimebase = 11,
  /// A track comes (payload: as an entry of OPEN's pads), is gone (no payload), or, as track 0, no
  /// more come.
  kTrack = 12,
  kSource = 13,
  kLeftOut = 14,
  /// Of the link (element 0), not of an element: answered at once by kPong.
  kPing = 15,
};

/// Bits of a frame's flags.
enum FrameFlag : uint16_t {
  kKeyFrame = 1,
  kDiscontinuity = 2,
  kDiscardable = 4,
  kInvisible = 8,
  kAfterDrop = 16,
  kLastPiece = 32,
  kCorrupted = 64,
  /// A piece of an access unit; kLastPiece says which is its last.
  kPiece = 128,
};

/// Message types to the element.
enum class HostMessage : uint32_t {
  kReady = 1,
  kDrained = 2,
  kError = 3,
  kWarning = 4,
  kElement = 5,
  kAck = 6,
  kMetrics = 7,
  kCredit = 8,
  kLog = 9,
  kTimebase = 10,
  kForceKeyUnit = 11,
  kPong = 12,
  kSettled = 13,
};

/// In front of every message from the element.
struct ElementHeader {
  uint32_t size = 0;
  ElementMessage type = ElementMessage::kFrame;
  uint8_t track = 0;
  uint16_t flags = 0;
  uint64_t pts_ns = kTimeNone;
  uint64_t dts_ns = kTimeNone;
  uint64_t duration_ns = kTimeNone;
  uint64_t monotonic_ns = 0;
  uint32_t sequence = 0;
  uint32_t element = 0;
};
static_assert(sizeof(ElementHeader) == 48, "the header is sent as it lies in memory");
static_assert(offsetof(ElementHeader, pts_ns) == 8 && offsetof(ElementHeader, monotonic_ns) == 32 &&
                  offsetof(ElementHeader, element) == 44,
              "docs/5-inside/bridge.md has the offsets");

/// In front of every message to the element.
struct HostHeader {
  uint32_t size = 0;
  uint32_t element = 0;
  uint32_t event = 0;
  uint32_t reserved = 0;
  uint64_t code = 0;
};
static_assert(sizeof(HostHeader) == 24, "the header is sent as it lies in memory");

/// Bytes of a message, header included.
inline size_t message_bytes(const ElementHeader& header) {
  return sizeof(header) + header.size;
}

}  // namespace kvs
