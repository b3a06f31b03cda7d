/** A string or object field of a serialised structure, without its type and escapes. */
export function structureField(structure: string | undefined, name: string): string | undefined {
  const match = structure?.match(
    new RegExp(`[ ,]${name}=\\([^)]*\\)(?:"((?:[^"\\\\]|\\\\.)*)"|([^,;]*))`),
  );
  const value = match?.[1] ?? match?.[2];
  return value?.replace(/\\(.)/g, '$1').replace(/^\([^)]*\) /, '');
}
