/**
 * Keeps the SDK from printing, at each start on Node 20, that versions of it published later will need
 * Node 22. Which SDK is installed is this package's decision and nothing the user of a pipeline can act
 * on. Somebody who has set the variable is not overruled.
 */
export function silenceVersionWarning(): void {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
}
