/** What came as JSON from the network: its fields are what they are said to be, or not there. */
export class JsonFields {
  readonly #value: Readonly<Record<string, unknown>>;

  /** @param value Anything; what is no object has no fields. */
  constructor(value: unknown) {
    const isObject = typeof value === 'object' && value !== null;
    this.#value = isObject ? (value as Record<string, unknown>) : {};
  }

  text(name: string): string | undefined {
    const value = this.#value[name];
    return typeof value === 'string' ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.#value[name];
    return typeof value === 'number' ? value : undefined;
  }

  object(name: string): JsonFields {
    return new JsonFields(this.#value[name]);
  }

  objects(name: string): readonly JsonFields[] {
    const value = this.#value[name];
    return Array.isArray(value) ? value.map((item) => new JsonFields(item)) : [];
  }

  /** Its own fields that are texts. */
  texts(): Record<string, string> {
    const texts = Object.entries(this.#value).filter(([, value]) => typeof value === 'string');
    return Object.fromEntries(texts) as Record<string, string>;
  }
}
