import type { KvsError } from '../errors/kvs-error.ts';
import type { HostContext } from './element/host-context.ts';
import { HostedElement } from './element/hosted-element.ts';
import type { ElementMessageView } from './wire/element-reader.ts';
import { ElementMessage } from './wire/wire.ts';

/** Writes one message to the element with this id. */
export type SendMessage = (
  element: number,
  event: number,
  code?: number | bigint,
  payload?: string,
) => void;

/** All elements of one GStreamer process, by their ids: the same for the plugin and the addon. */
export class ElementRegistry {
  readonly #context: HostContext;
  readonly #send: SendMessage;
  readonly #sessions = new Map<number, HostedElement>();
  readonly #closing = new Set<Promise<void>>();

  constructor(context: HostContext, send: SendMessage) {
    this.#context = context;
    this.#send = send;
  }

  /** The element with this id, while it is known. */
  get(element: number): HostedElement | undefined {
    return this.#sessions.get(element);
  }

  /** Elements that are open, or closed but not settled yet. */
  get activeCount(): number {
    return this.#sessions.size + this.#closing.size;
  }

  /** Takes one message; its bytes are not needed after the call. */
  push(message: ElementMessageView): void {
    const id = message.element;
    let session = this.#sessions.get(id);
    if (session === undefined) {
      // What still comes of an element that closed, or failed to open, is of no use to anybody.
      if (message.type !== ElementMessage.open) return;
      session = new HostedElement(this.#context, (event, code, payload) =>
        this.#send(id, event, code, payload),
      );
      this.#sessions.set(id, session);
    }
    if (message.type === ElementMessage.close) this.#close(id, session);
    else session.inbox.push(message);
  }

  /** The other end is gone: every element sends what it has. Resolves when all is settled. */
  async disconnect(): Promise<void> {
    for (const [id, session] of this.#sessions) this.#close(id, session);
    await this.settled();
  }

  /** Resolves when what was closed has been settled too. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#closing);
  }

  /** The host itself has failed: every element gets the error. */
  abort(error: KvsError): void {
    for (const session of this.#sessions.values()) session.abort(error);
  }

  #close(id: number, session: HostedElement): void {
    this.#sessions.delete(id);
    const closing = session.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
