import type { OpenSpool } from './opening.ts';
import type { SpoolFiles } from './spool-files.ts';

type State =
  /** Not open, and being opened or to be opened when it is needed. */
  | { readonly kind: 'closed'; readonly opening?: Promise<SpoolFiles> }
  | { readonly kind: 'open'; readonly spool: OpenSpool }
  | { readonly kind: 'ended' };

/** Opens a spool when it is needed, once; after a failure, the next time that it is needed. */
export class SpoolOpener {
  readonly #openSpool: () => Promise<OpenSpool>;
  readonly #onOpen: (spool: OpenSpool) => void;
  #state: State = { kind: 'closed' };

  /** @param onOpen called before those who wait for the spool go on */
  constructor(openSpool: () => Promise<OpenSpool>, onOpen: (spool: OpenSpool) => void) {
    this.#openSpool = openSpool;
    this.#onOpen = onOpen;
  }

  /** Undefined unless it is open. */
  get spool(): OpenSpool | undefined {
    return this.#state.kind === 'open' ? this.#state.spool : undefined;
  }

  get hasEnded(): boolean {
    return this.#state.kind === 'ended';
  }

  /** @throws what opening it throws, and Error after its end */
  open(): Promise<SpoolFiles> {
    const state = this.#state;
    switch (state.kind) {
      case 'open':
        return Promise.resolve(state.spool.files);
      case 'ended':
        return Promise.reject(new Error('the spool was closed'));
      case 'closed': {
        const opening = state.opening ?? this.#openNow();
        if (state.opening === undefined) this.#state = { kind: 'closed', opening };
        return opening;
      }
    }
  }

  /** What is open when the attempt that is under way, if any, is over. */
  async settled(): Promise<OpenSpool | undefined> {
    if (this.#state.kind === 'closed') await this.#state.opening?.catch(() => {});
    return this.spool;
  }

  /** It is not opened any more; who uses it now lets go of it. */
  end(): void {
    this.#state = { kind: 'ended' };
  }

  async #openNow(): Promise<SpoolFiles> {
    try {
      const spool = await this.#openSpool();
      this.#state = { kind: 'open', spool };
      this.#onOpen(spool);
      return spool.files;
    } catch (error) {
      this.#state = { kind: 'closed' };
      throw error;
    }
  }
}
