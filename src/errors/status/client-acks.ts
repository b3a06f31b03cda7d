import type { StatusRow } from './status-row.ts';

/** The client: acknowledgements, streams and metadata (upstream: client and state, second half). */
export const CLIENT_ACKS_STATUS = {
  STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW: {
    value: 0x52000047,
    text: 'An acknowledgement is for a fragment that is not, or no longer, buffered.',
    advice: 'It is ignored. No action is needed.',
  },
  STATUS_INVALID_FRAGMENT_ACK_VERSION: { value: 0x52000048, text: '', advice: '' },
  STATUS_INVALID_TOKEN_EXPIRATION: {
    value: 0x52000049,
    text: 'The credentials expire too soon.',
    advice: 'Use credentials that are valid for at least 30 s.',
  },
  STATUS_END_OF_STREAM: { value: 0x5200004a, text: '', advice: '' },
  STATUS_DUPLICATE_STREAM_NAME: {
    value: 0x5200004b,
    text: 'The producer already has a stream of this name.',
    advice: 'Stop it first, or use another name.',
  },
  STATUS_INVALID_RETENTION_PERIOD: {
    value: 0x5200004c,
    text: 'The retention is out of range.',
    advice: 'Set 0, or 1 to 87 600 hours.',
  },
  STATUS_INVALID_ACK_KEY_START: {
    value: 0x5200004d,
    text: 'An acknowledgement cannot be read.',
    advice: 'It is ignored. Check that the endpoint is one of Kinesis Video Streams.',
  },
  STATUS_INVALID_ACK_DUPLICATE_KEY_NAME: {
    value: 0x5200004e,
    text: 'An acknowledgement has a key twice.',
    advice: 'It is ignored. No action is needed.',
  },
  STATUS_INVALID_ACK_INVALID_VALUE_START: {
    value: 0x5200004f,
    text: 'An acknowledgement cannot be read.',
    advice: 'It is ignored. No action is needed.',
  },
  STATUS_INVALID_ACK_INVALID_VALUE_END: {
    value: 0x52000050,
    text: 'An acknowledgement cannot be read.',
    advice: 'It is ignored. No action is needed.',
  },
  STATUS_INVALID_PARSED_ACK_TYPE: {
    value: 0x52000051,
    text: 'An acknowledgement has an unknown type.',
    advice: 'It is ignored. No action is needed.',
  },
  STATUS_STREAM_HAS_BEEN_STOPPED: {
    value: 0x52000052,
    text: 'The stream has ended.',
    advice: 'Create a new stream, or call resetStream.',
  },
  STATUS_INVALID_STREAM_METRICS_VERSION: { value: 0x52000053, text: '', advice: '' },
  STATUS_INVALID_CLIENT_METRICS_VERSION: { value: 0x52000054, text: '', advice: '' },
  STATUS_INVALID_CLIENT_READY_STATE: { value: 0x52000055, text: '', advice: '' },
  STATUS_STATE_MACHINE_STATE_NOT_FOUND: { value: 0x52000056, text: '', advice: '' },
  STATUS_INVALID_FRAGMENT_ACK_TYPE: { value: 0x52000057, text: '', advice: '' },
  STATUS_INVALID_STREAM_READY_STATE: { value: 0x52000058, text: '', advice: '' },
  STATUS_CLIENT_FREED_BEFORE_STREAM: { value: 0x52000059, text: '', advice: '' },
  STATUS_ALLOCATION_SIZE_SMALLER_THAN_REQUESTED: { value: 0x5200005a, text: '', advice: '' },
  STATUS_VIEW_ITEM_SIZE_GREATER_THAN_ALLOCATION: { value: 0x5200005b, text: '', advice: '' },
  STATUS_ACK_ERR_STREAM_READ_ERROR: {
    value: 0x5200005c,
    text: '4000: the service could not read the stream.',
    advice: 'The fragment is sent again. If this persists, contact AWS Support.',
  },
  STATUS_ACK_ERR_FRAGMENT_SIZE_REACHED: {
    value: 0x5200005d,
    text: '4001: a fragment is larger than 50 MB.',
    advice: 'Lower the bit rate, or make key frames more frequent.',
  },
  STATUS_ACK_ERR_FRAGMENT_DURATION_REACHED: {
    value: 0x5200005e,
    text: '4002: a fragment is longer than KVS accepts.',
    advice: 'Make key frames at least every ten seconds.',
  },
  STATUS_ACK_ERR_CONNECTION_DURATION_REACHED: {
    value: 0x5200005f,
    text: '4003: the connection reached its maximum duration.',
    advice: 'A new connection is made. No action is needed.',
  },
  STATUS_ACK_ERR_FRAGMENT_TIMECODE_NOT_MONOTONIC: {
    value: 0x52000060,
    text: '4004: a fragment begins earlier than the previous one.',
    advice: "Check the source's timestamps.",
  },
  STATUS_ACK_ERR_MULTI_TRACK_MKV: {
    value: 0x52000061,
    text: '4005: the service does not accept this combination of tracks.',
    advice: 'Send fewer tracks.',
  },
  STATUS_ACK_ERR_INVALID_MKV_DATA: {
    value: 0x52000062,
    text: '4006: the service cannot read the Matroska data.',
    advice: 'Please report it with a dump (KVS_DEBUG_DUMP_DATA_FILE_DIR).',
  },
  STATUS_ACK_ERR_INVALID_PRODUCER_TIMESTAMP: {
    value: 0x52000063,
    text: '4007: the start time or the time of a fragment is invalid.',
    advice:
      "Set the machine's clock. Check that timestamps are since the epoch, or are sent as relative ones.",
  },
  STATUS_ACK_ERR_STREAM_NOT_ACTIVE: {
    value: 0x52000064,
    text: '4008: the stream is not active.',
    advice: 'Wait until it is active, or create it again.',
  },
  STATUS_ACK_ERR_KMS_KEY_ACCESS_DENIED: {
    value: 0x52000065,
    text: "4500: access to the stream's KMS key is denied.",
    advice: 'Allow these credentials to use the key.',
  },
  STATUS_ACK_ERR_KMS_KEY_DISABLED: {
    value: 0x52000066,
    text: "4501: the stream's KMS key is disabled.",
    advice: 'Enable the key.',
  },
  STATUS_ACK_ERR_KMS_KEY_VALIDATION_ERROR: {
    value: 0x52000067,
    text: "4502: the stream's KMS key is not valid.",
    advice: 'Check the key.',
  },
  STATUS_ACK_ERR_KMS_KEY_UNAVAILABLE: {
    value: 0x52000068,
    text: "4503: the stream's KMS key cannot be reached.",
    advice: 'Check the key; try later.',
  },
  STATUS_ACK_ERR_KMS_KEY_INVALID_USAGE: {
    value: 0x52000069,
    text: "4504: the stream's KMS key cannot be used for encryption.",
    advice: 'Use a symmetric key for encryption.',
  },
  STATUS_ACK_ERR_KMS_KEY_INVALID_STATE: {
    value: 0x5200006a,
    text: "4505: the state of the stream's KMS key does not allow its use.",
    advice: 'Check the key, for example whether its deletion is scheduled.',
  },
  STATUS_ACK_ERR_KMS_KEY_NOT_FOUND: {
    value: 0x5200006b,
    text: "4506: the stream's KMS key does not exist.",
    advice: 'Use another key for the stream.',
  },
  STATUS_ACK_ERR_STREAM_DELETED: {
    value: 0x5200006c,
    text: '4507: the stream was deleted.',
    advice: 'Create it again, or use another name.',
  },
  STATUS_ACK_ERR_ACK_INTERNAL_ERROR: {
    value: 0x5200006d,
    text: '5000: the service failed.',
    advice: 'The fragment is sent again. If this persists, contact AWS Support.',
  },
  STATUS_ACK_ERR_FRAGMENT_ARCHIVAL_ERROR: {
    value: 0x5200006e,
    text: '5001: the service could not store the fragment.',
    advice: 'The fragment is sent again. If this persists, contact AWS Support.',
  },
  STATUS_ACK_ERR_UNKNOWN_ACK_ERROR: {
    value: 0x5200006f,
    text: 'The service refused a fragment with an unknown error number.',
    advice: 'The fragment is sent again. If this persists, contact AWS Support.',
  },
  STATUS_MISSING_ERR_ACK_ID: {
    value: 0x52000070,
    text: 'An error acknowledgement has no number.',
    advice: 'It is treated as an unknown error. No action is needed.',
  },
  STATUS_INVALID_ACK_SEGMENT_LEN: {
    value: 0x52000071,
    text: 'An acknowledgement is too long.',
    advice: 'It is ignored. Check that the endpoint is one of Kinesis Video Streams.',
  },
  STATUS_AWAITING_PERSISTED_ACK: { value: 0x52000072, text: '', advice: '' },
  STATUS_PERSISTED_ACK_TIMEOUT: {
    value: 0x52000073,
    text: 'The last acknowledgement did not arrive.',
    advice: 'What was not acknowledged is sent again. No action is needed.',
  },
  STATUS_MAX_FRAGMENT_METADATA_COUNT: {
    value: 0x52000074,
    text: '25 metadata items are already waiting for the next fragment.',
    advice: 'Put metadata less often; each fragment takes ten items.',
  },
  STATUS_ACK_ERR_FRAGMENT_METADATA_LIMIT_REACHED: {
    value: 0x52000075,
    text: '4009: a fragment has too much metadata.',
    advice: 'Put at most ten items into a fragment.',
  },
  STATUS_BLOCKING_PUT_INTERRUPTED_STREAM_TERMINATED: {
    value: 0x52000076,
    text: 'The stream ended while a frame was waiting for room.',
    advice: 'The cause says why the stream ended.',
  },
  STATUS_INVALID_METADATA_NAME: {
    value: 0x52000077,
    text: 'A metadata name begins with AWS.',
    advice: 'Use another name: KVS reserves these.',
  },
  STATUS_END_OF_FRAGMENT_FRAME_INVALID_STATE: {
    value: 0x52000078,
    text: 'The fragment cannot be ended now.',
    advice: '',
  },
  STATUS_TRACK_INFO_MISSING: {
    value: 0x52000079,
    text: 'A track has not been described.',
    advice: 'Call setTrackFormat, or start with codec private data, before its first frame.',
  },
  STATUS_MAX_TRACK_COUNT_EXCEEDED: {
    value: 0x5200007a,
    text: 'There are more tracks than KVS accepts.',
    advice: 'Send at most three tracks in a stream.',
  },
  STATUS_OFFLINE_MODE_WITH_ZERO_RETENTION: {
    value: 0x5200007b,
    text: 'Offline streaming needs retention and acknowledgements.',
    advice: 'Set a retention of at least an hour and fragment acks, or stream in realtime.',
  },
  STATUS_ACK_ERR_TRACK_NUMBER_MISMATCH: {
    value: 0x5200007c,
    text: '4010: a frame belongs to a track that is not in the header.',
    advice: 'Please report it with a dump (KVS_DEBUG_DUMP_DATA_FILE_DIR).',
  },
  STATUS_ACK_ERR_FRAMES_MISSING_FOR_TRACK: {
    value: 0x5200007d,
    text: "4011: a fragment has no frame of one of its session's tracks.",
    advice: 'Check that all tracks deliver frames; call endTrack or gap for one that does not.',
  },
  STATUS_ACK_ERR_MORE_THAN_ALLOWED_TRACKS_FOUND: {
    value: 0x5200007e,
    text: '4012: the session has more tracks than KVS accepts.',
    advice: 'Send at most three tracks.',
  },
  STATUS_UPLOAD_HANDLE_ABORTED: {
    value: 0x5200007f,
    text: 'A session was aborted.',
    advice: 'What was not acknowledged is sent again. No action is needed.',
  },
  STATUS_INVALID_CERT_PATH_LENGTH: { value: 0x52000080, text: '', advice: '' },
  STATUS_DUPLICATE_TRACK_ID_FOUND: {
    value: 0x52000081,
    text: 'Two tracks have the same id.',
    advice: 'Give each track its own id.',
  },
  STATUS_INVALID_CLIENT_INFO_VERSION: { value: 0x52000082, text: '', advice: '' },
  STATUS_INVALID_CLIENT_ID_STRING_LENGTH: { value: 0x52000083, text: '', advice: '' },
  STATUS_SETTING_KEY_FRAME_FLAG_WHILE_USING_EOFR: { value: 0x52000084, text: '', advice: '' },
  STATUS_MAX_FRAME_TIMESTAMP_DELTA_BETWEEN_TRACKS_EXCEEDED: {
    value: 0x52000085,
    text: '',
    advice: '',
  },
  STATUS_STREAM_SHUTTING_DOWN: {
    value: 0x52000086,
    text: 'The stream is ending.',
    advice: '',
  },
  STATUS_CLIENT_SHUTTING_DOWN: {
    value: 0x52000087,
    text: 'The producer was closed.',
    advice: 'Create a new producer.',
  },
  STATUS_PUTMEDIA_LAST_PERSIST_ACK_NOT_RECEIVED: {
    value: 0x52000088,
    text: 'A connection ended before everything sent on it was acknowledged.',
    advice: 'What was not acknowledged is sent again. No action is needed.',
  },
  STATUS_NON_ALIGNED_HEAP_WITH_IN_CONTENT_STORE_ALLOCATORS: {
    value: 0x52000089,
    text: '',
    advice: '',
  },
  STATUS_MULTIPLE_CONSECUTIVE_EOFR: {
    value: 0x5200008a,
    text: 'The fragment has already ended.',
    advice: 'Put a frame before you end the fragment again.',
  },
  STATUS_DUPLICATE_STREAM_EVENT_TYPE: {
    value: 0x5200008b,
    text: 'The same event is already waiting for the next fragment.',
    advice: 'A fragment takes one event of each kind; wait for the next fragment.',
  },
  STATUS_STREAM_NOT_STARTED: {
    value: 0x5200008c,
    text: 'The stream has no frame yet.',
    advice: 'Put a frame first.',
  },
  STATUS_INVALID_IMAGE_PREFIX_LENGTH: {
    value: 0x5200008d,
    text: 'The image prefix is too long.',
    advice: 'Use at most 256 bytes.',
  },
  STATUS_INVALID_IMAGE_METADATA_KEY_LENGTH: {
    value: 0x5200008e,
    text: "The name of an event's pair is empty or too long.",
    advice: 'Use 1 to 128 bytes.',
  },
  STATUS_INVALID_IMAGE_METADATA_VALUE_LENGTH: {
    value: 0x5200008f,
    text: "The value of an event's pair is too long.",
    advice: 'Use at most 256 bytes.',
  },
  STATUS_STATE_MACHINE_NAME_LEN_INVALID: { value: 0x5200009a, text: '', advice: '' },
} as const satisfies Record<string, StatusRow>;
