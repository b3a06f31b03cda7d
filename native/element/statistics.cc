#include "statistics.h"

namespace kvs {

Statistics::~Statistics() {
  if (metrics_ != nullptr) gst_structure_free(metrics_);
}

void Statistics::begin() {
  std::lock_guard lock(mutex_);
  dropped_ = {};
}

void Statistics::add_dropped(const Loss& loss) {
  std::lock_guard lock(mutex_);
  dropped_.add(loss);
}

void Statistics::complete(GstStructure* metrics) {
  guint64 frames = 0;
  const bool counts = gst_structure_get_uint64(metrics, "dropped-frames", &frames);
  std::lock_guard lock(mutex_);
  if (counts) {
    gst_structure_set(metrics, "dropped-frames", G_TYPE_UINT64,
                      static_cast<guint64>(frames + dropped_.frames), nullptr);
  }
  if (metrics_ != nullptr) gst_structure_free(metrics_);
  metrics_ = gst_structure_copy(metrics);
}

GstStructure* Statistics::read() const {
  std::lock_guard lock(mutex_);
  GstStructure* stats =
      metrics_ ? gst_structure_copy(metrics_) : gst_structure_new_empty("kvs-metrics");
  gst_structure_set(stats, "bridge-frames-dropped", G_TYPE_UINT64,
                    static_cast<guint64>(dropped_.frames), "bridge-bytes-dropped", G_TYPE_UINT64,
                    static_cast<guint64>(dropped_.bytes), nullptr);
  return stats;
}

}  // namespace kvs
