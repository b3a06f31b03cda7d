/** The name and value pairs of one JSON object, names in lower case. */
export type AckFields = ReadonlyMap<string, string>;

/** What the scanner found. */
export type AckScannerEvents = {
  /** An object of the answer was closed. `depth` is 1 for the outermost. */
  object(fields: AckFields, depth: number): void;
  /** Something that is not JSON; the scanner has already gone on to the next acknowledgement. */
  problem(kind: AckProblem, position: string): void;
};

/** Named after upstream's statuses for the same faults (STATUS_INVALID_ACK_…). */
export type AckProblem = 'key-start' | 'value-start' | 'value-end' | 'too-deep' | 'too-long';

/** Objects inside objects that are followed; the service nests one or two. */
const MAX_DEPTH = 8;
/** An object without an end is given up after this many bytes. */
const MAX_OBJECT_BYTES = 64 * 1024;
const MAX_KEY_LENGTH = 64;
/** Fragment numbers have up to 128 characters. */
const MAX_VALUE_LENGTH = 256;
/** One object's pairs that are kept; an acknowledgement has six. */
const MAX_FIELDS = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === LINE_FEED || byte === CARRIAGE_RETURN;
}

const WORD_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-._';

/** By byte: 1 for what may stand in a bare word. */
const WORD = new Uint8Array(256);
for (let at = 0; at < WORD_CHARACTERS.length; at += 1) WORD[WORD_CHARACTERS.charCodeAt(at)] = 1;
/** By byte: 0 for what ends a text, or is no plain part of it. */
const PLAIN_TEXT = new Uint8Array(256).fill(1);
for (const byte of [QUOTE, BACKSLASH, LINE_FEED, CARRIAGE_RETURN]) PLAIN_TEXT[byte] = 0;

/** What may stand in a bare word: letters, digits, sign, point, underscore, hyphen. */
function isWord(byte: number): boolean {
  return WORD[byte] === 1;
}

type Expected = 'object' | 'key' | 'colon' | 'value' | 'end';
type Token = 'none' | 'text' | 'word';

/** One object that is open. Arrays inside it are only counted. */
type Level = { fields: Map<string, string>; key: string; arrays: number };

/**
 * Cuts a stream of JSON objects into name and value pairs, byte by byte, so that it does not
 * matter how the network split or merged them. More tolerant than JSON, for the service's own
 * documentation shows names and values without quotes and pairs without commas; a fault costs at
 * most the object it is in, and memory is bounded whatever comes.
 */
export class AckScanner {
  readonly #events: AckScannerEvents;
  #levels: Level[] = [];
  #expected: Expected = 'object';
  #token: Token = 'none';
  #text = '';
  #isEscaped = false;
  #objectBytes = 0;

  constructor(events: AckScannerEvents) {
    this.#events = events;
  }

  /** Takes the next bytes of the answer. `bytes` is not kept. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 1) {
      if (this.#token !== 'none' && !this.#isEscaped) at = this.#takeRun(bytes, at);
      if (at < bytes.length) this.#take(bytes[at] as number);
    }
  }

  /**
   * Takes what goes on with a text or a word, as far as it is nothing but that: most of an answer.
   * @returns the offset behind it
   */
  #takeRun(bytes: Uint8Array, start: number): number {
    const isPart = this.#token === 'text' ? PLAIN_TEXT : WORD;
    const longest = Math.min(bytes.length, start + MAX_OBJECT_BYTES - this.#objectBytes);
    let end = start;
    while (end < longest && isPart[bytes[end] as number] === 1) end += 1;
    this.#objectBytes += end - start;
    const kept = Math.min(end, start + this.#limit - this.#text.length);
    for (let at = start; at < kept; at += 1) this.#text += String.fromCharCode(bytes[at] as number);
    return end;
  }

  /** The longest text that is kept. */
  get #limit(): number {
    return this.#expected === 'key' ? MAX_KEY_LENGTH : MAX_VALUE_LENGTH;
  }

  #take(byte: number): void {
    if (this.#levels.length > 0 && ++this.#objectBytes > MAX_OBJECT_BYTES) {
      this.#fail('too-long');
      return;
    }
    if (this.#token === 'text') {
      this.#takeText(byte);
      return;
    }
    if (this.#token === 'word') {
      if (isWord(byte)) {
        this.#append(byte);
        return;
      }
      this.#token = 'none';
      this.#endOfToken();
    }
    if (!isSpace(byte)) this.#takePunctuation(byte);
  }

  #takeText(byte: number): void {
    if (this.#isEscaped) {
      this.#isEscaped = false;
      this.#append(byte);
    } else if (byte === BACKSLASH) {
      this.#isEscaped = true;
    } else if (byte === QUOTE) {
      this.#token = 'none';
      this.#endOfToken();
    } else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
      // JSON has no line break inside a text: an acknowledgement was cut short.
      this.#fail('value-end');
    } else {
      this.#append(byte);
    }
  }

  #append(byte: number): void {
    if (this.#text.length < this.#limit) this.#text += String.fromCharCode(byte);
  }

  #endOfToken(): void {
    const level = this.#levels.at(-1);
    if (level === undefined) return;
    if (this.#expected === 'key') {
      level.key = this.#text.toLowerCase();
      this.#expected = 'colon';
      return;
    }
    if (level.arrays === 0) {
      if (level.fields.size < MAX_FIELDS) level.fields.set(level.key, this.#text);
      this.#expected = 'end';
    }
  }

  #takePunctuation(byte: number): void {
    const level = this.#levels.at(-1);
    if (level === undefined) {
      // Between two objects: line breaks, commas, and whatever a broken one left behind.
      if (byte === OPEN_BRACE) this.#open();
      return;
    }
    if (level.arrays > 0) {
      this.#takeInArray(level, byte);
      return;
    }
    switch (this.#expected) {
      case 'key':
        this.#takeAtKey(byte);
        break;
      case 'colon':
        this.#takeAtColon(byte);
        break;
      case 'value':
        this.#takeAtValue(level, byte);
        break;
      default:
        this.#takeAtEnd(byte);
    }
  }

  #takeAtColon(byte: number): void {
    if (byte === COLON) this.#expected = 'value';
    else this.#failAt('key-start', byte);
  }

  #takeAtKey(byte: number): void {
    if (byte === CLOSE_BRACE) this.#close();
    else if (byte === QUOTE || isWord(byte)) this.#begin(byte);
    else if (byte !== COMMA) this.#failAt('key-start', byte);
  }

  #takeAtValue(level: Level, byte: number): void {
    if (byte === OPEN_BRACE) this.#open();
    else if (byte === OPEN_BRACKET) level.arrays = 1;
    else if (byte === QUOTE || isWord(byte)) this.#begin(byte);
    else this.#failAt('value-start', byte);
  }

  #takeAtEnd(byte: number): void {
    if (byte === CLOSE_BRACE) {
      this.#close();
    } else if (byte === COMMA) {
      this.#expected = 'key';
    } else if (byte === QUOTE) {
      // The documented form has pairs without commas between them.
      this.#expected = 'key';
      this.#begin(byte);
    } else {
      this.#failAt('value-end', byte);
    }
  }

  /** Arrays are of no use to us, but what opens in them must close. */
  #takeInArray(level: Level, byte: number): void {
    if (byte === OPEN_BRACE) {
      this.#open();
    } else if (byte === OPEN_BRACKET) {
      level.arrays += 1;
    } else if (byte === CLOSE_BRACKET) {
      level.arrays -= 1;
      this.#expected = level.arrays === 0 ? 'end' : 'value';
    } else if (byte === QUOTE || isWord(byte)) {
      this.#begin(byte);
    } else if (byte === CLOSE_BRACE) {
      this.#failAt('value-end', byte);
    }
  }

  #begin(byte: number): void {
    this.#text = '';
    this.#isEscaped = false;
    if (byte === QUOTE) {
      this.#token = 'text';
    } else {
      this.#token = 'word';
      this.#append(byte);
    }
  }

  #open(): void {
    if (this.#levels.length === MAX_DEPTH) {
      this.#fail('too-deep');
      return;
    }
    if (this.#levels.length === 0) this.#objectBytes = 1;
    this.#levels.push({ fields: new Map(), key: '', arrays: 0 });
    this.#expected = 'key';
  }

  #close(): void {
    const depth = this.#levels.length;
    const level = this.#levels.pop();
    const outer = this.#levels.at(-1);
    this.#expected = outer === undefined ? 'object' : outer.arrays > 0 ? 'value' : 'end';
    if (level !== undefined) this.#events.object(level.fields, depth);
  }

  /** A brace where none may be is most likely the next acknowledgement: it is begun again there. */
  #failAt(problem: AckProblem, byte: number): void {
    this.#fail(problem);
    if (byte === OPEN_BRACE) this.#open();
  }

  #fail(problem: AckProblem): void {
    const where = this.#levels.at(-1)?.key ?? '';
    this.#levels = [];
    this.#expected = 'object';
    this.#token = 'none';
    this.#isEscaped = false;
    this.#text = '';
    this.#events.problem(problem, where);
  }
}
