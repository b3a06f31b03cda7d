#include "js_caller.h"

namespace kvs {

std::shared_ptr<JsCaller> JsCaller::make(Napi::Env env, Napi::Function function, const char* name) {
  auto caller = std::make_shared<JsCaller>();
  caller->function_ = Napi::ThreadSafeFunction::New(env, function, name, 0, 1);
  // Hooks run last in, first out: this one before Node's own for the function above.
  auto* weak = new std::weak_ptr<JsCaller>(caller);
  env.AddCleanupHook([weak] {
    if (const auto self = weak->lock()) {
      self->stop();
      if (self->on_end_) self->on_end_();
    }
    delete weak;
  });
  return caller;
}

bool JsCaller::call(Call call) {
  std::lock_guard lock(mutex_);
  if (!alive_) return false;
  return function_.NonBlockingCall(std::move(call)) == napi_ok;
}

void JsCaller::hold(Napi::Env env, bool alive) {
  std::lock_guard lock(mutex_);
  if (!alive_) return;
  if (alive) {
    function_.Ref(env);
  } else {
    function_.Unref(env);
  }
}

void JsCaller::stop() {
  std::lock_guard lock(mutex_);
  if (!alive_) return;
  alive_ = false;
  function_.Release();
}

}  // namespace kvs
