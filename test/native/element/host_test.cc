// The host process: shared, killed, hung; what the pipeline sees of it.
#include <signal.h>

#include <atomic>
#include <thread>

#include "support.h"

TEST("two kvssinks share one host, and each has its own stream") {
  Fixture first;
  Fixture second;
  Feeder a(first, "video_%u");
  Feeder b(second, "video_%u");
  first.play();
  second.play();
  a.start(kAvc);
  b.start(kAvc);
  for (int i = 0; i < 20; i++) a.frame(i);
  for (int i = 0; i < 30; i++) b.frame(i);
  first.stop();
  second.stop();
  CHECK_EQUAL(host_pid(first), host_pid(second));
  CHECK_EQUAL(first.record.count("frame"), size_t{20});
  CHECK_EQUAL(second.record.count("frame"), size_t{30});
}

TEST("a hung host never blocks a camera with a small pool of buffers") {
  Fixture fixture("hang");
  g_object_set(fixture.sink, "stop-stream-timeout", 1, nullptr);
  Feeder feeder(fixture, "video_%u");
  GstBufferPool* pool = gst_buffer_pool_new();
  GstStructure* config = gst_buffer_pool_get_config(pool);
  gst_buffer_pool_config_set_params(config, nullptr, 20'000, 16, 16);
  gst_buffer_pool_set_config(pool, config);
  gst_buffer_pool_set_active(pool, TRUE);
  GstBufferPoolAcquireParams dont_wait{};
  dont_wait.flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT;
  fixture.play();
  feeder.start(kAvc);
  for (int i = 0; i < 2000; i++) {
    GstBuffer* buffer = nullptr;
    CHECK_EQUAL(gst_buffer_pool_acquire_buffer(pool, &buffer, &dont_wait), GST_FLOW_OK);
    gst_buffer_memset(buffer, 0, 'x', 20'000);
    GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(i) * 16 * GST_MSECOND;
    if (i % 60 != 0) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    CHECK_EQUAL(feeder.push(buffer), GST_FLOW_OK);
  }
  const pid_t pid = host_pid(fixture);
  gst_buffer_pool_set_active(pool, FALSE);
  gst_object_unref(pool);
  fixture.stop();
  kill(pid, SIGKILL);
  wait_until("the host to be reaped", [] { return children(0) == 0; });
}

TEST(
    "a killed host is replaced, and the next one is sent what was not settled, and what came "
    "since") {
  Fixture fixture;
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.event(gst_event_new_custom(
      GST_EVENT_CUSTOM_DOWNSTREAM,
      gst_structure_from_string(
          "kvs-add-metadata, name=(string)n, value=(string)v, persist=(boolean)true", nullptr)));
  for (int i = 0; i < 10; i++) feeder.frame(i, i % 5 != 0);
  fixture.record.wait_for("frame", 10);
  kill(host_pid(fixture), SIGKILL);
  GstMessage* restarting = fixture.pop_element("kvs-host-restarting");
  CHECK_EQUAL(
      std::string(gst_structure_get_string(gst_message_get_structure(restarting), "reason")),
      "killed by signal 9");
  gst_message_unref(restarting);
  for (int i = 10; i < 20; i++) CHECK_EQUAL(feeder.frame(i, i % 5 != 0), GST_FLOW_OK);
  const std::string text = fixture.pop_text(GST_MESSAGE_WARNING);
  CHECK(contains(text, "gst-resource-error-quark/10 "));
  CHECK(contains(text, "killed by signal 9"));
  CHECK(contains(text, "nothing is lost"));
  fixture.stop();
  CHECK(host_pid(fixture, 0) != host_pid(fixture, 1));
  CHECK_EQUAL(fixture.record.count("open"), size_t{2});
  CHECK_EQUAL(fixture.record.count("caps"), size_t{2});
  CHECK_EQUAL(fixture.record.count("metadata"), size_t{2});
  const auto frames = fixture.record.lines("frame");
  CHECK_EQUAL(frames.size(), size_t{30});
  for (size_t i = 0; i < 20; i++) {
    CHECK_EQUAL(number(frames[10 + i], "pts"), static_cast<gint64>(i) * 40 * GST_MSECOND);
  }
  CHECK_EQUAL(number(frames[10], "flags"), 1);
  wait_until("the hosts to be reaped", [] { return children(0) == 0; });
}

TEST("a frame that five hosts die of is given up, and the stream goes on") {
  wait_until("earlier hosts, whose deaths count too, to be reaped",
             [] { return children(0) == 0; });
  Fixture fixture("poisoned");
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0, false, 666);
  for (int death = 0; death < 5; death++) {
    gst_message_unref(fixture.pop_element("kvs-host-restarting"));
  }
  for (int i = 1; i < 5; i++) CHECK_EQUAL(feeder.frame(i), GST_FLOW_OK);
  CHECK(contains(fixture.pop_text(GST_MESSAGE_WARNING), "at most 1 frames (666 bytes)"));
  fixture.stop();
  CHECK_EQUAL(fixture.record.count("frame"), size_t{9});
}

TEST("what a host has settled is not sent again to the next one") {
  wait_until("earlier hosts, whose deaths count too, to be reaped",
             [] { return children(0) == 0; });
  Fixture fixture("settles");
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  for (int i = 0; i < 10; i++) feeder.frame(i);
  fixture.record.wait_for("frame", 10);
  // It says so behind what it says of the tenth frame.
  gst_message_unref(fixture.pop_element("kvs-marker"));
  kill(host_pid(fixture), SIGKILL);
  gst_message_unref(fixture.pop_element("kvs-host-restarting"));
  feeder.frame(10);
  fixture.stop();
  CHECK_EQUAL(fixture.record.count("frame"), size_t{11});
  CHECK_EQUAL(fixture.record.count("caps"), size_t{2});
}

TEST("a host that dies again and again becomes an error") {
  wait_until("earlier hosts, whose deaths count too, to be reaped",
             [] { return children(0) == 0; });
  Fixture fixture("crash");
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  std::atomic<bool> done{false};
  std::thread pusher([&] {
    for (int i = 0; !done && feeder.frame(i) == GST_FLOW_OK; i++) g_usleep(1000);
  });
  const std::string text = fixture.pop_text(GST_MESSAGE_ERROR);
  done = true;
  pusher.join();
  CHECK(contains(text, "failed 7 times in a row, the last time: killed by signal 9"));
  fixture.stop();
}

TEST("a host that talks nonsense is replaced") {
  Fixture fixture("garbage");
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  gst_message_unref(fixture.pop_element("kvs-host-restarting"));
  fixture.stop();
}

TEST(
    "a host that is stopped is killed and replaced, and a warning says for how long it was "
    "silent") {
  wait_until("earlier hosts, whose deaths count too, to be reaped",
             [] { return children(0) == 0; });
  Fixture fixture;
  g_object_set(fixture.sink, "host-timeout", 2, nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  fixture.record.wait_for("frame", 1);
  kill(host_pid(fixture), SIGSTOP);
  GstMessage* restarting = fixture.pop_element("kvs-host-restarting");
  CHECK_EQUAL(
      std::string(gst_structure_get_string(gst_message_get_structure(restarting), "reason")),
      "it did not answer for 2 s");
  gst_message_unref(restarting);
  for (int i = 1; i < 10; i++) CHECK_EQUAL(feeder.frame(i), GST_FLOW_OK);
  CHECK(contains(fixture.pop_text(GST_MESSAGE_WARNING), "it did not answer for 2 s"));
  fixture.stop();
  CHECK(host_pid(fixture, 0) != host_pid(fixture, 1));
  wait_until("the hosts to be reaped", [] { return children(0) == 0; });
}

TEST("a host that computes for less than host-timeout is left alone") {
  Fixture fixture("busy");
  g_object_set(fixture.sink, "host-timeout", 5, nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  for (int i = 0; i < 5; i++) feeder.frame(i);
  fixture.stop();
  CHECK_EQUAL(fixture.record.count("open"), size_t{1});
  CHECK_EQUAL(fixture.record.count("frame"), size_t{5});
}

TEST("a quiet element's host is asked, answers, and stays") {
  Fixture fixture;
  g_object_set(fixture.sink, "host-timeout", 1, nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  fixture.record.wait_for("ping", 2);
  feeder.frame(1);
  fixture.stop();
  CHECK_EQUAL(fixture.record.count("open"), size_t{1});
  CHECK_EQUAL(fixture.record.count("frame"), size_t{2});
}

TEST("with host-timeout=0 nobody asks, and a host that hangs is waited for") {
  Fixture fixture;
  Fixture patient;
  g_object_set(fixture.sink, "host-timeout", 1, nullptr);
  g_object_set(patient.sink, "host-timeout", 0, nullptr);
  Feeder feeder(fixture, "video_%u");
  Feeder other(patient, "video_%u");
  fixture.play();
  patient.play();
  feeder.start(kAvc);
  feeder.frame(0);
  fixture.record.wait_for("frame", 1);
  kill(host_pid(fixture), SIGSTOP);
  g_usleep(4 * G_USEC_PER_SEC);
  kill(host_pid(fixture), SIGCONT);
  feeder.frame(1);
  fixture.stop();
  patient.stop();
  CHECK_EQUAL(fixture.record.count("ping"), size_t{0});
  CHECK_EQUAL(fixture.record.count("open"), size_t{1});
  CHECK_EQUAL(fixture.record.count("frame"), size_t{2});
}

TEST("a stopped host goes on, and ends, when the last element is gone") {
  Fixture fixture;
  g_object_set(fixture.sink, "host-timeout", 0, "stop-stream-timeout", 1, nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  fixture.record.wait_for("frame", 1);
  kill(host_pid(fixture), SIGSTOP);
  fixture.stop();
  fixture.record.wait_for("end", 1);
  wait_until("the host to be reaped", [] { return children(0) == 0; });
}

TEST("a host that does not end after its last element is killed") {
  Fixture fixture("lingers");
  g_object_set(fixture.sink, "host-timeout", 5, "stop-stream-timeout", 1, nullptr);
  Feeder feeder(fixture, "video_%u");
  fixture.play();
  feeder.start(kAvc);
  feeder.frame(0);
  fixture.stop();
  wait_until("the host to be reaped", [] { return children(0) == 0; });
  CHECK_EQUAL(fixture.record.count("end"), size_t{0});
}

TEST("thirty cycles leave no process, no zombie and no open file behind") {
  wait_until("earlier hosts to be reaped", [] { return children(0) == 0; });
  int descriptors = 0;
  for (int cycle = 0; cycle < 30; cycle++) {
    {
      Fixture fixture;
      Feeder feeder(fixture, "video_%u");
      fixture.play();
      feeder.start(kAvc);
      feeder.frame(0);
      // Every third without waiting for the host to have come up.
      if (cycle % 3 != 0) fixture.stop();
    }
    if (cycle == 0) {
      wait_until("the first host to be reaped", [] { return children(0) == 0; });
      descriptors = open_descriptors();
    }
  }
  wait_until("all hosts to be reaped", [] { return children(0) == 0; });
  wait_until("all files to be closed", [&] { return open_descriptors() <= descriptors; });
}
