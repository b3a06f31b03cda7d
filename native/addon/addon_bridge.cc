#include "addon_bridge.h"

#include <algorithm>  // std::remove_if
#include <utility>

namespace kvs {

void AddonBridge::wake() {
  if (bell_.ring()) AddonCore::instance().ring(id());
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

void AddonCore::ring(uint32_t id) {
  std::lock_guard lock(mutex_);
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
