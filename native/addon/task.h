// GStreamer calls that may block, off the JavaScript thread.
#pragma once

#include <gst/gst.h>
#include <napi.h>

#include <functional>
#include <memory>
#include <vector>

#include "js_caller.h"

namespace kvs {

/// Prepares tasks for this environment; once, at load.
void prepare_tasks(Napi::Env env);

/// Runs `work` on a thread of its own, with a reference to the pipeline, and resolves the promise
/// that is returned with what `result` makes of its number. The answer goes `through` the queues of
/// these callers (null ones left out), behind all that the work has put there.
///
/// Not on libuv's pool: a state change may wait as long as stop-stream-timeout, and Node does not
/// exit before the pool's work is done; nor could names be looked up while its threads are taken.
Napi::Value run_task(Napi::Env env, GstElement* pipeline, std::function<gint64(GstElement*)> work,
                     std::function<Napi::Value(Napi::Env, gint64)> result,
                     std::vector<std::shared_ptr<JsCaller>> through = {});

}  // namespace kvs
