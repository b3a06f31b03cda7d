#include "task.h"

#include <memory>
#include <thread>
#include <utility>

#include "js_caller.h"

namespace kvs {

namespace {

/// Answers to tasks, and how many are awaited: those keep the event loop alive.
struct Answers {
  std::shared_ptr<JsCaller> caller;
  int awaited = 0;
};

Answers& answers() {
  static auto* all = new Answers();
  return *all;
}

void count(Napi::Env env, int change) {
  Answers& all = answers();
  const int before = all.awaited;
  all.awaited += change;
  if (before == 0 || all.awaited == 0) all.caller->hold(env, all.awaited > 0);
}

}  // namespace

void prepare_tasks(Napi::Env env) {
  const auto nothing = Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
  answers().caller = JsCaller::make(env, nothing, "kvssink tasks");
  answers().caller->hold(env, false);
}

Napi::Value run_task(Napi::Env env, GstElement* pipeline, std::function<gint64(GstElement*)> work,
                     std::function<Napi::Value(Napi::Env, gint64)> result) {
  auto deferred = Napi::Promise::Deferred::New(env);
  gst_object_ref(pipeline);
  count(env, 1);
  std::thread([pipeline, deferred, work = std::move(work), result = std::move(result)] {
    const gint64 value = work(pipeline);
    // Here, not on the JavaScript thread: the last reference frees elements.
    gst_object_unref(pipeline);
    answers().caller->call([deferred, result, value](Napi::Env env, Napi::Function) {
      count(env, -1);
      deferred.Resolve(result(env, value));
    });
  }).detach();
  return deferred.Promise();
}

}  // namespace kvs
