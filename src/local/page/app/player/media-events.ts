/** Resolves at the event; rejects when aborted, or at the target's error event. */
export function nextEvent(target: EventTarget, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new DOMException('It is over', 'AbortError'));
      return;
    }
    const over = new AbortController();
    const end = (then: () => void) => () => {
      over.abort();
      then();
    };
    const options = { once: true, signal: over.signal };
    target.addEventListener(name, end(resolve), options);
    target.addEventListener(
      'error',
      end(() => reject(new Error(`${name} did not come`))),
      options,
    );
    signal.addEventListener(
      'abort',
      end(() => reject(new DOMException('It is over', 'AbortError'))),
      options,
    );
  });
}

/** What is there but cannot be shown: trying again would not help. Its message is for people. */
export class Unplayable extends Error {}

/** The sentence in which the service refuses something. */
export async function refusalOf(answer: Response): Promise<string> {
  const found = sentenceIn(await answer.text().catch(() => ''));
  return found ?? `The service answered ${answer.status} ${answer.statusText}`;
}

/** The sentence in the body of a refusal; undefined when there is none. */
export function sentenceIn(body: string): string | undefined {
  try {
    const { message, Message } = JSON.parse(body) as { message?: unknown; Message?: unknown };
    const text = message ?? Message;
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
