// Calls from any thread into JavaScript, safe while JavaScript goes away.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>

namespace kvs {

/// One thread-safe function. Node destroys it with the environment, whatever threads still hold it;
/// here a call after that is refused instead.
class JsCaller {
 public:
  using Call = std::function<void(Napi::Env, Napi::Function)>;

  /// @param function handed to every call. @param name for diagnostics.
  static std::shared_ptr<JsCaller> make(Napi::Env env, Napi::Function function, const char* name);

  /// Runs `call` on the JavaScript thread, later. @returns false when it never will.
  bool call(Call call);

  /// JavaScript thread: whether an otherwise idle event loop is kept alive.
  void hold(Napi::Env env, bool alive);

  /// No calls after it.
  void stop();

  /// Runs, still before Node takes the function down, when the environment ends.
  void on_end(std::function<void()> callback) { on_end_ = std::move(callback); }

 private:
  std::mutex mutex_;
  bool alive_ = true;
  Napi::ThreadSafeFunction function_;
  std::function<void()> on_end_;
};

}  // namespace kvs
