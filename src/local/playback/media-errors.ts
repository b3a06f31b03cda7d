import { EBML_HEADER, SEGMENT_START, tagsElement } from '../fragments/fragment-elements.ts';

const NOT_FOUND = 'FRAGMENT_NOT_FOUND';

/**
 * What GetMedia sends in place of media, and then ends, when the fragment that it is to start
 * behind does not exist: 4000 of
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_dataplane_GetMedia.html
 */
export function noSuchStart(): Uint8Array[] {
  return errorDocument([
    ['AWS_KINESISVIDEO_ERROR_CODE', NOT_FOUND],
    ['AWS_KINESISVIDEO_ERROR_ID', '4000'],
  ]);
}

/**
 * What GetMediaForFragmentList sends in place of a fragment that does not exist, and then ends. The
 * first three tags are those that AWS was seen to send (https://github.com/aws/aws-sdk-js/issues/3217),
 * the others those that it documents:
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_reader_GetMediaForFragmentList.html
 */
export function noSuchFragment(number: string): Uint8Array[] {
  return errorDocument([
    ['AWS_KINESISVIDEO_ERROR_CODE', NOT_FOUND],
    ['AWS_KINESISVIDEO_ERROR_ID', '3000'],
    ['AWS_KINESISVIDEO_FRAGMENT_NUMBER', number],
    ['AWS_KINESISVIDEO_EXCEPTION_ERROR_CODE', '3000'],
    ['AWS_KINESISVIDEO_EXCEPTION_MESSAGE', NOT_FOUND],
  ]);
}

function errorDocument(tags: readonly (readonly [name: string, value: string])[]): Uint8Array[] {
  return [EBML_HEADER, SEGMENT_START, tagsElement(tags)];
}
