// The tracks of an element: which pads there are, what each of them is in the stream, and how far.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "track.h"

namespace kvs {

/// KVS takes no more tracks per stream.
constexpr guint kMaxTracks = 3;

struct PadUnref {
  void operator()(GstPad* pad) const { gst_object_unref(pad); }
};
/// A pad that stays while it is used without a lock.
using PadRef = std::unique_ptr<GstPad, PadUnref>;

/// Any thread. Nothing that may come back to the element (queries, events, signals) goes out with
/// the lock held; messages to the bridge do, which never wait.
class Tracks {
 public:
  // Pads.
  bool is_full() const;
  bool is_empty() const;
  /// Makes a pad whose name is the lowest of its kind that is free.
  Track& add(GstPadTemplate* pad_template);
  std::unique_ptr<Track> remove(GstPad* pad);
  /// Of all tracks, or of those of one kind.
  std::vector<PadRef> pads(std::optional<TrackKind> kind = {}) const;

  // What they carry.
  void set_peer(GstPad* pad, std::optional<TrackKind> kind, std::string allowed_json);
  /// The caps that the pad has now.
  void set_caps(Track& track, const GstStructure* caps);
  void send_caps(const Track& track, Bridge& bridge) const;

  // Which tracks of the stream they are.
  /// Numbers all, for a stream that is about to be opened.
  void assign_ids();
  /// How the core hears of all that have a number.
  std::string json() const;
  /// A stream has begun, which is told the caps that are known already.
  void begin(Bridge& bridge);
  /// No stream any more.
  void end();
  /// Tells the core of a track that it does not know yet.
  void introduce(Track& track, Bridge& bridge);

  // How far they are.
  /// @returns false when it was at its end before
  bool reach_eos(Track& track);
  /// @returns whether it was at its end
  bool revive(Track& track);
  /// The track's id, unless it is at its end.
  std::optional<guint8> id_if_going_on(GstPad* pad) const;
  /// At least one is at its end, and no other one that is linked goes on.
  bool are_all_at_eos() const;
  /// A pipeline waits for one STREAM_START of each sink: @returns whether this completes it.
  bool have_all_started(Track& track);
  void keep_flush(Track& track, guint32 seqnum);
  bool was_flushed(GstPad* pad, guint32 seqnum) const;
  /// Stream time of the track that is furthest; -1 before the first frame.
  gint64 position_ns() const;
  void want_key_unit(guint8 track_id);

 private:
  struct Entry {
    std::unique_ptr<Track> track;
    TrackKind kind = TrackKind::kOther;
    bool eos = false;
    bool started = false;      // STREAM_START came that no message was posted for
    guint32 flush_seqnum = 0;  // of the last FLUSH_START
    std::string caps_json;     // of the last CAPS event
    std::string allowed_json;  // of the peer, when the core hears of the track
  };

  // With the lock held.
  Entry* find(const GstPad* pad);
  const Entry* find(const GstPad* pad) const;
  std::string free_name(TrackKind kind) const;
  void assign(Entry& entry, guint8 id);
  guint8 free_id(TrackKind kind) const;

  mutable std::mutex mutex_;  // of what follows
  std::vector<Entry> entries_;
  std::vector<TrackKind> id_kinds_;  // what the track ids 1 … stand for in this stream
};

/// Tells the core that a track is no more.
void take_leave(Bridge& bridge, guint8 id);

}  // namespace kvs
