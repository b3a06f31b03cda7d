// All properties of kvssink as one table.
#pragma once

#include <gst/gst.h>

namespace kvs {

/// Ids of the properties, in the order of the table.
enum Property : guint {
  kPropNone,
  kStreamName,
  kStreamArn,
  kAwsRegion,
  kEndpoint,
  kAccessKey,
  kSecretKey,
  kSessionToken,
  kCredentialPath,
  kIotCertificate,
  kIotThingName,
  kCaFile,
  kAllowInsecureHttp,
  kRotationPeriod,
  kUserAgent,
  kAllowCreateStream,
  kRetentionPeriod,
  kKmsKeyId,
  kStreamTags,
  kContentType,
  kCodecId,
  kTrackName,
  kPadWaitTime,
  kStreamingType,
  kFramerate,
  kAvgBandwidthBps,
  kKeyFrameFragmentation,
  kFragmentDuration,
  kTimecodeScale,
  kFrameTimecodes,
  kAbsoluteFragmentTimes,
  kCorrectClock,
  kFrameTimestamp,
  kUseOriginalPts,
  kFileStartTime,
  kDisableBufferClipping,
  kFragmentMetadata,
  kEventMetadata,
  kFragmentAcks,
  kRestartOnError,
  kStorageSize,
  kBufferDuration,
  kDropPolicy,
  kReplayDuration,
  kSpoolDirectory,
  kSpoolSize,
  kSpoolDuration,
  kSpoolPolicy,
  kSpoolBandwidth,
  kSpoolSync,
  kSpoolKeyFile,
  kMaxLatency,
  kConnectionStaleness,
  kConnectionTimeout,
  kCompletionTimeout,
  kStopStreamTimeout,
  kOnLoss,
  kSendInterval,
  kHostTimeout,
  kRecalculateMetrics,
  kGetKvsMetrics,
  kMetricsInterval,
  kLogConfig,
  kLogLevel,
  kStats,
  kPropCount,
};

/// streaming-type, with upstream's numbers.
enum class StreamingType : gint { kRealtime = 0, kNearRealtime = 1, kOffline = 2 };

/// stop-stream-timeout unless it is set; 0 stands for it too.
inline constexpr guint kDefaultStopStreamTimeoutS = 120;

/// What 0 stands for in buffer-duration.
inline constexpr guint kZeroBufferDurationS = 20;

/// Installs every property on the class.
void install_properties(GObjectClass* klass);

/// Sets each value to what a new element has (not always the default that the table shows:
/// upstream's user-agent, content-type and file-start-time differ too).
void init_property_values(GObjectClass* klass, GValue values[kPropCount]);

/// May be changed while playing; the core is told.
bool is_live_property(guint id);

/// E.g. "stream-name".
const char* property_name(guint id);

/// A secret must not be printed anywhere.
bool is_secret_property(guint id);

}  // namespace kvs
