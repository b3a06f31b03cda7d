/** Environment variables, as process.env has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable's value; an empty one counts as unset, as in AWS's SDKs. */
export function variable(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value === '' ? undefined : value;
}

/** True for `true` in any case. Upstream looks only at how the value begins. */
export function isTrue(env: Environment, name: string): boolean {
  return /^true/i.test(env[name]?.trim() ?? '');
}
