// What both bridges have in common: an element's queue, and what the core says to the element.
#pragma once

#include <atomic>
#include <mutex>

#include "drain_counter.h"
#include "element_queue.h"

namespace kvs {

class QueueBridge : public Bridge {
 public:
  QueueBridge(uint32_t id, OpenRequest request);

  uint32_t id() const final { return id_; }
  PushResult push_frame(ElementHeader header, const Chunk* chunks, size_t count,
                        WhenFull when_full) final;
  void push_control(const Control& control) final;
  Loss take_loss() final { return queue_.take_loss(); }
  bool has_loss() const final { return queue_.has_loss(); }
  void set_flushing(bool flushing) final { queue_.set_flushing(flushing); }
  void set_track_flushing(uint8_t track, bool flushing) final {
    queue_.set_track_flushing(track, flushing);
  }
  DrainWait wait_drained(uint64_t timeout_ms) final;
  void interrupt() final { drains_.interrupt(); }
  void close() final;

  // For the build, on the core's thread.
  bool closing() const { return closing_; }
  /// A message of the core.
  void deliver(HostMessage event, uint64_t code, std::string_view payload);

 protected:
  /// Something waits in the queue. Any thread.
  virtual void wake() = 0;
  /// A frame of a live source does.
  virtual void live_frame_queued(const ElementHeader&) { wake(); }
  /// A frame of a source that waits for room does.
  virtual void waiting_frame_queued() { wake(); }
  /// The caller is the thread that delivers, which must not wait for itself.
  virtual bool on_core_thread() const = 0;
  /// What becomes of what is queued when the element is gone.
  virtual void close_queue() { queue_.close(); }

  /// Calls the listener, unless the element is closing.
  template <typename Call>
  void tell(Call call);

  /// Nobody empties the queue any more: lets go of whoever waits.
  void abandon();

  ElementQueue queue_;

 private:
  const uint32_t id_;
  const std::shared_ptr<BridgeListener> listener_;
  DrainCounter drains_;
  std::atomic<bool> closing_{false};
  /// Held while the listener, and so a reference to the element, is in use.
  std::timed_mutex telling_;
};

template <typename Call>
void QueueBridge::tell(Call call) {
  std::lock_guard lock(telling_);
  if (!closing_) call(*listener_);
}

}  // namespace kvs
