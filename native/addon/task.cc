#include "task.h"

#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

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

/// A caller that is stopped has nothing waiting.
void answer(std::vector<std::shared_ptr<JsCaller>> through, const JsCaller::Call& call) {
  while (!through.empty()) {
    const auto next = std::move(through.back());
    through.pop_back();
    if (next == nullptr) continue;
    if (next->call([through, call](Napi::Env, Napi::Function) { answer(through, call); })) return;
  }
  answers().caller->call(call);
}

}  // namespace

void prepare_tasks(Napi::Env env) {
  const auto nothing = Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
  answers().caller = JsCaller::make(env, nothing, "kvssink tasks");
  answers().caller->hold(env, false);
}

Napi::Value run_task(Napi::Env env, GstElement* pipeline, std::function<gint64(GstElement*)> work,
                     std::function<Napi::Value(Napi::Env, gint64)> result,
                     std::vector<std::shared_ptr<JsCaller>> through) {
  auto deferred = Napi::Promise::Deferred::New(env);
  gst_object_ref(pipeline);
  count(env, 1);
  try {
    std::thread([pipeline, deferred, work = std::move(work), result = std::move(result),
                 through = std::move(through)] {
      const gint64 value = work(pipeline);
      // Here, not on the JavaScript thread: the last reference frees elements.
      gst_object_unref(pipeline);
      answer(through, [deferred, result, value](Napi::Env env, Napi::Function) {
        count(env, -1);
        deferred.Resolve(result(env, value));
      });
    }).detach();
  } catch (const std::system_error& failure) {
    gst_object_unref(pipeline);
    count(env, -1);
    const std::string text = std::string("Cannot start a thread: ") +
                             strerror(failure.code().value()) +
                             ". Is the limit of processes and threads (ulimit -u) high enough?";
    deferred.Reject(Napi::Error::New(env, text).Value());
  }
  return deferred.Promise();
}

}  // namespace kvs
