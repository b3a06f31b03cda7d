import type { StatusRow } from './status-row.ts';

/** Requests, credentials and callbacks (upstream: producer-c and its common library). */
export const PRODUCER_STATUS = {
  STATUS_STOP_CALLBACK_CHAIN: { value: 0x15000001, text: '', advice: '' },
  STATUS_MAX_CALLBACK_CHAIN: { value: 0x15000002, text: '', advice: '' },
  STATUS_INVALID_PLATFORM_CALLBACKS_VERSION: { value: 0x15000003, text: '', advice: '' },
  STATUS_INVALID_PRODUCER_CALLBACKS_VERSION: { value: 0x15000004, text: '', advice: '' },
  STATUS_INVALID_STREAM_CALLBACKS_VERSION: { value: 0x15000005, text: '', advice: '' },
  STATUS_INVALID_AUTH_CALLBACKS_VERSION: { value: 0x15000006, text: '', advice: '' },
  STATUS_INVALID_API_CALLBACKS_VERSION: { value: 0x15000007, text: '', advice: '' },
  STATUS_INVALID_AWS_CREDENTIALS_VERSION: { value: 0x15000008, text: '', advice: '' },
  STATUS_MAX_REQUEST_HEADER_COUNT: { value: 0x15000009, text: '', advice: '' },
  STATUS_MAX_REQUEST_HEADER_NAME_LEN: { value: 0x1500000a, text: '', advice: '' },
  STATUS_MAX_REQUEST_HEADER_VALUE_LEN: { value: 0x1500000b, text: '', advice: '' },
  STATUS_INVALID_API_CALL_RETURN_JSON: { value: 0x1500000c, text: '', advice: '' },
  STATUS_CURL_INIT_FAILED: { value: 0x1500000d, text: '', advice: '' },
  STATUS_CURL_LIBRARY_INIT_FAILED: { value: 0x1500000e, text: '', advice: '' },
  STATUS_INVALID_DESCRIBE_STREAM_RETURN_JSON: {
    value: 0x1500000f,
    text: 'The response to DescribeStream cannot be read.',
    advice: 'Check that the endpoint is one of Kinesis Video Streams.',
  },
  STATUS_HMAC_GENERATION_ERROR: {
    value: 0x15000010,
    text: 'A request could not be signed.',
    advice: 'The cause says why.',
  },
  STATUS_IOT_FAILED: {
    value: 0x15000011,
    text: 'AWS IoT returned no credentials.',
    advice: 'Check endpoint, certificate, role alias and thing name.',
  },
  STATUS_MAX_ROLE_ALIAS_LEN_EXCEEDED: {
    value: 0x15000012,
    text: 'The role alias is too long.',
    advice: 'Use at most 128 characters.',
  },
  STATUS_MAX_USER_AGENT_NAME_POSTFIX_LEN_EXCEEDED: {
    value: 0x15000013,
    text: "The user agent's name is too long.",
    advice: 'Use at most 32 characters.',
  },
  STATUS_MAX_CUSTOM_USER_AGENT_LEN_EXCEEDED: { value: 0x15000014, text: '', advice: '' },
  STATUS_INVALID_USER_AGENT_LENGTH: { value: 0x15000015, text: '', advice: '' },
  STATUS_INVALID_ENDPOINT_CACHING_PERIOD: {
    value: 0x15000016,
    text: 'An endpoint cannot be cached for so long.',
    advice: 'Set clientInfo.apiCallCachingPeriodMs to at most a day.',
  },
  STATUS_IOT_EXPIRATION_OCCURS_IN_PAST: {
    value: 0x15000017,
    text: 'Credentials that were fetched have already expired.',
    advice: "Set the machine's clock.",
  },
  STATUS_IOT_EXPIRATION_PARSING_FAILED: { value: 0x15000018, text: '', advice: '' },
  STATUS_DUPLICATE_PRODUCER_CALLBACK_FREE_FUNC: { value: 0x15000019, text: '', advice: '' },
  STATUS_DUPLICATE_STREAM_CALLBACK_FREE_FUNC: { value: 0x1500001a, text: '', advice: '' },
  STATUS_DUPLICATE_AUTH_CALLBACK_FREE_FUNC: { value: 0x1500001b, text: '', advice: '' },
  STATUS_DUPLICATE_API_CALLBACK_FREE_FUNC: { value: 0x1500001c, text: '', advice: '' },
  STATUS_FILE_LOGGER_INDEX_FILE_TOO_LARGE: { value: 0x1500001d, text: '', advice: '' },
  STATUS_MAX_IOT_THING_NAME_LENGTH: {
    value: 0x1500001e,
    text: 'The thing name is too long.',
    advice: 'Use at most 128 characters.',
  },
  STATUS_IOT_CREATE_LWS_CONTEXT_FAILED: { value: 0x1500001f, text: '', advice: '' },
  STATUS_INVALID_CA_CERT_PATH: {
    value: 0x15000020,
    text: 'The CA file is not valid.',
    advice: 'Use a PEM file whose name ends in .pem, or a folder of such files.',
  },
  STATUS_FILE_CREDENTIAL_PROVIDER_OPEN_FILE_FAILED: {
    value: 0x15000022,
    text: 'The credential file cannot be opened.',
    advice: "Check credential-path and the file's permissions.",
  },
  STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_LENGTH: {
    value: 0x15000023,
    text: 'The credential file is empty or too long.',
    advice: 'Write one line of less than 10 000 bytes.',
  },
  STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT: {
    value: 0x15000024,
    text: 'The credential file is not in the expected format.',
    advice:
      'Write: CREDENTIALS accessKey secretKey, or CREDENTIALS accessKey expiration secretKey sessionToken.',
  },
  STATUS_STREAM_BEING_SHUTDOWN: { value: 0x15000026, text: '', advice: '' },
  STATUS_CLIENT_BEING_SHUTDOWN: { value: 0x15000027, text: '', advice: '' },
  STATUS_CONTINUOUS_RETRY_RESET_FAILED: { value: 0x15000028, text: '', advice: '' },
  STATUS_CURL_PERFORM_FAILED: { value: 0x16000001, text: '', advice: '' },
  STATUS_IOT_INVALID_RESPONSE_LENGTH: {
    value: 0x16000002,
    text: 'The response of AWS IoT is too long or empty.',
    advice: 'Check the endpoint.',
  },
  STATUS_IOT_NULL_AWS_CREDS: {
    value: 0x16000003,
    text: 'The response of AWS IoT has no credentials.',
    advice: 'Check the role alias.',
  },
  STATUS_IOT_INVALID_URI_LEN: { value: 0x16000004, text: '', advice: '' },
  STATUS_TIMESTAMP_STRING_UNRECOGNIZED_FORMAT: {
    value: 0x16000005,
    text: 'A time is not in the expected format.',
    advice: 'Write it as 2026-11-21T12:00:00Z.',
  },
} as const satisfies Record<string, StatusRow>;
