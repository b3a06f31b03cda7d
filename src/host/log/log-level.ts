import type { LogFields } from '../../runtime/logger.ts';

/** Levels of the `log-level` property, most important first. */
export const LOG_LEVELS = ['error', 'warning', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** ` [key:value, key:value]`, or nothing. */
export function formatFields(fields: LogFields): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) parts.push(`${name}:${fieldText(value)}`);
  }
  return parts.length === 0 ? '' : ` [${parts.join(', ')}]`;
}

/** What was measured has digits that nobody reads. */
function fieldText(value: unknown): string {
  return typeof value === 'number' ? String(Number(value.toFixed(3))) : String(value);
}
