import type { ElementConfig } from '../wire/wire.ts';

type Value = ElementConfig['properties'][string];

/**
 * Reads an element's properties by their GStreamer names. Missing ones have their default, so that
 * a host serves an older or a newer plugin too; values of the wrong kind count as missing.
 */
export class Properties {
  readonly #values: ElementConfig['properties'];

  constructor(values: ElementConfig['properties']) {
    this.#values = values;
  }

  /** A text; empty or NULL is undefined. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** A text that upstream marks as "not set" by its own default, e.g. `access_key`. */
  unlessSentinel(name: string, sentinel: string): string | undefined {
    const value = this.text(name);
    return value === sentinel ? undefined : value;
  }

  number(name: string, fallback: number): number {
    const value = this.#values[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : fallback;
  }

  /** A 64-bit number; the plugin writes those beyond 2^53 as text. */
  bigint(name: string, fallback: bigint): bigint {
    const value = this.#values[name];
    if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
    if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return BigInt(value);
    return fallback;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#values[name];
    return typeof value === 'boolean' ? value : fallback;
  }

  /** An enum, given by its nick or by its number. */
  choice<Nick extends string>(name: string, nicks: readonly Nick[], fallback: Nick): Nick {
    const value = this.#values[name];
    if (typeof value === 'number') return nicks[value] ?? fallback;
    return nicks.find((nick) => nick === value) ?? fallback;
  }

  /** A GstStructure's fields; undefined when the property is not set. */
  structure(name: string): Readonly<Record<string, string | number | boolean>> | undefined {
    const value: Value | undefined = this.#values[name];
    return typeof value === 'object' && value !== null ? value : undefined;
  }
}
