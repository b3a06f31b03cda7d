import { findStatus } from '../../errors/find-status.ts';
import type { KvsError } from '../../errors/kvs-error.ts';
import type { StatusName } from '../../errors/status.ts';
import { inPropertyNames } from './property-names.ts';

const PARSE_VIDEO = 'Put h264parse or h265parse in front of kvssink.';
const PARSE_AAC = 'Put aacparse in front of kvssink.';
/** The host chooses the value: the pipeline can do nothing about it. */
const REPORT = 'Please report it with the log.';
const NO_CODEC_DATA = 'Correct the codec_data in the caps, or leave it out of them.';

/**
 * What to do about an error for whoever wrote the pipeline, where the status table's advice is to
 * call the API or to pass it something.
 */
const ADVICE: Partial<Record<StatusName, string>> = {
  STATUS_INVALID_ENDPOINT_CACHING_PERIOD: REPORT,
  STATUS_MIN_CONTENT_VIEW_ITEMS: 'Set a longer buffer-duration, or a shorter fragment-duration.',
  STATUS_MKV_BOTH_ANNEXB_AND_AVCC_SPECIFIED: REPORT,
  STATUS_MKV_INVALID_H264_H265_CPD: PARSE_VIDEO,
  STATUS_MKV_HEVC_SPS_NALU_MISSING: PARSE_VIDEO,
  STATUS_MKV_ANNEXB_CPD_MISSING_NALUS: PARSE_VIDEO,
  STATUS_MKV_MISSING_SPS_FROM_H264_CPD: PARSE_VIDEO,
  STATUS_MKV_MISSING_PPS_FROM_H264_CPD: PARSE_VIDEO,
  STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX: PARSE_AAC,
  STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG: PARSE_AAC,
  STATUS_MKV_INVALID_AAC_CPD: PARSE_AAC,
  STATUS_MKV_INVALID_AMS_ACM_CPD: NO_CODEC_DATA,
  STATUS_MKV_INVALID_SEGMENT_UUID: REPORT,
  STATUS_MKV_TRACK_INFO_NOT_FOUND: REPORT,
  STATUS_MAX_STREAM_COUNT: 'Use fewer kvssink elements in one pipeline.',
  STATUS_MIN_STREAM_COUNT: REPORT,
  STATUS_STREAM_HAS_BEEN_STOPPED: 'Set the element to NULL and to PLAYING again.',
  STATUS_TRACK_INFO_MISSING:
    'Put a parser in front of kvssink, so that the caps say what the track is.',
  STATUS_ACK_ERR_FRAMES_MISSING_FOR_TRACK:
    'Check that every source delivers; let one that has nothing send GAP events, or EOS at its end.',
  STATUS_CLIENT_SHUTTING_DOWN: 'Set the element to NULL and to PLAYING again.',
  STATUS_MULTIPLE_CONSECUTIVE_EOFR: 'Send a buffer before the fragment is ended again.',
  STATUS_STREAM_NOT_STARTED: 'Send a buffer first.',
};

/** What to do about an error, in the pipeline's words. */
export function pipelineAdvice({ code, advice }: KvsError): string {
  const ofPipeline = advice === findStatus(code).advice ? ADVICE[code] : undefined;
  return ofPipeline ?? inPropertyNames(advice);
}
