"""The structures of native/element/kvssink.h, as a Python program declares them."""

import ctypes
from ctypes import c_bool, c_char, c_double, c_int, c_int32, c_uint32, c_uint64


class FragmentAck(ctypes.Structure):
    _fields_ = [
        ("version", c_uint32),
        ("ack_type", c_int),
        ("timestamp", c_uint64),
        ("sequence_number", c_char * 129),
        ("result", c_int32),
    ]


class StreamMetrics(ctypes.Structure):
    _fields_ = [
        ("version", c_uint32),
        ("current_view_duration", c_uint64),
        ("overall_view_duration", c_uint64),
        ("current_view_size", c_uint64),
        ("overall_view_size", c_uint64),
        ("current_frame_rate", c_double),
        ("current_transfer_rate", c_uint64),
        ("uptime", c_uint64),
        ("transferred_bytes", c_uint64),
        ("total_sessions", c_uint64),
        ("total_active_sessions", c_uint64),
        ("avg_session_duration", c_uint64),
        ("buffered_acks", c_uint64),
        ("received_acks", c_uint64),
        ("persisted_acks", c_uint64),
        ("error_acks", c_uint64),
        ("dropped_frames", c_uint64),
        ("dropped_fragments", c_uint64),
        ("skipped_frames", c_uint64),
        ("storage_pressures", c_uint64),
        ("latency_pressures", c_uint64),
        ("buffer_pressures", c_uint64),
        ("stale_events", c_uint64),
        ("put_frame_errors", c_uint64),
        ("cpl_api_call_latency", c_uint64),
        ("data_api_call_latency", c_uint64),
        ("elementary_frame_rate", c_double),
        ("stream_api_call_retry_count", c_uint32),
    ]


class ClientMetrics(ctypes.Structure):
    _fields_ = [
        ("version", c_uint32),
        ("api_call_retry_count", c_double),
        ("content_store_size", c_uint64),
        ("content_store_available_size", c_uint64),
        ("content_store_allocated_size", c_uint64),
        ("total_content_views_size", c_uint64),
        ("total_frame_rate", c_uint64),
        ("total_transfer_rate", c_uint64),
        ("total_elementary_frame_rate", c_double),
    ]


class SinkMetric(ctypes.Structure):
    _fields_ = [
        ("stream", StreamMetrics),
        ("client", ClientMetrics),
        ("frame_pts", c_uint64),
        ("on_first_frame", c_bool),
    ]


class _GPointer(ctypes.Structure):
    """PyGObject's wrapper of a gpointer: a Python object's head, then the pointer."""

    _fields_ = [("head", ctypes.c_byte * object.__basicsize__), ("pointer", ctypes.c_void_p)]


def address_of(pointer):
    """Where a signal's gpointer points to."""
    return _GPointer.from_address(id(pointer)).pointer
