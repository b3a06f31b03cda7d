import type { StatusRow } from './status-row.ts';

/** What all parts share (upstream: common definitions). */
export const COMMON_STATUS = {
  STATUS_SUCCESS: {
    value: 0x00000000,
    text: 'Success.',
    advice: '',
  },
  STATUS_NULL_ARG: { value: 0x00000001, text: '', advice: '' },
  STATUS_INVALID_ARG: {
    value: 0x00000002,
    text: 'A value is not valid.',
    advice: 'Correct the value that the message names.',
  },
  STATUS_INVALID_ARG_LEN: {
    value: 0x00000003,
    text: 'A value is too long or too short.',
    advice: 'Correct the length of the value that the message names.',
  },
  STATUS_NOT_ENOUGH_MEMORY: {
    value: 0x00000004,
    text: 'The system has no memory for all of the content store, which stays smaller.',
    advice: 'Set a smaller storage size, or give the process more memory.',
  },
  STATUS_BUFFER_TOO_SMALL: { value: 0x00000005, text: '', advice: '' },
  STATUS_UNEXPECTED_EOF: {
    value: 0x00000006,
    text: 'The data ends too early.',
    advice: 'Check the source of the data: it is truncated.',
  },
  STATUS_FORMAT_ERROR: {
    value: 0x00000007,
    text: 'The data is not in the expected format.',
    advice: 'Check the source of the data: it is damaged, or in another format.',
  },
  STATUS_INVALID_HANDLE_ERROR: { value: 0x00000008, text: '', advice: '' },
  STATUS_OPEN_FILE_FAILED: {
    value: 0x00000009,
    text: 'A file cannot be opened.',
    advice: "Check the path and the file's permissions.",
  },
  STATUS_READ_FILE_FAILED: {
    value: 0x0000000a,
    text: 'A file cannot be read.',
    advice: "Check the disk, and the file's permissions.",
  },
  STATUS_WRITE_TO_FILE_FAILED: {
    value: 0x0000000b,
    text: 'A file cannot be written.',
    advice: 'Check whether the disk is full or read-only.',
  },
  STATUS_INTERNAL_ERROR: {
    value: 0x0000000c,
    text: 'Something happened that should be impossible.',
    advice: 'Please report it with the log.',
  },
  STATUS_INVALID_OPERATION: {
    value: 0x0000000d,
    text: 'The call is not possible at this time.',
    advice: 'Please report it with the log.',
  },
  STATUS_NOT_IMPLEMENTED: { value: 0x0000000e, text: '', advice: '' },
  STATUS_OPERATION_TIMED_OUT: {
    value: 0x0000000f,
    text: 'An operation took too long.',
    advice: 'Check the network and the service; raise the time-out if both are slow.',
  },
  STATUS_NOT_FOUND: {
    value: 0x00000010,
    text: 'Something that was named does not exist.',
    advice: 'Check the name.',
  },
  STATUS_CREATE_THREAD_FAILED: { value: 0x00000011, text: '', advice: '' },
  STATUS_THREAD_NOT_ENOUGH_RESOURCES: { value: 0x00000012, text: '', advice: '' },
  STATUS_THREAD_INVALID_ARG: { value: 0x00000013, text: '', advice: '' },
  STATUS_THREAD_PERMISSIONS: { value: 0x00000014, text: '', advice: '' },
  STATUS_THREAD_DEADLOCKED: { value: 0x00000015, text: '', advice: '' },
  STATUS_THREAD_DOES_NOT_EXIST: { value: 0x00000016, text: '', advice: '' },
  STATUS_JOIN_THREAD_FAILED: { value: 0x00000017, text: '', advice: '' },
  STATUS_WAIT_FAILED: { value: 0x00000018, text: '', advice: '' },
  STATUS_CANCEL_THREAD_FAILED: { value: 0x00000019, text: '', advice: '' },
  STATUS_THREAD_IS_NOT_JOINABLE: { value: 0x0000001a, text: '', advice: '' },
  STATUS_DETACH_THREAD_FAILED: { value: 0x0000001b, text: '', advice: '' },
  STATUS_THREAD_ATTR_INIT_FAILED: { value: 0x0000001c, text: '', advice: '' },
  STATUS_THREAD_ATTR_SET_STACK_SIZE_FAILED: { value: 0x0000001d, text: '', advice: '' },
  STATUS_MEMORY_NOT_FREED: { value: 0x0000001e, text: '', advice: '' },
  STATUS_INVALID_THREAD_PARAMS_VERSION: { value: 0x0000001f, text: '', advice: '' },
} as const satisfies Record<string, StatusRow>;
