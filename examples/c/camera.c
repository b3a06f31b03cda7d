/* Sends a test picture to a Kinesis video stream and prints what kvssink reports:
 *
 *   npm start STREAM [FRAMES]
 *
 * For a camera, put v4l2src in place of videotestsrc. */
#include <glib-unix.h>
#include <gst/gst.h>

typedef struct {
  GMainLoop *loop;
  GstElement *pipeline;
  gboolean failed;
} Camera;

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer data) {
  Camera *camera = data;
  (void)bus;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
    g_main_loop_quit(camera->loop);
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    GError *error = NULL;
    gchar *debug = NULL;
    gst_message_parse_error(message, &error, &debug);
    g_printerr("%s\n%s\n", error->message, debug);
    g_error_free(error);
    g_free(debug);
    camera->failed = TRUE;
    g_main_loop_quit(camera->loop);
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT) {
    const GstStructure *report = gst_message_get_structure(message);
    if (gst_structure_has_name(report, "kvs-connection")) {
      g_print("connection: %s\n", gst_structure_get_string(report, "state"));
    } else if (gst_structure_has_name(report, "kvs-fragment-ack")) {
      const gchar *number = gst_structure_get_string(report, "fragment-number");
      g_print("%s %s\n", gst_structure_get_string(report, "type"), number ? number : "");
    }
  }
  return G_SOURCE_CONTINUE;
}

/* Ends the stream in order: what is buffered is sent before the EOS message comes. */
static gboolean on_interrupt(gpointer data) {
  gst_element_send_event(((Camera *)data)->pipeline, gst_event_new_eos());
  return G_SOURCE_REMOVE;
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc < 2) {
    g_printerr("usage: npm start STREAM [FRAMES]\n");
    return 2;
  }
  gchar *line = g_strdup_printf("videotestsrc is-live=true num-buffers=%s ! "
                                "video/x-raw,width=640,height=360,framerate=30/1 ! videoconvert ! "
                                "x264enc tune=zerolatency key-int-max=60 bitrate=1000 ! h264parse ! "
                                "kvssink stream-name=%s",
                                argc > 2 ? argv[2] : "-1", argv[1]);
  GError *error = NULL;
  Camera camera = {g_main_loop_new(NULL, FALSE), gst_parse_launch(line, &error), FALSE};
  g_free(line);
  if (error != NULL) {
    g_printerr("%s\n", error->message);
    return 1;
  }
  GstBus *bus = gst_element_get_bus(camera.pipeline);
  gst_bus_add_watch(bus, on_message, &camera);
  g_unix_signal_add(SIGINT, on_interrupt, &camera);
  gst_element_set_state(camera.pipeline, GST_STATE_PLAYING);
  g_main_loop_run(camera.loop);
  gst_element_set_state(camera.pipeline, GST_STATE_NULL);
  gst_bus_remove_watch(bus);
  gst_object_unref(bus);
  gst_object_unref(camera.pipeline);
  g_main_loop_unref(camera.loop);
  return camera.failed ? 1 : 0;
}
