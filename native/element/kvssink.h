/*
 * What an application written in C or C++ needs to read the pointers that kvssink's signals carry.
 * Field order and types are those of Amazon's Kinesis Video Streams producer SDK 3.6.0, so code
 * written against its headers reads the same memory.
 *
 *   fragment-ack          (GstElement*, KvsFragmentAck*,  gpointer user_data)
 *   stream-client-metric  (GstElement*, KvsSinkMetric*,   gpointer user_data)
 *   stream-error          (GstElement*, guint64 status,   gpointer user_data)
 *
 * A pointer is valid only during the call. Programs in other languages find the same in the ELEMENT
 * messages kvs-fragment-ack and kvs-metrics on the bus.
 */
#ifndef KVSSINK_H
#define KVSSINK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KVS_MAX_FRAGMENT_NUMBER_LENGTH 128

typedef enum {
  KVS_FRAGMENT_ACK_UNDEFINED = 0,
  KVS_FRAGMENT_ACK_BUFFERING = 1,
  KVS_FRAGMENT_ACK_RECEIVED = 2,
  KVS_FRAGMENT_ACK_PERSISTED = 3,
  KVS_FRAGMENT_ACK_ERROR = 4,
  KVS_FRAGMENT_ACK_IDLE = 5,
} KvsFragmentAckType;

/* Upstream's FragmentAck, version 0. */
typedef struct {
  uint32_t version;
  KvsFragmentAckType ackType;
  uint64_t timestamp; /* timecode of the fragment, in units of timecode-scale */
  char sequenceNumber[KVS_MAX_FRAGMENT_NUMBER_LENGTH + 1];
  int32_t result; /* 200, or the service's error id */
} KvsFragmentAck;

/* Upstream's StreamMetrics, version 3. Durations and latencies in 100 ns, sizes in bytes. */
typedef struct {
  uint32_t version;
  uint64_t currentViewDuration;
  uint64_t overallViewDuration;
  uint64_t currentViewSize;
  uint64_t overallViewSize;
  double currentFrameRate;      /* frames per second */
  uint64_t currentTransferRate; /* bytes per second */
  uint64_t uptime;
  uint64_t transferredBytes;
  uint64_t totalSessions;
  uint64_t totalActiveSessions;
  uint64_t avgSessionDuration;
  uint64_t bufferedAcks;
  uint64_t receivedAcks;
  uint64_t persistedAcks;
  uint64_t errorAcks;
  uint64_t droppedFrames;
  uint64_t droppedFragments;
  uint64_t skippedFrames;
  uint64_t storagePressures;
  uint64_t latencyPressures;
  uint64_t bufferPressures;
  uint64_t staleEvents;
  uint64_t putFrameErrors;
  uint64_t cplApiCallLatency;
  uint64_t dataApiCallLatency;
  double elementaryFrameRate;
  uint32_t streamApiCallRetryCount;
} KvsStreamMetrics;

/* Upstream's ClientMetrics, version 2. */
typedef struct {
  uint32_t version;
  double clientAvgApiCallRetryCount;
  uint64_t contentStoreSize;
  uint64_t contentStoreAvailableSize;
  uint64_t contentStoreAllocatedSize;
  uint64_t totalContentViewsSize;
  uint64_t totalFrameRate;
  uint64_t totalTransferRate;
  double totalElementaryFrameRate;
} KvsClientMetrics;

/* Upstream's KvsSinkMetric: its two C++ classes hold exactly these structures. */
typedef struct {
  KvsStreamMetrics streamMetrics;
  KvsClientMetrics clientMetrics;
  uint64_t framePts; /* of the frame that caused the signal, 100 ns */
  bool onFirstFrame;
} KvsSinkMetric;

#ifdef __cplusplus
}
#endif

#endif
