/** The header in which every answer names its request, also an answer to what is no request. */
export const REQUEST_ID = 'x-amzn-RequestId';
