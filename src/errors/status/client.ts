import type { StatusRow } from './status-row.ts';

/** The client: settings and service calls (upstream: client and state, first half). */
export const CLIENT_STATUS = {
  STATUS_MAX_STREAM_COUNT: {
    value: 0x52000001,
    text: 'The producer has reached its limit of streams.',
    advice: 'Raise deviceInfo.streamCount, or stop a stream first.',
  },
  STATUS_MIN_STREAM_COUNT: {
    value: 0x52000002,
    text: 'The number of streams is less than one.',
    advice: 'Set deviceInfo.streamCount to 1 or more.',
  },
  STATUS_INVALID_DEVICE_NAME_LENGTH: {
    value: 0x52000003,
    text: 'The device name is empty or too long.',
    advice: 'Use 1 to 128 bytes.',
  },
  STATUS_INVALID_DEVICE_INFO_VERSION: { value: 0x52000004, text: '', advice: '' },
  STATUS_MAX_TAG_COUNT: {
    value: 0x52000005,
    text: 'There are too many tags.',
    advice: 'Use at most 50 tags.',
  },
  STATUS_DEVICE_FINGERPRINT_LENGTH: { value: 0x52000006, text: '', advice: '' },
  STATUS_INVALID_CALLBACKS_VERSION: { value: 0x52000007, text: '', advice: '' },
  STATUS_INVALID_STREAM_INFO_VERSION: { value: 0x52000008, text: '', advice: '' },
  STATUS_INVALID_STREAM_NAME_LENGTH: {
    value: 0x52000009,
    text: 'The stream name is empty or too long.',
    advice: 'Use 1 to 256 of a-z A-Z 0-9 _ . -',
  },
  STATUS_INVALID_STORAGE_SIZE: {
    value: 0x5200000a,
    text: 'The storage size is out of range.',
    advice: 'Set 1 MiB to 10 GiB.',
  },
  STATUS_INVALID_ROOT_DIRECTORY_LENGTH: {
    value: 0x5200000b,
    text: 'The path of the storage folder is too long.',
    advice: 'Leave it out: the storage is in memory.',
  },
  STATUS_INVALID_SPILL_RATIO: {
    value: 0x5200000c,
    text: 'The spill ratio is not a percentage.',
    advice: 'Leave it out: the storage is in memory.',
  },
  STATUS_INVALID_STORAGE_INFO_VERSION: { value: 0x5200000d, text: '', advice: '' },
  STATUS_INVALID_STREAM_STATE: {
    value: 0x5200000e,
    text: 'The stream cannot do this in its present state.',
    advice: '',
  },
  STATUS_SERVICE_CALL_CALLBACKS_MISSING: { value: 0x5200000f, text: '', advice: '' },
  STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR: {
    value: 0x52000010,
    text: 'The service refuses the credentials, or they lack a permission.',
    advice:
      'Check the keys and the IAM policy: DescribeStream, CreateStream, TagStream, GetDataEndpoint and PutMedia are needed.',
  },
  STATUS_DESCRIBE_STREAM_CALL_FAILED: {
    value: 0x52000011,
    text: 'DescribeStream failed permanently.',
    advice: 'The cause says why; check network, endpoint and permissions.',
  },
  STATUS_INVALID_DESCRIBE_STREAM_RESPONSE: {
    value: 0x52000012,
    text: 'The response to DescribeStream cannot be read.',
    advice: 'Check that the endpoint is one of Kinesis Video Streams.',
  },
  STATUS_STREAM_IS_BEING_DELETED_ERROR: {
    value: 0x52000013,
    text: 'The stream is being deleted.',
    advice: 'Wait until it is gone, or use another stream name.',
  },
  STATUS_SERVICE_CALL_INVALID_ARG_ERROR: {
    value: 0x52000014,
    text: 'The service refuses a value.',
    advice: "Correct the value that the service's message names.",
  },
  STATUS_SERVICE_CALL_DEVICE_NOT_FOND_ERROR: {
    value: 0x52000015,
    text: 'The service does not know the device.',
    advice: 'Check the device name.',
  },
  STATUS_SERVICE_CALL_DEVICE_NOT_PROVISIONED_ERROR: { value: 0x52000016, text: '', advice: '' },
  STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR: {
    value: 0x52000017,
    text: 'The service has no such stream.',
    advice: 'Create the stream, or allow its creation; check the region.',
  },
  STATUS_INVALID_AUTH_LEN: { value: 0x52000018, text: '', advice: '' },
  STATUS_CREATE_STREAM_CALL_FAILED: {
    value: 0x52000019,
    text: 'CreateStream failed permanently.',
    advice: "The cause says why; check permissions and the account's limits.",
  },
  STATUS_GET_STREAMING_TOKEN_CALL_FAILED: {
    value: 0x5200002a,
    text: 'There are no credentials for streaming.',
    advice: 'The cause lists where they were searched for.',
  },
  STATUS_GET_STREAMING_ENDPOINT_CALL_FAILED: {
    value: 0x5200002b,
    text: 'GetDataEndpoint failed permanently.',
    advice: 'The cause says why; check network and permissions.',
  },
  STATUS_INVALID_URI_LEN: {
    value: 0x5200002c,
    text: 'An endpoint is not a usable URL.',
    advice: 'Use a URL such as https://kinesisvideo.us-west-2.amazonaws.com.',
  },
  STATUS_PUT_STREAM_CALL_FAILED: {
    value: 0x5200002d,
    text: 'PutMedia failed permanently.',
    advice: 'The cause says why.',
  },
  STATUS_STORE_OUT_OF_MEMORY: {
    value: 0x5200002e,
    text: 'The content store is full.',
    advice: 'Raise the storage size; check that the network is as fast as the encoder.',
  },
  STATUS_NO_MORE_DATA_AVAILABLE: { value: 0x5200002f, text: '', advice: '' },
  STATUS_INVALID_TAG_VERSION: { value: 0x52000030, text: '', advice: '' },
  STATUS_SERVICE_CALL_UNKOWN_ERROR: {
    value: 0x52000031,
    text: 'The service, or the connection to it, failed.',
    advice: 'A stream retries by itself. If this persists, check network and endpoint.',
  },
  STATUS_SERVICE_CALL_RESOURCE_IN_USE_ERROR: {
    value: 0x52000032,
    text: 'The stream is being changed by someone else.',
    advice: 'A stream retries by itself; repeat a command.',
  },
  STATUS_SERVICE_CALL_CLIENT_LIMIT_ERROR: {
    value: 0x52000033,
    text: 'The account makes more calls than its limit allows.',
    advice:
      'A stream retries by itself, more slowly. If this persists, ask AWS for a higher limit.',
  },
  STATUS_SERVICE_CALL_DEVICE_LIMIT_ERROR: {
    value: 0x52000034,
    text: 'The account has reached its limit of streams or connections.',
    advice: 'Delete streams that are not needed, or ask AWS for a higher limit.',
  },
  STATUS_SERVICE_CALL_STREAM_LIMIT_ERROR: {
    value: 0x52000035,
    text: 'A limit of the account or stream is reached.',
    advice: 'Delete streams that are not needed, or ask AWS for a higher limit.',
  },
  STATUS_SERVICE_CALL_RESOURCE_DELETED_ERROR: {
    value: 0x52000036,
    text: 'The stream was deleted.',
    advice: 'Create it again, or use another name.',
  },
  STATUS_SERVICE_CALL_TIMEOUT_ERROR: {
    value: 0x52000037,
    text: 'The service did not answer in time, or the connection went dead.',
    advice: 'A new connection is made. If this persists, check network and proxy.',
  },
  STATUS_STREAM_READY_CALLBACK_FAILED: {
    value: 0x52000038,
    text: 'The stream did not become ready.',
    advice: 'The cause says why.',
  },
  STATUS_DEVICE_TAGS_COUNT_NON_ZERO_TAGS_NULL: { value: 0x52000039, text: '', advice: '' },
  STATUS_INVALID_STREAM_DESCRIPTION_VERSION: { value: 0x5200003a, text: '', advice: '' },
  STATUS_INVALID_TAG_NAME_LEN: {
    value: 0x5200003b,
    text: 'The name of a tag is empty or too long.',
    advice: 'Use 1 to 128 bytes.',
  },
  STATUS_INVALID_TAG_VALUE_LEN: {
    value: 0x5200003c,
    text: 'The value of a tag is too long.',
    advice: 'Use at most 1024 bytes.',
  },
  STATUS_TAG_STREAM_CALL_FAILED: {
    value: 0x5200003d,
    text: 'TagStream failed; streaming continues without the tags.',
    advice: 'Allow kinesisvideo:TagStream, or leave the tags out.',
  },
  STATUS_INVALID_CUSTOM_DATA: { value: 0x5200003e, text: '', advice: '' },
  STATUS_INVALID_CREATE_STREAM_RESPONSE: {
    value: 0x5200003f,
    text: 'The response to CreateStream cannot be read.',
    advice: 'Check that the endpoint is one of Kinesis Video Streams.',
  },
  STATUS_CLIENT_AUTH_CALL_FAILED: {
    value: 0x52000040,
    text: 'No credentials could be obtained.',
    advice: 'The message lists where they were searched for; see docs/2-use/authentication.md.',
  },
  STATUS_GET_CLIENT_TOKEN_CALL_FAILED: { value: 0x52000041, text: '', advice: '' },
  STATUS_CLIENT_PROVISION_CALL_FAILED: { value: 0x52000042, text: '', advice: '' },
  STATUS_CREATE_CLIENT_CALL_FAILED: { value: 0x52000043, text: '', advice: '' },
  STATUS_CLIENT_READY_CALLBACK_FAILED: { value: 0x52000044, text: '', advice: '' },
  STATUS_TAG_CLIENT_CALL_FAILED: { value: 0x52000045, text: '', advice: '' },
  STATUS_INVALID_CREATE_DEVICE_RESPONSE: { value: 0x52000046, text: '', advice: '' },
} as const satisfies Record<string, StatusRow>;
