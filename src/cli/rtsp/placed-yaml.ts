import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { KvsError } from '../../errors/kvs-error.ts';

/** Where something stands: keys of maps, and numbers of list items. */
export type YamlPath = readonly (string | number)[];

/** The value of a YAML or JSON text, with the lines that its parts stand in. */
export class PlacedYaml {
  readonly value: unknown;
  readonly #file: string;
  readonly #root: Node | null;
  readonly #lines = new LineCounter();

  /**
   * @param file is named in messages.
   * @throws KvsError STATUS_INVALID_ARG for what is no YAML; its text shows nothing of the file's,
   * which may be a password.
   */
  constructor(file: string, text: string) {
    this.#file = file;
    const document = parseDocument(text, {
      merge: true,
      prettyErrors: false,
      lineCounter: this.#lines,
    });
    const [error] = document.errors;
    if (error !== undefined) {
      const place = this.#lines.linePos(error.pos[0]);
      throw this.#broken(`${file}:${place.line}: no YAML: ${error.code.toLowerCase()}`, error);
    }
    this.#root = document.contents;
    try {
      this.value = document.toJS();
    } catch (cause) {
      throw this.#broken(`${file}: its aliases cannot be resolved`, cause);
    }
  }

  /** `file:line` of what stands there, or of the nearest that is around it. */
  placeOf(path: YamlPath): string {
    let node: unknown = this.#root;
    let offset: number | undefined;
    for (const step of path) {
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
        if (isScalar(pair?.key)) offset = pair.key.range?.[0] ?? offset;
        node = pair?.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        offset = (node as Node | undefined)?.range?.[0] ?? offset;
      } else {
        break;
      }
    }
    return offset === undefined ? this.#file : `${this.#file}:${this.#lines.linePos(offset).line}`;
  }

  #broken(message: string, cause: unknown): KvsError {
    return new KvsError('STATUS_INVALID_ARG', message, {
      cause,
      advice: 'A text with special characters needs quotes; lists and maps, the same indentation.',
    });
  }
}

/** `cameras[2].properties.storage-size`. */
export function pathText(path: YamlPath): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`,
    )
    .join('');
}
