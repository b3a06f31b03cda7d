#include <gst/gst.h>

#include "../../../native/element/licence.h"
#include "../../../native/element/register.h"
#include "support.h"

namespace {

/// For the wrapper: the process ends while streaming threads push and the host is connected.
int exit_while_streaming() {
  Fixture fixture;
  GstElement* source = gst_parse_bin_from_description(
      "videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=200/1 ! jpegenc", TRUE,
      nullptr);
  gst_bin_add(GST_BIN(fixture.pipeline), source);
  CHECK(gst_element_link(source, fixture.sink));
  fixture.set_state(GST_STATE_PLAYING);
  fixture.record.wait_for("frame", 5);
  std::exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  gst_plugin_register_static(
      GST_VERSION_MAJOR, GST_VERSION_MINOR, "kvssink", "kvssink under test",
      [](GstPlugin* plugin) { return kvs::register_element(plugin); }, "1.0", kvs::kLicence, "test",
      "test", "test");
  if (argc > 1 && std::strcmp(argv[1], "--exit-while-streaming") == 0) {
    return exit_while_streaming();
  }
  const int result = check::run(argc, argv);
  gst_deinit();
  return result;
}
