// What every sink posts for the events that reach it, so that a pipeline can tell its application.
#pragma once

#include "sink.h"

namespace kvs {

void post_stream_start(Sink& sink, Track& track, GstEvent* event);
void post_tags(Sink& sink, GstEvent* event);
void post_toc(Sink& sink, GstEvent* event);
void post_carried_message(Sink& sink, GstEvent* event);

/// Running time begins anew with what follows a flush. A pipeline that plays moves its base time
/// with it, so that what waits for the clock (identity, clocksync, another sink) does so at the
/// right pace: it does that for a sink that says that it begins anew, and that it is done. One that
/// is asked again before it is through can end in PAUSED, where EOS is never posted; the base time
/// that it is about to set is right for this flush too.
void post_new_running_time(Sink& sink);

}  // namespace kvs
