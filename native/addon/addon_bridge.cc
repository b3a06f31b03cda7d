#include "addon_bridge.h"

#include <algorithm>  // std::any_of, std::min, std::remove_if
#include <chrono>
#include <system_error>
#include <utility>

#include "../bridge/monotonic.h"

namespace kvs {

void AddonBridge::wake() {
  ring([](uint32_t id) { AddonCore::instance().ring(id); });
}

void AddonBridge::live_frame_queued(const ElementHeader& frame) {
  switch (batch_.frame_queued(frame)) {
    case SendBatch::Then::kWakeNow:
      return AddonCore::instance().ring_due();
    case SendBatch::Then::kWakeSoon:
      return AddonCore::instance().ring_with_others_by(batch_.due_ns());
    case SendBatch::Then::kWakeThen:
      return AddonCore::instance().ring_by(batch_.due_ns());
    case SendBatch::Then::kNothing:
      return;
  }
}

/// Elsewhere than on the JavaScript thread (Pipeline.setState) the core can be waited for.
bool AddonBridge::on_core_thread() const {
  return AddonCore::instance().on_javascript_thread();
}

void AddonBridge::close_queue() {
  if (!on_core_thread()) return queue_.close();
  // Nobody waited for the drain: what is queued is still to be pulled.
  queue_.set_flushing(true);
  queue_.push_control({ElementMessage::kClose});
}

int64_t AddonBridge::pull(uint8_t* slab, size_t size) {
  bell_.answer();
  batch_.taken();
  const int64_t copied = queue_.pull(slab, size);
  if (copied != 0) bell_.will_look_again();
  return copied;
}

bool AddonBridge::forgotten() {
  return closing() && queue_.empty();
}

AddonCore& AddonCore::instance() {
  static auto* core = new AddonCore();
  return *core;
}

void AddonCore::start(Napi::Env env, Napi::Function on_doorbell) {
  std::lock_guard lock(mutex_);
  if (started_) throw Napi::Error::New(env, "The bridge was started already.");
  bell_ = JsCaller::make(env, on_doorbell, "kvssink doorbell");
  bell_->hold(env, false);
  bell_->on_end([] { AddonCore::instance().stop(); });
  javascript_thread_ = std::this_thread::get_id();
  started_ = true;
}

/// JavaScript ends (process.exit, a worker's end) while streaming threads may still push.
void AddonCore::stop() {
  std::lock_guard lock(mutex_);
  started_ = false;
  for (const auto& entry : bridges_) entry.second->abandon();
}

void AddonCore::hold(Napi::Env env, bool alive) {
  std::lock_guard lock(mutex_);
  if (started_) bell_->hold(env, alive);
}

std::shared_ptr<AddonBridge> AddonCore::open(OpenRequest request, std::string* error) {
  std::shared_ptr<AddonBridge> bridge;
  {
    std::lock_guard lock(mutex_);
    if (!started_) {
      *error =
          "The producer of this process is not running. Start it before the pipeline (kvs-launch "
          "does), or use the plugin libgstkvssink.so.";
      return nullptr;
    }
    if (!ensure_timer()) request.send_interval = std::chrono::milliseconds{0};
    bridge = std::make_shared<AddonBridge>(next_id_++, std::move(request));
    bridges_[bridge->id()] = bridge;
  }
  // Its open message is in the queue already.
  ring(bridge->id());
  return bridge;
}

std::shared_ptr<AddonBridge> AddonCore::find(uint32_t id) {
  std::lock_guard lock(mutex_);
  const auto found = bridges_.find(id);
  return found == bridges_.end() ? nullptr : found->second;
}

void AddonCore::forget(uint32_t id) {
  std::lock_guard lock(mutex_);
  bridges_.erase(id);
}

/// Frames that wait are sent by nobody else when no others come.
bool AddonCore::ensure_timer() {
  if (has_timer_) return true;
  try {
    std::thread([this] { run_timer(); }).detach();
    has_timer_ = true;
  } catch (const std::system_error&) {
    // No thread is to be had; then each frame is sent at once.
  }
  return has_timer_;
}

void AddonCore::run_timer() {
  pthread_setname_np(pthread_self(), "kvssink-timer");
  std::unique_lock lock(mutex_);
  for (;;) {
    looks_by_ns_ = kTimeNone;
    for (const auto& [id, bridge] : bridges_) {
      const uint64_t due_ns = bridge->due_ns();
      if (due_ns > 0) looks_by_ns_ = std::min(looks_by_ns_, due_ns);
    }
    if (looks_by_ns_ == kTimeNone) {
      timer_.wait(lock);
      continue;
    }
    const std::chrono::nanoseconds due{static_cast<int64_t>(looks_by_ns_)};
    const auto status = timer_.wait_until(lock, std::chrono::steady_clock::time_point{due});
    if (status == std::cv_status::timeout) ring_all_due();
  }
}

void AddonCore::ring_due() {
  std::lock_guard lock(mutex_);
  ring_all_due();
}

void AddonCore::ring_with_others_by(uint64_t time_ns) {
  std::lock_guard lock(mutex_);
  const bool ends_another =
      std::any_of(bridges_.begin(), bridges_.end(),
                  [time_ns](const auto& entry) { return entry.second->ends_by(time_ns); });
  if (!ends_another) return ring_all_due();
  if (looks_by_ns_ > time_ns) timer_.notify_one();
}

void AddonCore::ring_by(uint64_t time_ns) {
  std::lock_guard lock(mutex_);
  if (looks_by_ns_ > time_ns) timer_.notify_one();
}

void AddonCore::ring_all_due() {
  const uint64_t now_ns = monotonic_ns();
  for (const auto& [id, bridge] : bridges_) {
    if (bridge->is_due(now_ns)) bridge->ring([this](uint32_t each) { call_bell(each); });
  }
}

void AddonCore::ring(uint32_t id) {
  std::lock_guard lock(mutex_);
  call_bell(id);
}

void AddonCore::call_bell(uint32_t id) {
  if (!started_) return;
  // The queue of calls holds at most one per element.
  bell_->call([id](Napi::Env env, Napi::Function on_doorbell) {
    on_doorbell.Call({Napi::Number::New(env, id)});
  });
}

std::shared_ptr<JsCaller> AddonCore::bell() {
  std::lock_guard lock(mutex_);
  return bell_;
}

void AddonCore::element_created(GstElement* element) {
  std::lock_guard lock(mutex_);
  const auto gone = [](const std::unique_ptr<GWeakRef>& weak) {
    gpointer object = g_weak_ref_get(weak.get());
    if (object != nullptr) {
      gst_object_unref(object);
      return false;
    }
    g_weak_ref_clear(weak.get());
    return true;
  };
  elements_.erase(std::remove_if(elements_.begin(), elements_.end(), gone), elements_.end());
  elements_.push_back(std::make_unique<GWeakRef>());
  g_weak_ref_init(elements_.back().get(), element);
}

GstElement* AddonCore::find_pipeline() {
  std::lock_guard lock(mutex_);
  for (auto weak = elements_.rbegin(); weak != elements_.rend(); ++weak) {
    auto* object = static_cast<GstObject*>(g_weak_ref_get(weak->get()));
    if (object == nullptr) continue;
    while (GstObject* parent = gst_object_get_parent(object)) {
      gst_object_unref(object);
      object = parent;
    }
    if (GST_IS_PIPELINE(object) && g_object_get_data(G_OBJECT(object), "kvs-adopted") == nullptr) {
      g_object_set_data(G_OBJECT(object), "kvs-adopted", object);
      return GST_ELEMENT(object);
    }
    gst_object_unref(object);
  }
  return nullptr;
}

std::shared_ptr<Bridge> open_bridge(OpenRequest request, std::string* error) {
  // When this process dies, its elements die with it.
  request.limits.max_held_bytes = 0;
  return AddonCore::instance().open(std::move(request), error);
}

void element_created(void* element) {
  AddonCore::instance().element_created(static_cast<GstElement*>(element));
}

}  // namespace kvs
