import type Hls from 'hls.js';

let loading: Promise<typeof Hls | undefined> | undefined;

/** hls.js is loaded when it is first needed: watching live does without. */
export function loadHls(): Promise<typeof Hls | undefined> {
  loading ??= new Promise((resolve) => {
    const script = document.createElement('script');
    script.src = '/page/hls.js';
    script.addEventListener('load', () => resolve((window as { Hls?: typeof Hls }).Hls));
    script.addEventListener('error', () => {
      // The service may be back when it is next needed.
      loading = undefined;
      resolve(undefined);
    });
    document.head.append(script);
  });
  return loading;
}
