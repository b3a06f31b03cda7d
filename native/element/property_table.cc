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
             "Name of the Kinesis Video Streams stream (1 to 256 of a-z, A-Z, 0-9, _, . and -). It "
             "is created if it does not exist and allow-create-stream is true"),
    text_row(kStreamArn, "stream-arn", nullptr, "Stream ARN",
             "ARN of an existing stream, used instead of stream-name"),
    text_row(kAwsRegion, "aws-region", "us-west-2", "AWS Region",
             "AWS region of the stream. AWS_DEFAULT_REGION in the environment takes precedence. If "
             "unset: AWS_REGION, the profile's region, the instance's region, then the default"),
    text_row(kEndpoint, "endpoint", nullptr, "Endpoint",
             "URL of the control plane, e.g. http://127.0.0.1:8080, instead of the region's "
             "endpoint. Takes precedence over CONTROL_PLANE_URI in the environment"),
    secret_row(kAccessKey, "access-key", "access_key", "Access Key",
               "AWS access key ID. If unset (the default value): AWS_ACCESS_KEY_ID in the "
               "environment, then credential-path, then AWS's default chain"),
    secret_row(kSecretKey, "secret-key", "secret_key", "Secret Key",
               "AWS secret access key that belongs to access-key"),
    secret_row(kSessionToken, "session-token", "session_token", "Session token",
               "AWS session token of temporary credentials. If unset (the default value): "
               "AWS_SESSION_TOKEN in the environment"),
    text_row(kCredentialPath, "credential-path", ".kvs/credential", "Credential File Path",
             "File with one line \"CREDENTIALS accessKey secretKey\" or \"CREDENTIALS accessKey "
             "2026-01-31T12:00:00Z secretKey sessionToken\". It is read again before the "
             "credentials expire"),
    structure_row(kIotCertificate, "iot-certificate", "Iot Certificate",
                  "AWS IoT certificate to get credentials with, instead of any others: "
                  "\"iot-certificate,endpoint=HOST,cert-path=FILE,key-path=FILE,ca-path=FILE,role-"
                  "aliases=ALIAS\", optionally iot-thing-name, connection-timeout and "
                  "completion-timeout (in seconds)"),
    text_row(kIotThingName, "iot-thing-name", nullptr, "IoT thing name",
             "Name of the IoT thing if it differs from the stream's name. A name in "
             "iot-certificate takes precedence"),
    text_row(kCaFile, "ca-file", nullptr, "CA file",
             "PEM file, or folder of PEM files, with certificate authorities to trust in addition "
             "to the system's. Takes precedence over KVSSINK_CA_CERT_PATH in the environment"),
    flag_row(kAllowInsecureHttp, "allow-insecure-http", false, "Allow insecure HTTP",
             "Allow http:// to hosts other than this machine. Video and session tokens can then be "
             "read in transit"),
    uint_row(kRotationPeriod, "rotation-period", 3600, "Rotation Period",
             "Maximum time in seconds between two fetches of credentials (at most 2400). "
             "Credentials are also renewed before they expire"),
    text_row(kUserAgent, "user-agent", "AWS-SDK-KVS-CPP-CLIENT", "Custom user agent name",
             "Beginning of the User-Agent header, at most 32 characters"),
    flag_row(kAllowCreateStream, "allow-create-stream", true,
             "Allow creating stream if stream does not exist",
             "Create the stream if it does not exist. If false, a missing stream is an error"),
    uint_row(kRetentionPeriod, "retention-period", 2, "Retention Period",
             "How many hours the service keeps the media of a stream created by this element (0 = "
             "not kept)"),
    text_row(kKmsKeyId, "kms-key-id", nullptr, "KMS key",
             "ID, alias or ARN of the KMS key that encrypts a stream created by this element. If "
             "unset: the key of Kinesis Video Streams"),
    structure_row(
        kStreamTags, "stream-tags", "Stream Tags",
        "Tags of the stream, at most 50: \"tags,key1=(string)value1,key2=(string)value2\". The "
        "structure's name is ignored"),
    text_row(kContentType, "content-type", "video/h264", "Content Type",
             "Content type of the stream. If unset, it is derived from the caps, e.g. "
             "video/h264,audio/aac. Together with codec-id, it allows any caps"),
    text_row(kCodecId, "codec-id", "V_MPEG4/ISO/AVC", "Codec ID",
             "Matroska codec ID of the first track, for codecs that are not known from their caps"),
    text_row(kTrackName, "track-name", "kinesis_video", "Track name",
             "Matroska name of the video track, at most 32 bytes. An audio track is called audio"),
    uint_row(kPadWaitTime, "pad-wait-time", 2000, "Pad wait time",
             "How long in milliseconds the first frame waits for more pads while other elements "
             "may still add some, i.e. until they signal no-more-pads (0 = do not wait). A pad "
             "that comes later joins with the next fragment"),
    enum_row(kStreamingType, "streaming-type", streaming_type_type, 0, "Streaming Type",
             "realtime never blocks a live source, and drops the oldest media when the buffer is "
             "full; near-realtime does the same with a buffer of buffer-duration / "
             "fragment-duration fragments; offline blocks the pipeline and drops nothing"),
    uint_row(kFramerate, "framerate", 25, "Framerate",
             "Expected frames per second, used for frames without timestamps if neither caps nor "
             "durations give a rate (0 = default)"),
    uint_row(kAvgBandwidthBps, "avg-bandwidth-bps", 4194304, "Average bandwidth bps",
             "Expected bandwidth in bits per second, the initial transfer rate in the metrics"),
    flag_row(kKeyFrameFragmentation, "key-frame-fragmentation", true, "Do key frame fragmentation",
             "Start a fragment at each key frame. If false, at the first key frame after "
             "fragment-duration. A stream of audio only is always cut at fragment-duration"),
    uint_row(kFragmentDuration, "fragment-duration", 2000, "Fragment Duration",
             "Minimum duration of a fragment in milliseconds without key-frame-fragmentation, 1000 "
             "to 30000"),
    uint_row(kTimecodeScale, "timecode-scale", 1, "Timecode Scale",
             "Resolution of timestamps in the stream in milliseconds, 1 to 1000 (0 = default)"),
    flag_row(kFrameTimecodes, "frame-timecodes", true, "Do frame timecodes",
             "Send the timestamps of the buffers. If false, the time at which each buffer arrives"),
    flag_row(kAbsoluteFragmentTimes, "absolute-fragment-times", true, "Use absolute fragment time",
             "Fragments carry time since the epoch. If false, time since the start of the stream"),
    flag_row(kCorrectClock, "correct-clock", true, "Correct Clock",
             "If fragments carry this machine's time and it turns out to be wrong by more than 5 "
             "s, correct the fragments that were not sent yet and all that follow. If false, only "
             "report the error"),
    enum_row(kFrameTimestamp, "frame-timestamp", frame_timestamp_type, 2, "Frame timestamp",
             "Which timestamp of a buffer to use: pts-only, dts-only, or both, with one standing "
             "in for the other if it is missing"),
    flag_row(kUseOriginalPts, "use-original-pts", false, "Use Original PTS",
             "The decoding timestamps of the buffers are nanoseconds since the epoch, and are sent "
             "unchanged",
             true),
    {kFileStartTime, "file-start-time", Kind::kUint64, nullptr, 0, nullptr, false,
     "File Start Time",
     "Epoch time in seconds of the first frame if streaming-type is offline (0 = the media's own "
     "timestamps are epoch time). Initially the time at which the element was created"},
    flag_row(kDisableBufferClipping, "disable-buffer-clipping", false, "Disable Buffer Clipping",
             "Send the buffers' own timestamps instead of running time, and keep buffers outside "
             "their segment. Use only for sources whose segments are wrong"),
    structure_row(kFragmentMetadata, "fragment-metadata", "Fragment metadata",
                  "Tags for every fragment, at most 10: \"metadata,key1=(string)value1\". To send "
                  "single tags while playing, use the kvs-add-metadata event",
                  true),
    structure_row(kEventMetadata, "event-metadata", "Event metadata",
                  "Event to raise with fragments: \"image-generation\", \"notification\" or "
                  "\"both\", then optionally every=(uint)N (every Nth fragment, default 1), "
                  "image-prefix=(string)S3PREFIX and further key=(string)value pairs. To raise "
                  "single events while playing, use the kvs-add-event event",
                  true),
    flag_row(kFragmentAcks, "fragment-acks", true, "Do fragment acks",
             "Ask the service to acknowledge each fragment. If false, media is forgotten once it "
             "is sent"),
    flag_row(kRestartOnError, "restart-on-error", true, "Do restart on error",
             "Reconnect after an error and resend what was not acknowledged. If false, an error of "
             "a connection ends the stream"),
    uint_row(kStorageSize, "storage-size", 128, "Storage Size",
             "Memory in MiB for media that the service has not acknowledged yet, 1 to 10240"),
    uint_row(kBufferDuration, "buffer-duration", 120, "Buffer duration",
             "How many seconds of media are kept until they are acknowledged (0 = 20)"),
    enum_row(kDropPolicy, "drop-policy", drop_policy_type, 0, "Drop policy",
             "What to drop when the buffer of a live stream is full. near-realtime always drops "
             "whole fragments"),
    uint_row(kReplayDuration, "replay-duration", 40, "Replay duration",
             "How many seconds of sent media to resend after an error, at most"),
    text_row(
        kSpoolDirectory, "spool-directory", nullptr, "Spool directory",
        "Folder for fragments that do not fit in memory. They are sent later, if necessary after "
        "the next start. Each stream has a folder of its own in it. If unset, nothing is spooled"),
    uint_row(kSpoolSize, "spool-size", 1024, "Spool size",
             "Maximum disk space in MiB for the spool. The oldest fragments are dropped first"),
    uint_row(kSpoolDuration, "spool-duration", 0, "Spool duration",
             "Maximum seconds of media in the spool (0 = limited only by spool-size)"),
    enum_row(kSpoolPolicy, "spool-policy", spool_policy_type, 0, "Spool policy",
             "What to send first when the service is available again"),
    uint_row(kSpoolBandwidth, "spool-bandwidth", 0, "Spool bandwidth",
             "Maximum bits per second for media that is sent from the spool (0 = unlimited)"),
    enum_row(kSpoolSync, "spool-sync", spool_sync_type, 0, "Spool sync",
             "When data that was written to the spool is safe from a loss of power"),
    text_row(kSpoolKeyFile, "spool-key-file", nullptr, "Spool key file",
             "File with 32 bytes, or 64 hexadecimal digits, as the key to encrypt the spool with "
             "(AES-256-GCM). If unset, it is not encrypted"),
    uint_row(kMaxLatency, "max-latency", 60, "Max Latency",
             "Backlog in seconds above which kvs-pressure messages are posted (0 = never)"),
    uint_row(kConnectionStaleness, "connection-staleness", 60, "Connection staleness",
             "Seconds without an acknowledgement after which the connection is considered stale "
             "and replaced (0 = never)"),
    uint_row(kConnectionTimeout, "connection-timeout", 5, "Service call connection timeout",
             "Maximum time in seconds to connect to the service, at most completion-timeout (0 = "
             "default)"),
    uint_row(kCompletionTimeout, "completion-timeout", 10, "Service call completion timeout",
             "Maximum time in seconds for a control-plane call (0 = default)"),
    uint_row(kStopStreamTimeout, "stop-stream-timeout", kDefaultStopStreamTimeoutS,
             "Stop stream timeout",
             "Maximum time in seconds to wait at the end (EOS, or a stop without it) until the "
             "service has acknowledged the rest (0 = default)",
             true),
    enum_row(
        kOnLoss, "on-loss", on_loss_type, static_cast<guint>(OnLoss::kError), "On loss",
        "What to post at the end (EOS, or a stop without it) if accepted frames were not stored, "
        "because they were not acknowledged within stop-stream-timeout or were dropped before"),
    uint_row(
        kSendInterval, "send-interval", 45, "Send interval",
        "How many milliseconds a frame of a live source may wait for the next ones, to be sent "
        "with them. Key frames are sent at once (0 = all are)"),
    uint_row(
        kHostTimeout, "host-timeout", 5, "Host timeout",
        "How many seconds the producer's process may give no sign of life before it is killed and "
        "replaced (0 = unlimited). If elements share the process, the longest time applies"),
    flag_row(kRecalculateMetrics, "recalculate-metrics", true, "Do recalculate metrics",
             "Measure frame rate and transfer rate while streaming"),
    flag_row(kGetKvsMetrics, "get-kvs-metrics", false,
             "Get client and stream level metrics on every key frame",
             "Emit stream-client-metric on the first frame and on every key frame", true),
    uint_row(kMetricsInterval, "metrics-interval", 1000, "Metrics interval",
             "Interval in milliseconds at which a kvs-metrics message is posted and stats is "
             "updated (0 = never)",
             true),
    text_row(kLogConfig, "log-config", "../kvs_log_configuration", "Log Configuration",
             "log4cplus properties file, of which the root level and the first file appender are "
             "used. A missing file is not an error"),
    enum_row(kLogLevel, "log-level", log_level_type, 0, "Log level",
             "What the producer sends to GStreamer's debug log, category kvssink. auto follows "
             "GST_DEBUG",
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
      g_param_spec_boxed(
          "stats", "Statistics",
          "Latest kvs-metrics of the producer, with bridge-frames-dropped and "
          "bridge-bytes-dropped: frames dropped because the queue to the producer was full",
          GST_TYPE_STRUCTURE, static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
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
