// Messages on their way into a socket: the window, short writes, and the close.
#include <string>

#include "support.h"

using namespace kvs;

TEST("no more than the window is sent beyond what was credited") {
  ElementQueue queue(1, limits(64 * 1024 * 1024));
  const size_t frame = 1024 * 1024;
  for (int i = 0; i < 10; i++) push(queue, frame, true);
  const std::string first = send_all(queue);
  CHECK_EQUAL(headers(first).size(), size_t{4});
  CHECK(!queue.sendable());
  queue.credit(2 * (frame + kHeader));
  CHECK_EQUAL(headers(send_all(queue)).size(), size_t{2});
}

TEST("a frame larger than the window goes alone") {
  ElementQueue queue(1, limits(64 * 1024 * 1024));
  push(queue, 9 * 1024 * 1024, true);
  push(queue, 10, true);
  CHECK_EQUAL(headers(send_all(queue)).size(), size_t{1});
  queue.credit(9 * 1024 * 1024 + kHeader);
  CHECK_EQUAL(headers(send_all(queue)).size(), size_t{1});
}

TEST("messages cut by short writes come out whole") {
  ElementQueue queue(1, {});
  std::string out;
  for (int i = 0; i < 20; i++) push(queue, static_cast<size_t>(i) * 7, i % 5 == 0);
  for (int i = 0; i < 10'000 && !queue.empty(); i++) out += send_all(queue, 13);
  const auto sent = headers(out);
  CHECK_EQUAL(sent.size(), size_t{20});
  for (uint32_t i = 0; i < 20; i++) CHECK_EQUAL(sent[i].sequence, i);
}

TEST("close finishes the message that was begun and leaves a close") {
  ElementQueue queue(1, {});
  push(queue, 1000, true);
  push(queue, 2000, true);
  std::string out = send_all(queue, 300);
  queue.close();
  out += send_all(queue);
  const auto sent = headers(out);
  CHECK_EQUAL(sent.size(), size_t{2});
  CHECK_EQUAL(sent[0].size, 1000u);
  CHECK(sent[1].type == ElementMessage::kClose);
  CHECK(queue.empty());
}

TEST("a host that was sent nothing of an element is not sent its close") {
  ElementQueue queue(1, {});
  control(queue, ElementMessage::kOpen, "open", "{}");
  queue.close();
  CHECK(queue.empty());
}

TEST("a close is sent even when the window is used up") {
  ElementQueue queue(1, limits(64 * 1024 * 1024));
  for (int i = 0; i < 6; i++) push(queue, 1024 * 1024, true);
  send_all(queue);
  queue.close();
  CHECK_EQUAL(headers(send_all(queue)).size(), size_t{1});
}
