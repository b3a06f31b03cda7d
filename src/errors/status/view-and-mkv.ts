import type { StatusRow } from './status-row.ts';

/** Views and Matroska (upstream: view and mkvgen). */
export const VIEW_AND_MKV_STATUS = {
  STATUS_MIN_CONTENT_VIEW_ITEMS: {
    value: 0x30000001,
    text: 'The buffer would hold too few frames or, in near-realtime, fragments.',
    advice:
      'Set maxViewItems to more than 10, or leave it out. In near-realtime, set a longer buffer duration or a shorter fragment duration.',
  },
  STATUS_INVALID_CONTENT_VIEW_DURATION: { value: 0x30000002, text: '', advice: '' },
  STATUS_CONTENT_VIEW_NO_MORE_ITEMS: { value: 0x30000003, text: '', advice: '' },
  STATUS_CONTENT_VIEW_INVALID_INDEX: { value: 0x30000004, text: '', advice: '' },
  STATUS_CONTENT_VIEW_INVALID_TIMESTAMP: {
    value: 0x30000005,
    text: "A source's timestamps jump, repeat, are missing, or differ from the wall clock.",
    advice: "Check the source's timestamps and the machine's clock.",
  },
  STATUS_INVALID_CONTENT_VIEW_LENGTH: { value: 0x30000006, text: '', advice: '' },
  STATUS_MKV_INVALID_FRAME_DATA: {
    value: 0x32000001,
    text: 'A frame is empty, or does not match its codec.',
    advice: 'Check the encoder or parser upstream: it should deliver whole access units.',
  },
  STATUS_MKV_INVALID_FRAME_TIMESTAMP: {
    value: 0x32000002,
    text: "A frame's time is earlier than its cluster's.",
    advice: '',
  },
  STATUS_MKV_INVALID_CLUSTER_DURATION: {
    value: 0x32000003,
    text: 'The fragment duration is out of range.',
    advice: 'Set 1 to 30 seconds.',
  },
  STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH: {
    value: 0x32000004,
    text: 'The content type is too long.',
    advice: 'Use at most 128 bytes.',
  },
  STATUS_MKV_NUMBER_TOO_BIG: {
    value: 0x32000005,
    text: 'A number does not fit its Matroska element.',
    advice: 'Please report it with the log.',
  },
  STATUS_MKV_INVALID_CODEC_ID_LENGTH: {
    value: 0x32000006,
    text: 'The codec id is missing or too long.',
    advice: 'Set the Matroska codec id, at most 32 bytes, e.g. V_VP9.',
  },
  STATUS_MKV_INVALID_TRACK_NAME_LENGTH: {
    value: 0x32000007,
    text: 'The track name is too long.',
    advice: 'Use at most 32 bytes.',
  },
  STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH: {
    value: 0x32000008,
    text: 'The codec private data is too long.',
    advice: 'Use at most 1 MiB.',
  },
  STATUS_MKV_CODEC_PRIVATE_NULL: { value: 0x32000009, text: '', advice: '' },
  STATUS_MKV_INVALID_TIMECODE_SCALE: {
    value: 0x3200000a,
    text: 'The timecode scale is out of range.',
    advice: 'Set a whole number of nanoseconds from 100 to 1 000 000 000.',
  },
  STATUS_MKV_MAX_FRAME_TIMECODE: { value: 0x3200000b, text: '', advice: '' },
  STATUS_MKV_LARGE_FRAME_TIMECODE: {
    value: 0x3200000c,
    text: 'A frame is too far from the start of its cluster.',
    advice: 'Use a larger timecode scale, or more frequent key frames.',
  },
  STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA: {
    value: 0x3200000d,
    text: 'A frame is not a byte stream of NAL units (Annex B).',
    advice: "Set the stream format to the encoder's, or insert a parser.",
  },
  STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA: {
    value: 0x3200000e,
    text: "The lengths of a frame's NAL units do not add up.",
    advice: "Set the stream format to the encoder's, or insert a parser.",
  },
  STATUS_MKV_BOTH_ANNEXB_AND_AVCC_SPECIFIED: {
    value: 0x3200000f,
    text: 'Both directions of NAL adaptation are requested.',
    advice: 'Set ANNEXB_NALS or AVCC_NALS, not both.',
  },
  STATUS_MKV_INVALID_ANNEXB_NALU_IN_CPD: { value: 0x32000010, text: '', advice: '' },
  STATUS_MKV_PTS_DTS_ARE_NOT_SAME: { value: 0x32000011, text: '', advice: '' },
  STATUS_MKV_INVALID_H264_H265_CPD: {
    value: 0x32000012,
    text: 'The codec private data is not an avcC, an hvcC, or a list of parameter sets.',
    advice: 'Pass the codec_data of the parser, or SPS and PPS in Annex B.',
  },
  STATUS_MKV_INVALID_H264_H265_SPS_WIDTH: {
    value: 0x32000013,
    text: 'The width in the SPS is not valid.',
    advice: 'Use pictures of at most 65 535 pixels a side.',
  },
  STATUS_MKV_INVALID_H264_H265_SPS_HEIGHT: {
    value: 0x32000014,
    text: 'The height in the SPS is not valid.',
    advice: 'Use pictures of at most 65 535 pixels a side.',
  },
  STATUS_MKV_INVALID_H264_H265_SPS_NALU: {
    value: 0x32000015,
    text: 'The SPS cannot be read.',
    advice: 'Check the encoder: its parameter sets are damaged.',
  },
  STATUS_MKV_INVALID_BIH_CPD: { value: 0x32000016, text: '', advice: '' },
  STATUS_MKV_INVALID_HEVC_NALU_COUNT: { value: 0x32000017, text: '', advice: '' },
  STATUS_MKV_INVALID_HEVC_FORMAT: { value: 0x32000018, text: '', advice: '' },
  STATUS_MKV_HEVC_SPS_NALU_MISSING: {
    value: 0x32000019,
    text: 'There is no SPS in the H.265 parameter sets.',
    advice: 'Pass VPS, SPS and PPS.',
  },
  STATUS_MKV_INVALID_HEVC_SPS_NALU_SIZE: { value: 0x3200001a, text: '', advice: '' },
  STATUS_MKV_INVALID_HEVC_SPS_CHROMA_FORMAT_IDC: { value: 0x3200001b, text: '', advice: '' },
  STATUS_MKV_INVALID_HEVC_SPS_RESERVED: { value: 0x3200001c, text: '', advice: '' },
  STATUS_MKV_MIN_ANNEX_B_CPD_SIZE: { value: 0x3200001d, text: '', advice: '' },
  STATUS_MKV_ANNEXB_CPD_MISSING_NALUS: {
    value: 0x3200001e,
    text: 'A parameter set is missing in the codec private data.',
    advice: 'Pass VPS, SPS and PPS (H.265) or SPS and PPS (H.264).',
  },
  STATUS_MKV_INVALID_ANNEXB_CPD_NALUS: { value: 0x3200001f, text: '', advice: '' },
  STATUS_MKV_INVALID_TAG_NAME_LENGTH: {
    value: 0x32000020,
    text: 'The name of a metadata item is empty or too long.',
    advice: 'Use 1 to 128 bytes.',
  },
  STATUS_MKV_INVALID_TAG_VALUE_LENGTH: {
    value: 0x32000021,
    text: 'The value of a metadata item is too long.',
    advice: 'Use at most 256 bytes.',
  },
  STATUS_MKV_INVALID_GENERATOR_STATE_TAGS: { value: 0x32000022, text: '', advice: '' },
  STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX: {
    value: 0x32000023,
    text: 'The AudioSpecificConfig names no sampling rate.',
    advice: 'Pass the codec_data of the AAC parser.',
  },
  STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG: {
    value: 0x32000024,
    text: 'The AudioSpecificConfig names no channel layout.',
    advice: 'Pass the codec_data of the AAC parser.',
  },
  STATUS_MKV_INVALID_AAC_CPD: {
    value: 0x32000025,
    text: 'The AudioSpecificConfig cannot be read.',
    advice: 'Pass the codec_data of the AAC parser.',
  },
  STATUS_MKV_TRACK_INFO_NOT_FOUND: {
    value: 0x32000026,
    text: 'The stream has no such track.',
    advice: "Use a track id of the stream's track list.",
  },
  STATUS_MKV_INVALID_SEGMENT_UUID: {
    value: 0x32000027,
    text: 'The segment UID does not have 16 bytes.',
    advice: 'Pass 16 bytes, or leave it out.',
  },
  STATUS_MKV_INVALID_TRACK_UID: {
    value: 0x32000028,
    text: 'The track id is 0 or not a whole number.',
    advice: 'Use whole numbers starting at 1.',
  },
  STATUS_MKV_INVALID_CLIENT_ID_LENGTH: {
    value: 0x32000029,
    text: "The application's name is too long for the header.",
    advice: 'Use a shorter name.',
  },
  STATUS_MKV_INVALID_AMS_ACM_CPD: {
    value: 0x3200002a,
    text: 'The G.711 codec private data cannot be read.',
    advice: 'Pass a WAVEFORMATEX with format 6 or 7, or none.',
  },
  STATUS_MKV_MISSING_SPS_FROM_H264_CPD: {
    value: 0x3200002b,
    text: 'There is no SPS in the codec private data.',
    advice: 'Pass SPS and PPS in Annex B, or an avcC.',
  },
  STATUS_MKV_MISSING_PPS_FROM_H264_CPD: {
    value: 0x3200002c,
    text: 'There is no PPS in the codec private data.',
    advice: 'Pass SPS and PPS in Annex B, or an avcC.',
  },
  STATUS_MKV_INVALID_PARENT_TYPE: { value: 0x3200002d, text: '', advice: '' },
} as const satisfies Record<string, StatusRow>;
