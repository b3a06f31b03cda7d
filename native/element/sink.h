// kvssink's instance: what its files share.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "../bridge/bridge.h"
#include "enums.h"
#include "pace.h"
#include "property_table.h"

GST_DEBUG_CATEGORY_EXTERN(kvs_sink_debug);

namespace kvs {

/// KVS takes no more tracks per stream.
constexpr guint kMaxTracks = 3;

/// STATUS_SUCCESS of upstream's status codes.
constexpr guint64 kStatusSuccess = 0;

enum class TrackKind { kVideo, kAudio, kOther };

/// How a pad's source delivers.
enum class SourceKind {
  /// Not asked yet.
  kUnknown,
  /// Goes on whatever happens.
  kLive,
  /// Not live by its own word, and has not run ahead of the clock.
  kPaced,
  /// As fast as it can: it is made to wait, and loses nothing by it.
  kRunsAhead,
};

/// One request pad. The pad's element_private points here; the element owns it.
struct Track {
  GstPad* pad = nullptr;
  TrackKind kind = TrackKind::kOther;

  // Under Sink::mutex.
  std::atomic<guint8> id{0};  // 0 while no stream is open, or the core does not know the track yet
  bool eos = false;
  bool started = false;      // STREAM_START came that no message was posted for
  guint32 flush_seqnum = 0;  // of the last FLUSH_START
  std::string caps_json;     // of the last CAPS event
  std::string allowed_json;  // of the peer, when the core hears of the track

  /// Stream time of the last frame that was taken.
  std::atomic<guint64> position_ns{kTimeNone};

  // Streaming thread of the pad.
  GstSegment segment;
  SourceKind source = SourceKind::kUnknown;
  Pace pace;
  bool has_stream_header = false;
  bool in_pieces = false;    // alignment=nal: a buffer is a part of an access unit
  bool in_key_unit = false;  // the last piece belonged to a key frame that goes on
  bool after_loss = false;   // what the next frame refers to may not have been handed over
  std::string stream_id;     // of the last STREAM_START

  /// The core asks for a key frame; the streaming thread sends the event with its next buffer.
  std::atomic<bool> key_unit_due{false};
  guint key_units = 0;  // asked for so far; streaming thread
};

struct PadUnref {
  void operator()(GstPad* pad) const { gst_object_unref(pad); }
};
/// A pad that stays while it is used without the mutex.
using PadRef = std::unique_ptr<GstPad, PadUnref>;

/// An element whose pads may come while it plays. Referenced.
struct AwaitedElement {
  GstElement* element;
  /// As far as could be told when it was first looked at: nothing need wait for more.
  bool has_its_pads;
};

/// What the core was asked to settle and has settled. It answers every drain, in order.
struct Drains {
  guint64 asked = 0;
  guint64 answered = 0;
  /// What had been handed over when each drain that has no answer yet was asked for.
  std::deque<guint64> marks;
  guint64 settled = 0;
};

/// Frames of this stream that are not stored, and never will be.
struct Losses {
  /// Dropped by the bridge, not on the bus yet.
  Loss pending;
  guint64 reported_us = 0;
  /// Dropped by the bridge in all.
  Loss bridge;
  /// All that the bus has heard of, by reason.
  std::map<std::string, guint64> frames_by_reason;
};

/// Upstream's stream-error, fragment-ack and stream-client-metric.
enum Signal { kStreamError, kFragmentAckSignal, kStreamClientMetric, kSignalCount };

/// The C++ part of the instance.
struct Sink {
  GstElement* element = nullptr;
  std::shared_ptr<BridgeListener> listener;

  // Under the element's object lock.
  GValue values[kPropCount] = {};
  bool content_type_given = false;
  bool codec_id_given = false;
  bool region_given = false;
  GstStructure* stats = nullptr;

  // Set at NULL→READY, read by streaming threads.
  bool clip = true;
  bool offline = false;  // streaming-type: every source is made to wait

  std::mutex mutex;
  // Under the mutex.
  std::vector<std::unique_ptr<Track>> tracks;
  std::shared_ptr<Bridge> bridge;
  bool eos_pending = false;  // a drain was asked for, whose answer posts EOS
  guint32 eos_seqnum = 0;
  guint64 eos_drain = 0;  // its number among the drains
  GstClockID eos_guard = nullptr;
  guint32 flush_seqnum = 0;
  Losses losses;
  guint key_frames = 0;  // since the last event-metadata
  bool event_due = true;
  Drains drains;
  std::vector<TrackKind> id_kinds;  // what the track ids 1 … stand for in this stream
  /// Elements that have not said no-more-pads.
  std::vector<AwaitedElement> awaited;
  bool waits_for_pads = false;  // the core does
  GstClockID linking_timer = nullptr;

  /// Frames and metadata handed to the core.
  std::atomic<guint64> handed_over{0};
  /// The core reported a fatal error: no frame is taken any more.
  std::atomic<bool> failed{false};
  /// No pad was there when the stream was to be opened.
  std::atomic<bool> opens_late{false};
  /// Held while a streaming thread opens the stream.
  std::mutex opening;
  /// Frames were dropped by the bridge that the bus has not heard of.
  std::atomic<bool> losing{false};
  /// The pipeline was asked to set its base time anew, and has not got to this element yet.
  std::atomic<bool> rebasing{false};
};

}  // namespace kvs

struct GstKvsSink {
  GstElement parent;
  kvs::Sink* sink;
};

struct GstKvsSinkClass {
  GstElementClass parent_class;
};

namespace kvs {

extern guint signals[kSignalCount];
extern GstElementClass* parent_class;

inline Sink* sink_of(gpointer element) {
  return static_cast<GstKvsSink*>(element)->sink;
}
inline Track* track_of(GstPad* pad) {
  return static_cast<Track*>(gst_pad_get_element_private(pad));
}
inline std::shared_ptr<Bridge> bridge_of(Sink* sink) {
  std::lock_guard lock(sink->mutex);
  return sink->bridge;
}

// properties.cc
void set_property(GObject* object, guint id, const GValue* value, GParamSpec* param);
void get_property(GObject* object, guint id, GValue* value, GParamSpec* param);
std::string string_property(Sink* sink, Property id);
bool boolean_property(Sink* sink, Property id);
guint uint_property(Sink* sink, Property id);
gint enum_property(Sink* sink, Property id);
/// Owned by the caller; nullptr when it is not set.
GstStructure* structure_property(Sink* sink, Property id);
guint64 stop_timeout_ms(Sink* sink);

// structures.cc
/// @returns false after posting an error about a field of a property that is no text.
bool has_sound_structures(Sink* sink);
/// @returns false after posting a warning: the property keeps its value.
bool takes_structure(Sink* sink, guint property, const GValue* value);

// config.cc
std::string open_json(Sink* sink);
std::string property_json(Sink* sink, guint id);
std::string log_level_json(Sink* sink);

// pads.cc
void install_pad_templates(GstElementClass* klass);
GstPad* request_new_pad(GstElement* element, GstPadTemplate* templ, const gchar* name,
                        const GstCaps* caps);
void release_pad(GstElement* element, GstPad* pad);
void inspect_pads(Sink* sink);
std::vector<PadRef> pads_of(Sink* sink, std::optional<TrackKind> kind = {});

TrackKind kind_of_caps(const gchar* name);

// track_ids.cc
/// Of all pads, when the stream opens. Under the mutex.
void assign_track_ids(Sink* sink);
/// How the core hears of the track. Under the mutex.
std::string track_json(const Track& track);
/// Tells the core of a track that it does not know yet; nothing without a stream.
void introduce(Sink* sink, Track& track);
/// Tells the core that a track is no more.
void take_leave(Bridge& bridge, guint8 id);

// queries.cc
gboolean pad_query(GstPad* pad, GstObject* parent, GstQuery* query);

// element_queries.cc
gboolean element_query(GstElement* element, GstQuery* query);

// events.cc
gboolean pad_event(GstPad* pad, GstObject* parent, GstEvent* event);
void finish_if_all_eos(Sink* sink);

// upstream.cc
gboolean send_event(GstElement* element, GstEvent* event);

// sink_messages.cc
void post_stream_start(Sink* sink, Track& track, GstEvent* event);
void post_tags(Sink* sink, GstEvent* event);
void post_toc(Sink* sink, GstEvent* event);
void post_carried_message(Sink* sink, GstEvent* event);
void post_new_running_time(Sink* sink);

// metadata.cc
bool handle_metadata_event(Sink* sink, GstEvent* event);
void push_fragment_metadata(Sink* sink, Bridge& bridge);
void event_before_frame(Sink* sink, Bridge& bridge, const Track& track, bool key_frame);

// chain.cc
GstFlowReturn chain(GstPad* pad, GstObject* parent, GstBuffer* buffer);
void push_gap(Sink* sink, Track& track, GstClockTime pts, GstClockTime duration);

// key_units.cc
/// The core wants a key frame of this track. Any thread.
void ask_for_key_unit(Sink* sink, guint8 track_id);
/// Asks the encoder upstream for one. Streaming thread.
void request_key_unit(Track& track);

// stream.cc
bool open_stream(Sink* sink);
void open_late_stream(Sink* sink);
void drain_stream(Sink* sink);
void close_stream(Sink* sink);
guint64 push_drain(Sink* sink, Bridge& bridge, guint64 timeout_ms);
void on_drained(Sink* sink);
void send_caps(Track& track, Bridge& bridge);

// late_pads.cc
/// The error of a kvssink that nothing is linked to, and that nothing will be linked to.
void post_unlinked(Sink* sink);
/// Listens to the elements that may bring pads, until they say that they bring no more.
void await_pads(Sink* sink);
/// The same without any pad. @returns false when no element may bring one.
bool await_first_pad(Sink* sink);
/// How long the core is to wait for pads that may come; 0 when none will.
guint pad_wait_ms(Sink* sink);
/// Tells the core, if it waits and nothing is to be waited for any more.
void tell_no_more_pads(Sink* sink);
void stop_awaiting_pads(Sink* sink);

// states.cc
GstStateChangeReturn change_state(GstElement* element, GstStateChange transition);

// eos.cc
void begin_eos(Sink* sink, guint32 seqnum);
void cancel_eos(Sink* sink);
void finish_eos(Sink* sink);

// source.cc
void look_at_source(Track& track, Bridge& bridge, GstClockTime pts, GstClockTime duration,
                    guint64 now_ns);
void forget_source(Track& track);
WhenFull when_full(const Sink& sink, const Track& track);

// losses.cc
void report_loss(Sink* sink, Bridge& bridge, bool at_once);
void count_reported_loss(Sink* sink, const GstStructure* structure);
void post_undelivered(Sink* sink, const std::string& text);
void report_all_losses(Sink* sink);

// listener.cc
std::shared_ptr<BridgeListener> make_listener(GstElement* element);

// signals.cc
void install_signals(GObjectClass* klass);
void emit_fragment_ack(GstElement* element, const GstStructure* ack);
void emit_metrics(GstElement* element, const GstStructure* metrics);

}  // namespace kvs
