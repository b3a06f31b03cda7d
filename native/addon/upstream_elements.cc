#include "upstream_elements.h"

#include <algorithm>  // std::find

namespace kvs {

namespace {

/// The pad that data really comes from: bins have ghosts of theirs. Takes over `pad`, which may be
/// nullptr.
GstPad* behind_ghosts(GstPad* pad) {
  while (pad != nullptr) {
    GstPad* next = nullptr;
    if (GST_IS_GHOST_PAD(pad)) {
      next = gst_ghost_pad_get_target(GST_GHOST_PAD(pad));
    } else if (GST_IS_PROXY_PAD(pad)) {
      // Inside of a bin: on at the peer of the ghost outside.
      GstProxyPad* outside = gst_proxy_pad_get_internal(GST_PROXY_PAD(pad));
      if (outside != nullptr) {
        next = gst_pad_get_peer(GST_PAD(outside));
        gst_object_unref(outside);
      }
    } else {
      return pad;
    }
    gst_object_unref(pad);
    pad = next;
  }
  return nullptr;
}

std::vector<GstElement*> feeding(GstElement* element) {
  std::vector<GstElement*> found;
  const GstElementForeachPadFunc look = [](GstElement*, GstPad* pad, gpointer data) -> gboolean {
    GstPad* source = behind_ghosts(gst_pad_get_peer(pad));
    if (source == nullptr) return TRUE;
    GstElement* parent = gst_pad_get_parent_element(source);
    gst_object_unref(source);
    if (parent != nullptr) static_cast<std::vector<GstElement*>*>(data)->push_back(parent);
    return TRUE;
  };
  gst_element_foreach_sink_pad(element, look, &found);
  return found;
}

}  // namespace

std::vector<GstElement*> upstream_elements(GstElement* element) {
  std::vector<GstElement*> all = feeding(element);
  for (size_t i = 0; i < all.size(); i++) {
    for (GstElement* next : feeding(all[i])) {
      if (std::find(all.begin(), all.end(), next) == all.end()) {
        all.push_back(next);
      } else {
        gst_object_unref(next);
      }
    }
  }
  return all;
}

}  // namespace kvs
