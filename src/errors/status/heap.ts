import type { StatusRow } from './status-row.ts';

/** The content store (upstream: heap). */
export const HEAP_STATUS = {
  STATUS_HEAP_FLAGS_ERROR: { value: 0x10000001, text: '', advice: '' },
  STATUS_HEAP_NOT_INITIALIZED: { value: 0x10000002, text: '', advice: '' },
  STATUS_HEAP_CORRUPTED: {
    value: 0x10000003,
    text: 'The content store is inconsistent.',
    advice: 'Please report it with the log.',
  },
  STATUS_HEAP_VRAM_LIB_MISSING: { value: 0x10000004, text: '', advice: '' },
  STATUS_HEAP_VRAM_LIB_REOPEN: { value: 0x10000005, text: '', advice: '' },
  STATUS_HEAP_VRAM_INIT_FUNC_SYMBOL: { value: 0x10000006, text: '', advice: '' },
  STATUS_HEAP_VRAM_ALLOC_FUNC_SYMBOL: { value: 0x10000007, text: '', advice: '' },
  STATUS_HEAP_VRAM_FREE_FUNC_SYMBOL: { value: 0x10000008, text: '', advice: '' },
  STATUS_HEAP_VRAM_LOCK_FUNC_SYMBOL: { value: 0x10000009, text: '', advice: '' },
  STATUS_HEAP_VRAM_UNLOCK_FUNC_SYMBOL: { value: 0x1000000a, text: '', advice: '' },
  STATUS_HEAP_VRAM_UNINIT_FUNC_SYMBOL: { value: 0x1000000b, text: '', advice: '' },
  STATUS_HEAP_VRAM_GETMAX_FUNC_SYMBOL: { value: 0x1000000c, text: '', advice: '' },
  STATUS_HEAP_DIRECT_MEM_INIT: { value: 0x1000000d, text: '', advice: '' },
  STATUS_HEAP_VRAM_INIT_FAILED: { value: 0x1000000e, text: '', advice: '' },
  STATUS_HEAP_LIBRARY_FREE_FAILED: { value: 0x1000000f, text: '', advice: '' },
  STATUS_HEAP_VRAM_ALLOC_FAILED: { value: 0x10000010, text: '', advice: '' },
  STATUS_HEAP_VRAM_FREE_FAILED: { value: 0x10000011, text: '', advice: '' },
  STATUS_HEAP_VRAM_MAP_FAILED: { value: 0x10000012, text: '', advice: '' },
  STATUS_HEAP_VRAM_UNMAP_FAILED: { value: 0x10000013, text: '', advice: '' },
  STATUS_HEAP_VRAM_UNINIT_FAILED: { value: 0x10000014, text: '', advice: '' },
  STATUS_INVALID_ALLOCATION_SIZE: { value: 0x10000015, text: '', advice: '' },
  STATUS_HEAP_REALLOC_ERROR: { value: 0x10000016, text: '', advice: '' },
  STATUS_HEAP_FILE_HEAP_FILE_CORRUPT: { value: 0x10000017, text: '', advice: '' },
  STATUS_MIN_PROFILER_BUFFER: { value: 0x10100001, text: '', advice: '' },
} as const satisfies Record<string, StatusRow>;
