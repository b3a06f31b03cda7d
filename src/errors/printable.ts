/** C0 and C1 control characters and DEL, but for tab and line feed. */
const CONTROL = /(?![\t\n])\p{Cc}/gu;

/**
 * The text with control characters as `\xNN`: what a service or a file says must not move the cursor
 * of whoever reads it in a terminal (CWE-150, https://cwe.mitre.org/data/definitions/150.html).
 */
export function printable(text: string): string {
  return text.replace(
    CONTROL,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
