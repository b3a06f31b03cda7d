#include "support.h"

#include <algorithm>  // std::min
#include <cstring>

using namespace kvs;

PushResult push(ElementQueue& queue, size_t size, const Pushed& pushed) {
  const std::string payload(size, pushed.key ? 'K' : 'd');
  ElementHeader header;
  header.track = pushed.track;
  header.flags = static_cast<uint16_t>(pushed.flags | (pushed.key ? kKeyFrame : 0));
  header.pts_ns = pushed.pts_ns;
  header.monotonic_ns = pushed.monotonic_ns;
  const Chunk chunk{payload.data(), payload.size()};
  return queue.push_frame(header, &chunk, 1, pushed.when_full);
}

PushResult push(ElementQueue& queue, size_t size, bool key, uint8_t track, uint64_t pts_ns) {
  return push(queue, size, {key, track, pts_ns});
}

PushResult push_waiting(ElementQueue& queue, size_t size, bool key, uint8_t track) {
  return push(queue, size, {key, track, kTimeNone, 0, WhenFull::kWait});
}

QueueLimits limits(size_t bytes, size_t waiting) {
  QueueLimits limits;
  limits.max_bytes = bytes;
  limits.max_waiting_bytes = waiting;
  return limits;
}

std::vector<ElementHeader> headers(const std::string& bytes) {
  std::vector<ElementHeader> all;
  for (size_t at = 0; at < bytes.size();) {
    ElementHeader header;
    std::memcpy(&header, bytes.data() + at, kHeader);
    all.push_back(header);
    at += message_bytes(header);
  }
  return all;
}

std::string send_all(ElementQueue& queue, size_t limit) {
  std::string out;
  queue.send([&](iovec* parts, int count) -> ssize_t {
    size_t taken = 0;
    for (int i = 0; i < count; i++) {
      const size_t room = std::min(parts[i].iov_len, limit - out.size());
      out.append(static_cast<const char*>(parts[i].iov_base), room);
      taken += room;
      if (room < parts[i].iov_len) break;
    }
    return static_cast<ssize_t>(taken);
  });
  return out;
}

std::string pull_all(ElementQueue& queue) {
  std::string out(1 << 20, '\0');
  out.resize(static_cast<size_t>(queue.pull(reinterpret_cast<uint8_t*>(out.data()), out.size())));
  return out;
}

void control(ElementQueue& queue, ElementMessage type, const char* key, const char* json) {
  Control message{type, 1};
  message.payload = json;
  message.retain_key = key;
  queue.push_control(message);
}

void settle_all(ElementQueue& queue) {
  queue.settled(UINT64_MAX, UINT64_MAX);
}

std::vector<uint64_t> times(const std::vector<ElementHeader>& headers) {
  std::vector<uint64_t> times;
  for (const auto& header : headers) {
    if (header.type == ElementMessage::kFrame) times.push_back(header.pts_ns);
  }
  return times;
}
