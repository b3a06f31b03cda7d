// The reference of the API as pages: from the declaration files of the package, doc comments and all.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './run.mjs';

/** The pages by their names, in the order in which they are read: the later ones refer to the first. */
const PAGES = {
  'kvs-launch': { entry: 'index', about: 'The producer: streams, sources, errors and logs.' },
  'kvs-launch/consumer': {
    entry: 'consumer',
    about: 'The consumer: what a stream has, read back.',
  },
  'kvs-launch/local': { entry: 'local', about: 'The local service, for tests.' },
};
const SECTIONS = ['Classes', 'Functions', 'Types', 'Constants'];
const WIDTH = 120;
/** What is a table of hundreds of rows, and has a page of its own. */
const ELSEWHERE = new Map([
  ['STATUS', 'The rows are those of [errors.md](../../2-use/errors.md).'],
]);

/** @returns text of docs/3-program/reference/NAME.md, by the file's name. */
export function referencePages() {
  const pages = new Map();
  const known = new Map();
  for (const [name, { entry, about }] of Object.entries(PAGES)) {
    const all = declarationsOf(entry);
    const own = all.filter((each) => !known.has(each.name));
    const file = `${entry === 'index' ? 'producer' : entry}.md`;
    for (const each of own) known.set(each.name, `${file}#${each.name.toLowerCase()}`);
    const places = new Map(all.map((each) => [each.name, known.get(each.name).replace(file, '')]));
    const parts = [
      `# ${name}`,
      `${about} Written by \`npm run docs:api\` from the doc comments of the sources.`,
    ];
    for (const section of SECTIONS) {
      const members = own.filter((each) => each.section === section);
      if (members.length > 0) parts.push(`## ${section}`);
      for (const each of members) parts.push(...describe(each, places));
    }
    const shared = all.filter((each) => !own.includes(each));
    if (shared.length > 0) {
      parts.push(
        '## The same as in kvs-launch',
        wrap(
          list(
            shared.map((each) => each.name),
            places,
          ),
        ),
      );
    }
    pages.set(file, `${parts.join('\n\n')}\n`);
  }
  return pages;
}

function describe({ name, prose, code, mentions }, places) {
  const parts = [`### ${name}`, ...prose];
  if (ELSEWHERE.has(name)) return [...parts, ELSEWHERE.get(name)];
  parts.push(`\`\`\`ts\n${code}\n\`\`\``);
  const linked = mentions.filter((each) => each !== name && places.has(each));
  return linked.length > 0 ? [...parts, wrap(`See also ${list(linked, places)}`)] : parts;
}

function list(names, places) {
  return `${names.map((name) => `[${name}](${places.get(name)})`).join(', ')}.`;
}

/** The exported declarations of a roll-up, by name. */
function declarationsOf(entry) {
  // The extractor's own TypeScript: that of the project has no API for programs.
  const ts = createRequire(createRequire(import.meta.url).resolve('@microsoft/api-extractor'))(
    'typescript',
  );
  const path = join(root, 'dist', 'types', `${entry}.d.ts`);
  const source = ts.createSourceFile(
    path,
    readFileSync(path, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const sections = {
    [ts.SyntaxKind.ClassDeclaration]: 'Classes',
    [ts.SyntaxKind.FunctionDeclaration]: 'Functions',
    [ts.SyntaxKind.TypeAliasDeclaration]: 'Types',
    [ts.SyntaxKind.VariableStatement]: 'Constants',
  };
  return source.statements
    .filter((statement) => sections[statement.kind] !== undefined)
    .map((statement) => ({
      name: (statement.name ?? statement.declarationList.declarations[0].name).text,
      section: sections[statement.kind],
      prose: proseOf(statement.getFullText().slice(0, statement.getLeadingTriviaWidth())),
      code: codeOf(statement.getText()),
      mentions: mentionsIn(ts, statement),
    }))
    .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
}

/** A declaration as a reader needs it: without what is private, and what every one of them has. */
function codeOf(text) {
  return text
    .replace(/^export declare /, '')
    .replace(/^ {4}(?:#private;|private constructor\(\);)\n/gm, '')
    .replace(/^( {4})+/gm, (indent) => indent.replaceAll('    ', '  '));
}

/** The paragraphs of a doc comment; what a tag says becomes a sentence of its own. */
function proseOf(trivia) {
  const comment = /\/\*\*([\s\S]*?)\*\/\s*$/.exec(trivia)?.[1] ?? '';
  const text = comment.replace(/^[ \t]*\* ?/gm, '').trim();
  // Odd ones are code.
  return text
    .split(/^(```[\s\S]*?^```)$/gm)
    .flatMap((part, index) => (index % 2 === 1 ? [part] : paragraphsOf(part)));
}

function paragraphsOf(text) {
  return text
    .replace(/@throws (\w+)/g, '\n\nThrows $1')
    .replace(/@param (\w+) /g, '\n\n`$1`: ')
    .replace(/@returns /g, '\n\nReturns ')
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) => wrap(paragraph.replace(/\s+/g, ' ').trim()));
}

/** Names of types that a declaration refers to, each once, in order. */
function mentionsIn(ts, statement) {
  const names = new Set();
  const visit = (node) => {
    if (ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node)) {
      names.add((node.typeName ?? node.expression).getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(statement);
  return [...names];
}

function wrap(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== '' && last.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n');
}
