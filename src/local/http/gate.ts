import type { RequestHandler } from './request-handler.ts';

/** Holds requests back until what answers them is there. */
export class Gate {
  readonly handler: RequestHandler;
  readonly open: (handler: RequestHandler) => void;

  constructor() {
    let resolve: (handler: RequestHandler) => void = () => {};
    const opened = new Promise<RequestHandler>((done) => {
      resolve = done;
    });
    let current: RequestHandler = (...request) => {
      opened.then((handler) => handler(...request));
    };
    this.handler = (...request) => current(...request);
    this.open = (handler) => {
      current = handler;
      resolve(handler);
    };
  }
}
