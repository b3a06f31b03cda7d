#include "bringers.h"

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

}  // namespace

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
