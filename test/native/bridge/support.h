// What the tests of the queue share: frames and controls that go in, messages that come out.
#pragma once

#include <string>
#include <vector>

#include "../../../native/bridge/element_queue.h"
#include "../check.h"

constexpr size_t kHeader = sizeof(kvs::ElementHeader);

/// What a frame is pushed with beside its size.
struct Pushed {
  bool key = true;
  uint8_t track = 1;
  uint64_t pts_ns = kvs::kTimeNone;
  uint64_t monotonic_ns = 0;
  kvs::WhenFull when_full = kvs::WhenFull::kDropOldest;
  /// Beside kKeyFrame.
  uint16_t flags = 0;
};

kvs::PushResult push(kvs::ElementQueue& queue, size_t size, const Pushed& pushed);
kvs::PushResult push(kvs::ElementQueue& queue, size_t size, bool key, uint8_t track = 1,
                     uint64_t pts_ns = kvs::kTimeNone);
/// Of a source that can be slowed down.
kvs::PushResult push_waiting(kvs::ElementQueue& queue, size_t size, bool key, uint8_t track = 1);

/// A message of track 1 that is no frame. @param key what it is retained by; "" for not at all
void control(kvs::ElementQueue& queue, kvs::ElementMessage type, const char* key,
             const char* json = "");

/// So much may wait, and so much of it of sources that can be slowed down.
kvs::QueueLimits limits(size_t bytes, size_t waiting = SIZE_MAX);

/// Everything that the queue is willing to send, through a socket that takes `limit` bytes.
std::string send_all(kvs::ElementQueue& queue, size_t limit = SIZE_MAX);
/// Everything that waits, as the addon takes it.
std::string pull_all(kvs::ElementQueue& queue);

/// Of all messages in these bytes.
std::vector<kvs::ElementHeader> headers(const std::string& bytes);

/// The host says that it is done with everything.
void settle_all(kvs::ElementQueue& queue);

/// Times of the frames among them.
std::vector<uint64_t> times(const std::vector<kvs::ElementHeader>& headers);
