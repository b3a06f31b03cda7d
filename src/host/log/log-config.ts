import { readFileSync } from 'node:fs';
import type { LogLevel } from './log-level.ts';

/** What a log4cplus properties file asks for, as far as it is honoured: level and one file. */
export type LogConfig = {
  /** Of the root logger; undefined for OFF. */
  readonly level: LogLevel | undefined;
  /** `File` of the first file appender that the root logger names. */
  readonly file: string | undefined;
};

/** log4cplus's levels in ours; its FATAL and TRACE have no equivalent of their own. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  FATAL: 'error',
  ERROR: 'error',
  WARN: 'warning',
  INFO: 'info',
  DEBUG: 'debug',
  TRACE: 'debug',
  ALL: 'debug',
};

/**
 * Reads the file that `log-config` names, as applications have it for upstream. Undefined when it
 * is not there, which is no error: the property's default names a file that few have.
 */
export function readLogConfig(path: string): LogConfig | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  return parseLogConfig(text);
}

/**
 * As readLogConfig, of the file's text.
 * @param environment what `${NAME}` in a value stands for
 */
export function parseLogConfig(
  text: string,
  environment: NodeJS.ProcessEnv = process.env,
): LogConfig | undefined {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(log4cplus\.[\w.]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) {
      values.set(match[1], expanded(match[2], environment));
    }
  }
  const root = values.get('log4cplus.rootLogger');
  if (root === undefined) return undefined;
  const [level = '', ...appenders] = root.split(',').map((word) => word.trim());
  const file = appenders
    .map((name) => `log4cplus.appender.${name}`)
    .filter((name) => values.get(name)?.includes('FileAppender'))
    .map((name) => values.get(`${name}.File`))
    .find((name) => name !== undefined && name !== '');
  return { level: LEVELS[level.toUpperCase()], file };
}

/**
 * With the environment's variables in place of `${NAME}`; one that is not set, or empty, stays as it
 * is written, as with log4cplus (https://log4cplus.github.io/log4cplus/, PropertyConfigurator).
 */
function expanded(value: string, environment: NodeJS.ProcessEnv): string {
  return value.replace(/\$\{([^}]*)\}/g, (written, name: string) => environment[name] || written);
}
