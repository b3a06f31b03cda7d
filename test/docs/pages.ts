import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/runtime/package-root.ts';

/** Every page of the project, by its path in the repository. */
export const PAGES: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(packageRoot, 'docs'), { recursive: true })
    .map((name) => join('docs', String(name)))
    .filter((name) => name.endsWith('.md'))
    .sort(),
];

export function readPage(page: string): string {
  return readFileSync(join(packageRoot, page), 'utf8');
}

export type Block = { readonly language: string; readonly lines: readonly string[] };

/** The fenced blocks of a page. */
export function blocksOf(page: string): Block[] {
  return [...readPage(page).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language: language ?? '',
    lines: (text ?? '').trimEnd().split('\n'),
  }));
}

/** The shell commands of a page: one for each, however many lines it takes; no comments. */
export function commandsOf(page: string): string[] {
  const commands: string[] = [];
  for (const { lines } of blocksOf(page).filter(({ language }) => language === 'sh')) {
    let open = '';
    let ending: string | undefined;
    for (const line of lines) {
      if (ending !== undefined) {
        open += `\n${line}`;
        if (line === ending) ending = undefined;
        else continue;
      } else {
        const bare = line.replace(/(^|\s{2,})#.*$/, '').trimEnd();
        if (bare.trim() === '') continue;
        open += open === '' ? bare.trim() : ` ${bare.trim()}`;
        ending = /<<'(\w+)'$/.exec(bare)?.[1];
        if (ending !== undefined || open.endsWith('\\')) {
          open = open.replace(/\s*\\$/, '');
          continue;
        }
        if (/^(for|if|while)\b/.test(open) && !/\b(done|fi)$/.test(open)) {
          open += ';';
          continue;
        }
      }
      commands.push(open);
      open = '';
    }
    if (open !== '') commands.push(open);
  }
  return commands;
}

/** The anchor that GitHub gives to a heading. */
export function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

/** The anchors of a page; a heading that comes again has a number. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const text = readPage(page).replace(/^```[\s\S]*?^```$/gm, '');
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = anchorOf(heading);
    let name = anchor;
    for (let again = 1; anchors.has(name); again++) name = `${anchor}-${again}`;
    anchors.add(name);
  }
  return anchors;
}
