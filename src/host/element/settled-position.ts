import type { NeededFrom } from '../../producer/info/frame.ts';
import type { SendToElement } from '../wire/host-message.ts';
import { HostMessage } from '../wire/wire.ts';

/**
 * Tells the element from where in its bytes on a host that replaces this one has to go on. What is
 * before that was acknowledged by the service, or left out and reported.
 */
export class SettledPosition {
  readonly #send: SendToElement;
  #toldFrames = 0;
  #toldMetadata = 0;

  constructor(send: SendToElement) {
    this.#send = send;
  }

  /**
   * @param needed what the core still holds
   * @param gathered where what has not reached the core begins
   */
  tell({ frames, metadata }: NeededFrom, gathered: number): void {
    const from = Math.min(frames, gathered);
    const metadataFrom = Math.min(metadata, from);
    if (from === this.#toldFrames && metadataFrom === this.#toldMetadata) return;
    this.#toldFrames = from;
    this.#toldMetadata = metadataFrom;
    const payload = metadataFrom < from ? String(metadataFrom) : '';
    this.#send(HostMessage.settled, from, payload);
  }
}
