#include "bringers.h"

#include <algorithm>  // std::find

namespace kvs {

namespace {

bool has_sometimes_source(GstElement* element) {
  const GList* templates = gst_element_class_get_pad_template_list(GST_ELEMENT_GET_CLASS(element));
  for (; templates != nullptr; templates = templates->next) {
    auto* pad_template = GST_PAD_TEMPLATE(templates->data);
    if (GST_PAD_TEMPLATE_DIRECTION(pad_template) == GST_PAD_SRC &&
        GST_PAD_TEMPLATE_PRESENCE(pad_template) == GST_PAD_SOMETIMES) {
      return true;
    }
  }
  return false;
}

/// Whether it has brought its pads, as far as can be told: it played before, or each of its source
/// pads comes with a sink pad (multiqueue), and it need not say no-more-pads any more.
bool has_its_pads(GstElement* element) {
  GST_OBJECT_LOCK(element);
  const bool all = element->numsrcpads > 0 && element->numsrcpads >= element->numsinkpads;
  GST_OBJECT_UNLOCK(element);
  return all;
}

/// References to the bin's children.
std::vector<GstElement*> children_of(GstBin* bin) {
  std::vector<GstElement*> children;
  GST_OBJECT_LOCK(bin);
  for (const GList* child = GST_BIN_CHILDREN(bin); child != nullptr; child = child->next) {
    children.push_back(GST_ELEMENT(gst_object_ref(child->data)));
  }
  GST_OBJECT_UNLOCK(bin);
  return children;
}

/// A bin that brings pads itself (uridecodebin) speaks for what is in it.
void look_into(GstBin* bin, std::vector<AwaitedElement>& found) {
  for (GstElement* child : children_of(bin)) {
    if (has_sometimes_source(child)) {
      found.push_back({child, has_its_pads(child)});
      continue;
    }
    if (GST_IS_BIN(child)) look_into(GST_BIN(child), found);
    gst_object_unref(child);
  }
}

/// The element that a linked source pad leads to, or the bin that it leads out of; a reference,
/// null for none.
GstElement* follower_of(GstPad* source) {
  GstPad* peer = gst_pad_get_peer(source);
  if (peer == nullptr) return nullptr;
  GstObject* parent = gst_pad_get_parent(peer);
  gst_object_unref(peer);
  if (parent == nullptr || GST_IS_ELEMENT(parent)) return GST_ELEMENT(parent);
  // The inner half of a bin's ghost pad.
  GstElement* bin = gst_pad_get_parent_element(GST_PAD(parent));
  gst_object_unref(parent);
  return bin;
}

using Elements = std::vector<const GstElement*>;

gboolean leads_to_sinks(GstElement* element, GstPad* source, gpointer data);

bool ends_in_sinks(GstElement* element, Elements& seen) {
  if (std::find(seen.begin(), seen.end(), element) != seen.end()) return true;
  seen.push_back(element);
  GST_OBJECT_LOCK(element);
  const bool has_sources = element->numsrcpads > 0;
  const bool is_sink = GST_OBJECT_FLAG_IS_SET(element, GST_ELEMENT_FLAG_SINK);
  GST_OBJECT_UNLOCK(element);
  if (!has_sources) return is_sink;
  return gst_element_foreach_src_pad(element, leads_to_sinks, &seen) != FALSE;
}

gboolean leads_to_sinks(GstElement*, GstPad* source, gpointer data) {
  GstElement* follower = follower_of(source);
  if (follower == nullptr) return FALSE;
  const bool ends = ends_in_sinks(follower, *static_cast<Elements*>(data));
  gst_object_unref(follower);
  return ends ? TRUE : FALSE;
}

}  // namespace

bool is_linked_through(GstElement* bringer) {
  GST_OBJECT_LOCK(bringer);
  const bool is_fed = bringer->numsinkpads > 0;
  const bool has_pads = bringer->numsrcpads > 0;
  GST_OBJECT_UNLOCK(bringer);
  Elements seen;
  return is_fed && has_pads && ends_in_sinks(bringer, seen);
}

std::vector<AwaitedElement> find_bringers(GstElement* element) {
  auto* top = static_cast<GstObject*>(gst_object_ref(element));
  while (GstObject* parent = gst_object_get_parent(top)) {
    gst_object_unref(top);
    top = parent;
  }
  std::vector<AwaitedElement> found;
  if (GST_IS_BIN(top)) look_into(GST_BIN(top), found);
  gst_object_unref(top);
  return found;
}

}  // namespace kvs
