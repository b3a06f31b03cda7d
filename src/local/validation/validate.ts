import { ServiceError } from '../errors/service-error.ts';
import type { Shape, ValueOf } from './shapes.ts';

/**
 * Checks a parsed JSON body against an operation's input shape and returns it typed. Every
 * violation is reported at once, in the words AWS's own front end uses.
 * @throws ServiceError InvalidArgumentException (constraints) or SerializationException (types)
 */
export function validate<S extends Shape>(shape: S, value: unknown): ValueOf<S> {
  const violations: string[] = [];
  const checked = check(shape, value, '', violations);
  if (violations.length > 0) {
    const count = violations.length;
    throw new ServiceError(
      'InvalidArgumentException',
      `${count} validation error${count === 1 ? '' : 's'} detected: ${violations.join('; ')}`,
    );
  }
  return checked as ValueOf<S>;
}

function check(shape: Shape, value: unknown, path: string, violations: string[]): unknown {
  switch (shape.kind) {
    case 'string':
      return checkString(shape, value, path, violations);
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) {
        throw wrongType(path, 'an integer');
      }
      checkRange(value, shape, 'value', value, path, violations);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw wrongType(path, 'true or false');
      return value;
    case 'timestamp':
      return checkTimestamp(value, path);
    case 'list': {
      if (!Array.isArray(value)) throw wrongType(path, 'a list');
      checkRange(value.length, shape, 'length', '[…]', path, violations);
      return value.map((item, i) =>
        check(shape.member, item, `${path}.${i + 1}.member`, violations),
      );
    }
    case 'map': {
      const entries = Object.entries(asObject(value, path));
      checkRange(entries.length, shape, 'length', '{…}', path, violations);
      for (const [key, item] of entries) {
        check(shape.key, key, path, violations);
        check(shape.value, item, `${path}.${key}.member`, violations);
      }
      return Object.fromEntries(entries);
    }
    case 'structure': {
      const object = asObject(value, path);
      const result: Record<string, unknown> = {};
      for (const [name, member] of Object.entries(shape.members)) {
        const at = path === '' ? camel(name) : `${path}.${camel(name)}`;
        const item = Object.hasOwn(object, name) ? object[name] : undefined;
        if (item !== undefined && item !== null) {
          result[name] = check(member, item, at, violations);
        } else if (shape.required.includes(name)) {
          violations.push(violation('null', at, 'Member must not be null'));
        }
      }
      return result;
    }
  }
}

function checkString(
  shape: Extract<Shape, { kind: 'string' }>,
  value: unknown,
  path: string,
  violations: string[],
): string {
  if (typeof value !== 'string') throw wrongType(path, 'a string');
  checkRange(value.length, shape, 'length', value, path, violations);
  if (shape.values !== undefined && !shape.values.includes(value)) {
    const set = shape.values.join(', ');
    violations.push(violation(value, path, `Member must satisfy enum value set: [${set}]`));
  }
  if (shape.pattern !== undefined && !wholeMatch(shape.pattern).test(value)) {
    const rule = `Member must satisfy regular expression pattern: ${shape.pattern}`;
    violations.push(violation(value, path, rule));
  }
  return value;
}

function checkRange(
  size: number,
  limits: { readonly min?: number; readonly max?: number },
  what: 'length' | 'value',
  shown: unknown,
  path: string,
  violations: string[],
): void {
  if (limits.min !== undefined && size < limits.min) {
    const rule = `Member must have ${what} greater than or equal to ${limits.min}`;
    violations.push(violation(shown, path, rule));
  }
  if (limits.max !== undefined && size > limits.max) {
    const rule = `Member must have ${what} less than or equal to ${limits.max}`;
    violations.push(violation(shown, path, rule));
  }
}

/** Timestamps are numbers of seconds in REST-JSON; some clients send ISO 8601 text. */
function checkTimestamp(value: unknown, path: string): number {
  const ms = typeof value === 'number' ? value * 1000 : Date.parse(String(value));
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) throw wrongType(path, 'a timestamp');
  return Math.round(ms);
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongType(path, 'an object');
  }
  return value as Record<string, unknown>;
}

/** Values are cut so that a hostile body is not echoed whole. */
function violation(shown: unknown, path: string, rule: string): string {
  const full = String(shown);
  const short = full.length > 300 ? `${full.slice(0, 300)}…` : full;
  const quoted = short === 'null' ? 'null' : `'${short}'`;
  return `Value ${quoted} at '${path}' failed to satisfy constraint: ${rule}`;
}

function wrongType(path: string, expected: string): ServiceError {
  const at = path === '' ? 'The request body' : `'${path}'`;
  return new ServiceError('SerializationException', `${at} must be ${expected}.`);
}

function camel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

const patterns = new Map<string, RegExp>();

/** The models' patterns are Java's: Unicode classes, and the whole value must match. */
function wholeMatch(pattern: string): RegExp {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    compiled = new RegExp(`^(?:${pattern})$`, 'u');
    patterns.set(pattern, compiled);
  }
  return compiled;
}
