import type { Fault, FaultKind } from './fault.ts';
import { FAULT_TABLE, type FaultField, type FaultKindRow } from './fault-table.ts';

/** A kind's row, for whoever does not ask about one kind alone. */
export function faultRow(kind: FaultKind): FaultKindRow {
  return FAULT_TABLE[kind];
}

/** Every kind, in the order of the table. */
export const FAULT_KINDS = Object.keys(FAULT_TABLE) as readonly FaultKind[];

/**
 * Reads a fault that came from outside.
 * @param operations Names of the operations that there are; letter case does not matter.
 * @throws RangeError with a sentence for the first thing that is wrong with it.
 */
export function parseFault(value: unknown, operations: readonly string[]): Fault {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RangeError('A fault must be a JSON object, such as {"kind":"drop"}');
  }
  const { kind: asked, ...given } = value as Readonly<Record<string, unknown>>;
  const kind = FAULT_KINDS.find((name) => name === asked);
  if (kind === undefined) {
    const what = asked === undefined ? 'A fault needs a kind' : `There is no fault ${shown(asked)}`;
    throw new RangeError(`${what}: ${FAULT_KINDS.join(', ')}`);
  }
  const { fields } = faultRow(kind);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(fields, name)) {
      const names = Object.keys(fields).join(', ');
      throw new RangeError(`The fault ${kind} has no ${shown(name)}: ${names}`);
    }
  }
  const fault: Record<string, unknown> = { kind };
  for (const [name, field] of Object.entries(fields)) {
    const item = given[name];
    if (item !== undefined && item !== null) {
      fault[name] = checked(field, item, `The ${name} of the fault ${kind}`);
    } else if (field.isRequired) {
      throw new RangeError(`The fault ${kind} needs ${name}: ${field.text}`);
    }
  }
  const { operation } = fault;
  if (typeof operation === 'string') fault['operation'] = known(operation, operations);
  if (fault['afterFragments'] !== undefined && (fault['operation'] ?? 'PutMedia') !== 'PutMedia') {
    throw new RangeError(`afterFragments is for PutMedia, not for ${fault['operation']}`);
  }
  // Each field was checked against the row, which has the fields of the type.
  return fault as Fault;
}

function checked(field: FaultField, value: unknown, what: string): unknown {
  switch (field.type) {
    case 'integer': {
      const { min, max } = field;
      if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max) return value;
      throw new RangeError(
        `${what} must be a whole number from ${min} to ${max}, not ${shown(value)}`,
      );
    }
    case 'text': {
      const { maxLength } = field;
      if (typeof value === 'string' && value !== '' && value.length <= maxLength) return value;
      throw new RangeError(
        `${what} must be a text of 1 to ${maxLength} characters, not ${shown(value)}`,
      );
    }
    case 'choice': {
      const { choices } = field;
      if (choices.some((choice) => choice === value)) return value;
      throw new RangeError(`${what} must be one of ${choices.join(', ')}, not ${shown(value)}`);
    }
  }
}

function known(operation: string, operations: readonly string[]): string {
  const name = operations.find((each) => each.toLowerCase() === operation.toLowerCase());
  if (name !== undefined) return name;
  throw new RangeError(`There is no operation ${shown(operation)}: ${operations.join(', ')}`);
}

/** A value as JSON has it, cut so that a hostile body is not echoed whole. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
