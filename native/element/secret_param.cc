#include "secret_param.h"

#include "type_name.h"

namespace kvs {

namespace {

gint always_equal(GParamSpec*, const GValue*, const GValue*) {
  return 0;
}

void init_class(gpointer klass, gpointer) {
  auto* param = static_cast<GParamSpecClass*>(klass);
  param->values_cmp = always_equal;
  param->value_type = G_TYPE_STRING;
}

GType secret_type() {
  static const GType type = [] {
    GTypeQuery parent;
    g_type_query(G_TYPE_PARAM_STRING, &parent);
    GTypeInfo info{};
    info.class_size = static_cast<guint16>(parent.class_size);
    info.class_init = init_class;
    info.instance_size = static_cast<guint16>(parent.instance_size);
    return g_type_register_static(G_TYPE_PARAM_STRING, type_name("GstKvsSinkParamSecret").c_str(),
                                  &info, static_cast<GTypeFlags>(0));
  }();
  return type;
}

}  // namespace

GParamSpec* secret_param_spec(const char* name, const char* nick, const char* blurb,
                              const char* value, GParamFlags flags) {
  auto* param = static_cast<GParamSpec*>(g_param_spec_internal(
      secret_type(), name, nick, blurb, static_cast<GParamFlags>(flags | G_PARAM_EXPLICIT_NOTIFY)));
  auto* text = reinterpret_cast<GParamSpecString*>(param);
  g_free(text->default_value);
  text->default_value = g_strdup(value);
  return param;
}

}  // namespace kvs
