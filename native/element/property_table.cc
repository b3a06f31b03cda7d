#include "property_table.h"

#include "enums.h"
#include "secret_param.h"

namespace kvs {

namespace {

enum class Kind { kString, kSecret, kBoolean, kUint, kUint64, kEnum, kStructure };

/// One property. `number` is the default of booleans, numbers and enums.
struct Row {
  Property id;
  const char* name;
  Kind kind;
  const char* text;
  guint64 number;
  GType (*enum_type)();
  /// May be set while playing, with effect at once.
  bool live;
  const char* nick;
  const char* blurb;
};

constexpr Row text_row(Property id, const char* name, const char* value, const char* nick,
                       const char* blurb) {
  return {id, name, Kind::kString, value, 0, nullptr, false, nick, blurb};
}
constexpr Row secret_row(Property id, const char* name, const char* value, const char* nick,
                         const char* blurb) {
  return {id, name, Kind::kSecret, value, 0, nullptr, false, nick, blurb};
}
constexpr Row flag_row(Property id, const char* name, bool value, const char* nick,
                       const char* blurb, bool live = false) {
  return {id, name, Kind::kBoolean, nullptr, value, nullptr, live, nick, blurb};
}
constexpr Row uint_row(Property id, const char* name, guint value, const char* nick,
                       const char* blurb, bool live = false) {
  return {id, name, Kind::kUint, nullptr, value, nullptr, live, nick, blurb};
}
constexpr Row enum_row(Property id, const char* name, GType (*type)(), guint value,
                       const char* nick, const char* blurb, bool live = false) {
  return {id, name, Kind::kEnum, nullptr, value, type, live, nick, blurb};
}
constexpr Row structure_row(Property id, const char* name, const char* nick, const char* blurb,
                            bool live = false) {
  return {id, name, Kind::kStructure, nullptr, 0, nullptr, live, nick, blurb};
}

// Names, types, defaults and nicks of what upstream has are upstream's (3.6.0), so that command
// lines and applications need no change.
const Row kRows[] = {
    text_row(kStreamName, "stream-name", "DEFAULT_STREAM", "Stream Name",
             "Name of the stream in Kinesis Video Streams, 1 to 256 characters of a-z, A-Z, 0-9, "
             "_, . and -. It is made if it does not exist and allow-create-stream is true"),
    text_row(kStreamArn, "stream-arn", nullptr, "Stream ARN",
             "ARN of the stream, in place of stream-name; the stream must exist"),
    text_row(kAwsRegion, "aws-region", "us-west-2", "AWS Region",
             "AWS region of the stream. The environment's AWS_DEFAULT_REGION wins over it. Unset: "
             "AWS_REGION, the profile's, the instance's, then the default"),
    text_row(kEndpoint, "endpoint", nullptr, "Endpoint",
             "URL of the control plane instead of AWS's own for the region, e.g. "
             "http://127.0.0.1:8080. Wins over the environment's CONTROL_PLANE_URI"),
    secret_row(kAccessKey, "access-key", "access_key", "Access Key",
               "AWS access key id. Unset (the default text): AWS_ACCESS_KEY_ID of the environment, "
               "then credential-path, then AWS's default chain"),
    secret_row(kSecretKey, "secret-key", "secret_key", "Secret Key",
               "AWS secret access key; belongs to access-key"),
    secret_row(kSessionToken, "session-token", "session_token", "Session token",
               "AWS session token of temporary credentials. Unset (the default text): "
               "AWS_SESSION_TOKEN of the environment"),
    text_row(kCredentialPath, "credential-path", ".kvs/credential", "Credential File Path",
             "File with one line \"CREDENTIALS accessKey secretKey\" or \"CREDENTIALS accessKey "
             "2026-01-31T12:00:00Z secretKey sessionToken\"; it is read again before it expires"),
    structure_row(kIotCertificate, "iot-certificate", "Iot Certificate",
                  "Credentials by an AWS IoT certificate, instead of any others: "
                  "\"iot-certificate,endpoint=HOST,cert-path=FILE,key-path=FILE,ca-path=FILE,"
                  "role-aliases=ALIAS\", optionally iot-thing-name, connection-timeout and "
                  "completion-timeout (seconds)"),
    text_row(kIotThingName, "iot-thing-name", nullptr, "IoT thing name",
             "Name of the IoT thing, if it is not the stream's name; a name inside iot-certificate "
             "wins"),
    text_row(kCaFile, "ca-file", nullptr, "CA file",
             "PEM file or folder of the certificate authorities to trust instead of the system's. "
             "Wins over the environment's KVSSINK_CA_CERT_PATH"),
    flag_row(kAllowInsecureHttp, "allow-insecure-http", false, "Allow insecure HTTP",
             "Allow http:// to hosts other than this machine. Video and credentials' signatures "
             "are then readable on the way"),
    uint_row(kRotationPeriod, "rotation-period", 3600, "Rotation Period",
             "Longest time between two fetches of credentials that can change (at most 2400); they "
             "are renewed before they expire in any case. Unit: seconds"),
    text_row(kUserAgent, "user-agent", "AWS-SDK-KVS-CPP-CLIENT", "Custom user agent name",
             "Beginning of the User-Agent header, at most 32 characters"),
    flag_row(kAllowCreateStream, "allow-create-stream", true,
             "Allow creating stream if stream does not exist",
             "Make the stream if it does not exist; false: its absence is an error"),
    uint_row(kRetentionPeriod, "retention-period", 2, "Retention Period",
             "How long the service keeps data, for a stream that is made by this element; 0 keeps "
             "nothing. Unit: hours"),
    text_row(kKmsKeyId, "kms-key-id", nullptr, "KMS key",
             "Id, alias or ARN of the KMS key that encrypts a stream that is made by this element; "
             "unset: KVS's own key"),
    structure_row(kStreamTags, "stream-tags", "Stream Tags",
                  "Tags of the stream: \"tags,key1=(string)value1,key2=(string)value2\", at most "
                  "50; the name in front does not matter"),
    text_row(kContentType, "content-type", "video/h264", "Content Type",
             "Content type of the stream. Unset at first: it follows from the caps, e.g. "
             "video/h264,audio/aac. Together with codec-id it allows any caps"),
    text_row(kCodecId, "codec-id", "V_MPEG4/ISO/AVC", "Codec ID",
             "Matroska codec id of the first track, for codecs whose caps do not tell it"),
    text_row(kTrackName, "track-name", "kinesis_video", "Track name",
             "Matroska name of the video track, at most 32 characters. An audio track is called "
             "audio"),
    uint_row(kPadWaitTime, "pad-wait-time", 2000, "Pad wait time",
             "How long the first frame waits for further pads, while elements beside it may still "
             "bring some (rtspsrc, demuxers, until they say no-more-pads); 0 never. A pad that "
             "comes later joins with the next fragment. Unit: milliseconds"),
    enum_row(
        kStreamingType, "streaming-type", streaming_type_type, 0, "Streaming Type",
        "realtime never blocks the pipeline and drops the oldest data when it must; near-realtime "
        "does "
        "the same, and holds at most buffer-duration / fragment-duration whole fragments; offline "
        "blocks the pipeline and drops nothing"),
    uint_row(kFramerate, "framerate", 25, "Framerate",
             "Expected frames per second, for frames without times where neither the caps nor "
             "durations tell it; 0 means 25"),
    uint_row(kAvgBandwidthBps, "avg-bandwidth-bps", 4194304, "Average bandwidth bps",
             "Expected bandwidth, advisory. Unit: bits per second"),
    flag_row(kKeyFrameFragmentation, "key-frame-fragmentation", true, "Do key frame fragmentation",
             "Start a fragment at each key frame; false: at the first key frame after "
             "fragment-duration. Audio alone always goes by fragment-duration"),
    uint_row(kFragmentDuration, "fragment-duration", 2000, "Fragment Duration",
             "Least duration of a fragment without key-frame-fragmentation, 1000 to 30000. Unit: "
             "milliseconds"),
    uint_row(kTimecodeScale, "timecode-scale", 1, "Timecode Scale",
             "Resolution of timestamps in the stream, 1 to 1000. Unit: milliseconds"),
    flag_row(kFrameTimecodes, "frame-timecodes", true, "Do frame timecodes",
             "Send the buffers' timestamps; false: the time at which each buffer arrives"),
    flag_row(kAbsoluteFragmentTimes, "absolute-fragment-times", true, "Use absolute fragment time",
             "Fragments carry time since the epoch; false: time since the start of the stream"),
    flag_row(
        kCorrectClock, "correct-clock", true, "Correct Clock",
        "Where fragments carry this machine's time and that turns out to be wrong by more than "
        "5 s (the service's Date, or the clock is set), those not sent yet and all that follow "
        "get the right time; false: it is only told"),
    enum_row(kFrameTimestamp, "frame-timestamp", frame_timestamp_type, 2, "Frame timestamp",
             "Which timestamp of a buffer counts: pts-only, dts-only, or both with one standing in "
             "for the other where it is missing"),
    flag_row(kUseOriginalPts, "use-original-pts", false, "Use Original PTS",
             "The buffers' own decoding timestamps are nanoseconds since the epoch and are sent as "
             "they are",
             true),
    {kFileStartTime, "file-start-time", Kind::kUint64, nullptr, 0, nullptr, false,
     "File Start Time",
     "Epoch time of the first frame when streaming-type is offline; 0: the media's own timestamps "
     "are epoch time. At first the time when the element was made. Unit: seconds"},
    flag_row(kDisableBufferClipping, "disable-buffer-clipping", false, "Disable Buffer Clipping",
             "Send the buffers' own timestamps instead of running time, and keep buffers outside "
             "their segment; only for sources whose segments are wrong"),
    structure_row(kFragmentMetadata, "fragment-metadata", "Fragment metadata",
                  "Tags put on every fragment: \"metadata,key1=(string)value1\", at most 10 per "
                  "fragment. Single tags while playing: the kvs-add-metadata event",
                  true),
    structure_row(kEventMetadata, "event-metadata", "Event metadata",
                  "Raise an event with fragments: \"image-generation\", \"notification\" or "
                  "\"both\", then optionally every=(uint)N (each Nth fragment, default 1), "
                  "image-prefix=(string)S3PREFIX and own key=(string)value pairs. Single events "
                  "while playing: the kvs-add-event event",
                  true),
    flag_row(kFragmentAcks, "fragment-acks", true, "Do fragment acks",
             "Ask the service to acknowledge each fragment; without it data is gone once sent"),
    flag_row(kRestartOnError, "restart-on-error", true, "Do restart on error",
             "Connect again and send what was not acknowledged after an error"),
    uint_row(kStorageSize, "storage-size", 128, "Storage Size",
             "Memory for data that the service has not acknowledged yet, 1 to 10240. Unit: MiB"),
    uint_row(kBufferDuration, "buffer-duration", 120, "Buffer duration",
             "How much of the stream is kept until it is acknowledged; 0 means 20. Unit: seconds"),
    enum_row(kDropPolicy, "drop-policy", drop_policy_type, 0, "Drop policy",
             "What leaves the full buffer of a live stream when the connection takes less than "
             "comes; not in near-realtime, where whole fragments go"),
    uint_row(kReplayDuration, "replay-duration", 40, "Replay duration",
             "How far back sending starts again after an error, at most. Unit: seconds"),
    text_row(kSpoolDirectory, "spool-directory", nullptr, "Spool directory",
             "Folder for fragments that memory has no room for, which are sent later, also by the "
             "next start. Each stream has a folder of its own in it. Unset: none"),
    uint_row(kSpoolSize, "spool-size", 1024, "Spool size",
             "What the spool takes of the disk at most; the oldest fragments leave first. Unit: "
             "MiB"),
    uint_row(kSpoolDuration, "spool-duration", 0, "Spool duration",
             "How much of the stream the spool keeps at most; 0: no limit but its size. Unit: "
             "seconds"),
    enum_row(kSpoolPolicy, "spool-policy", spool_policy_type, 0, "Spool policy",
             "What is sent first when the service is there again"),
    uint_row(kSpoolBandwidth, "spool-bandwidth", 0, "Spool bandwidth",
             "For what is sent from the spool, at most; 0: no limit. Unit: bits per second"),
    enum_row(kSpoolSync, "spool-sync", spool_sync_type, 0, "Spool sync",
             "When what the spool has written outlives a loss of power"),
    text_row(kSpoolKeyFile, "spool-key-file", nullptr, "Spool key file",
             "File with 32 bytes, or 64 hexadecimal digits, that the spool is encrypted with "
             "(AES-256-GCM). Unset: it is not encrypted"),
    uint_row(kMaxLatency, "max-latency", 60, "Max Latency",
             "Backlog after which a kvs-pressure message is posted; 0 never. Unit: seconds"),
    uint_row(kConnectionStaleness, "connection-staleness", 60, "Connection staleness",
             "Time without an acknowledgement after which the connection counts as stale; 0 never. "
             "Unit: seconds"),
    uint_row(kConnectionTimeout, "connection-timeout", 5, "Service call connection timeout",
             "Time for a connection to the service, at most completion-timeout; 0 means 5. Unit: "
             "seconds"),
    uint_row(kCompletionTimeout, "completion-timeout", 10, "Service call completion timeout",
             "Time for a call of the control plane; 0 means 10. Unit: seconds"),
    uint_row(kStopStreamTimeout, "stop-stream-timeout", kDefaultStopStreamTimeoutS,
             "Stop stream timeout",
             "Longest wait at the end (EOS, or stopping without it) for the service to acknowledge "
             "the rest; 0 means 120. Unit: seconds",
             true),
    enum_row(kOnLoss, "on-loss", on_loss_type, static_cast<guint>(OnLoss::kError), "On loss",
             "What is posted at the end (EOS, or stopping without it) when frames were taken and "
             "are not stored: not acknowledged within stop-stream-timeout, or dropped before"),
    uint_row(kHostTimeout, "host-timeout", 5, "Host timeout",
             "How long the producer's process may be without a sign of life before it is killed "
             "and replaced; 0 never. Elements that share it: the longest. Unit: seconds"),
    flag_row(kRecalculateMetrics, "recalculate-metrics", true, "Do recalculate metrics",
             "Measure frame rate and transfer rate while streaming"),
    flag_row(kGetKvsMetrics, "get-kvs-metrics", false,
             "Get client and stream level metrics on every key frame",
             "Emit stream-client-metric on the first frame and on every key frame", true),
    uint_row(kMetricsInterval, "metrics-interval", 1000, "Metrics interval",
             "How often a kvs-metrics message is posted and stats is renewed; 0 never. Unit: "
             "milliseconds",
             true),
    text_row(kLogConfig, "log-config", "../kvs_log_configuration", "Log Configuration",
             "log4cplus properties file: its root level and file appender are honoured. A missing "
             "file is no error"),
    enum_row(kLogLevel, "log-level", log_level_type, 0, "Log level",
             "How much the producer tells GStreamer's debug log, category kvssink; auto: as much "
             "as GST_DEBUG asks for",
             true),
};

constexpr auto kReadWrite = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);

GParamSpec* make_param(const Row& row) {
  const auto flags = static_cast<GParamFlags>(
      kReadWrite | (row.live ? GST_PARAM_MUTABLE_PLAYING : GST_PARAM_MUTABLE_READY));
  switch (row.kind) {
    case Kind::kString:
      return g_param_spec_string(row.name, row.nick, row.blurb, row.text, flags);
    case Kind::kSecret:
      return secret_param_spec(row.name, row.nick, row.blurb, row.text, flags);
    case Kind::kBoolean:
      return g_param_spec_boolean(row.name, row.nick, row.blurb, row.number != 0, flags);
    case Kind::kUint:
      return g_param_spec_uint(row.name, row.nick, row.blurb, 0, G_MAXUINT,
                               static_cast<guint>(row.number), flags);
    case Kind::kUint64:
      return g_param_spec_uint64(row.name, row.nick, row.blurb, 0, G_MAXUINT64, row.number, flags);
    case Kind::kEnum:
      return g_param_spec_enum(row.name, row.nick, row.blurb, row.enum_type(),
                               static_cast<gint>(row.number), flags);
    case Kind::kStructure:
      return g_param_spec_boxed(row.name, row.nick, row.blurb, GST_TYPE_STRUCTURE, flags);
  }
  return nullptr;
}

const Row* find_row(guint id) {
  for (const Row& row : kRows) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

}  // namespace

void install_properties(GObjectClass* klass) {
  for (const Row& row : kRows) g_object_class_install_property(klass, row.id, make_param(row));
  g_object_class_install_property(
      klass, kStats,
      g_param_spec_boxed("stats", "Statistics",
                         "Latest kvs-metrics of the producer, with bridge-frames-dropped and "
                         "bridge-bytes-dropped: frames that found the way to the producer full",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

void init_property_values(GObjectClass* klass, GValue values[kPropCount]) {
  for (const Row& row : kRows) {
    GParamSpec* param = g_object_class_find_property(klass, row.name);
    values[row.id] = G_VALUE_INIT;
    g_value_init(&values[row.id], G_PARAM_SPEC_VALUE_TYPE(param));
    g_param_value_set_default(param, &values[row.id]);
  }
  g_value_set_static_string(&values[kUserAgent], "AWS-SDK-KVS-CPP-CLIENT/3.6.0");
  g_value_set_string(&values[kContentType], nullptr);
  g_value_set_uint64(&values[kFileStartTime],
                     static_cast<guint64>(g_get_real_time() / G_USEC_PER_SEC));
}

bool is_live_property(guint id) {
  const Row* row = find_row(id);
  return row != nullptr && row->live;
}

const char* property_name(guint id) {
  const Row* row = find_row(id);
  return row == nullptr ? "" : row->name;
}

bool is_secret_property(guint id) {
  const Row* row = find_row(id);
  return row != nullptr && row->kind == Kind::kSecret;
}

}  // namespace kvs
