import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { packageRoot } from '../../src/runtime/package-root.ts';

/** A linter's finding: `LINE: what to do`. */
type Linter = (source: unknown) => string[];

const folder = join(packageRoot, 'scripts/lint');
const { readSource }: { readSource: (text: string) => unknown } = await import(
  join(folder, 'source.mjs')
);
const { braceProblems }: { braceProblems: Linter } = await import(join(folder, 'braces.mjs'));
const { errorTextProblems }: { errorTextProblems: Linter } = await import(
  join(folder, 'error-texts.mjs')
);
const { fileNameProblems }: { fileNameProblems: (paths: string[]) => string[] } = await import(
  join(folder, 'file-names.mjs')
);

const LONG = 'x'.repeat(91);

suite('braces', () => {
  const none = '1: no braces: it fits on the line';
  const some = (line: number) => `${line}: braces: it is not on one line`;
  for (const [what, code, expected] of [
    ['a guard on its line has none', 'if (a) b();', []],
    ['a guard that fits on its line has none', 'if (a) {\n  b();\n}', [none]],
    ['a guard that does not fit has them', `if (a) {\n  ${LONG}();\n}`, []],
    ['a guard on the line below has them', `if (a)\n  ${LONG}();`, [some(2)]],
    ['a statement of several lines has them', 'if (a) b({\n  c,\n});', [some(1)]],
    ['an object in one statement is no reason', 'if (a) {\n  b({\n    c,\n  });\n}', []],
    ['a condition of several lines has them', 'if (\n  a\n) {\n  b();\n}', []],
    ['a comment keeps them', 'if (a) {\n  // Why.\n  b();\n}', []],
    ['two statements keep them', 'if (a) {\n  b();\n  c();\n}', []],
    ['a declaration keeps them', 'if (a) {\n  const b = 1;\n}', []],
    ['a loop within keeps them', 'if (a) {\n  for (;;) b();\n}', []],
    [
      'loops are judged too',
      'for (const a of b) {\n  c(a);\n}\nwhile (d) {\n  e();\n}',
      [none, '4: no braces: it fits on the line'],
    ],
    [
      'branches are alike: without',
      'if (a) b();\nelse {\n  c();\n}',
      ['2: no braces: it fits on the line'],
    ],
    [
      'branches are alike: with',
      `if (a) b();\nelse if (c) {\n  d();\n  e();\n} else f();`,
      [some(1), some(5)],
    ],
    ['characters count, not bytes', `if (a) {\n  b('${'é'.repeat(85)}');\n}`, [none]],
  ] as const) {
    test(what, () => {
      assert.deepEqual(braceProblems(readSource(code)), expected);
    });
  }
});

suite('texts of errors', () => {
  const kvs = (text: string) => `throw new KvsError('STATUS_X', ${text});`;
  for (const [what, code, expected] of [
    ['a sentence without its dot', kvs("'It broke'"), []],
    ['a final dot', kvs("'It broke.'"), [/^1: .* without a dot: 'It broke\.'$/]],
    ['a dot after a value', kvs('`It has ${n} bytes.`'), [/without a dot/]],
    ['a dot at the end of a long text', kvs("`It has ${n} ` + 'bytes.'"), [/without a dot/]],
    ['a dot in one of two texts', kvs("a ? 'It broke' : 'It tore.'"), [/'It tore\.'/]],
    ['a dot in a constant', `const text = 'It broke.';\n${kvs('text')}`, [/^1: .*a dot/]],
    ['a small letter', kvs("'it broke'"), [/begins with a capital letter/]],
    ['a number', kvs("'2 of them broke'"), []],
    ['a value', kvs('`${what} broke`'), []],
    ['a property', kvs("'access-key is set'"), []],
    ['a field', kvs("'trackId is 0'"), []],
    [
      "a function's argument that becomes the text",
      "function bad(what) {\n  return new KvsError('STATUS_X', what);\n}\nthrow bad('it broke.');",
      [/^4: .*a dot/, /^4: .*capital/],
    ],
    ['a reason that others embed', "throw new Error('it is no file');", []],
    ['a reason with a dot', "throw new Error('it is no file.');", [/without a dot/]],
    ["AWS's wording", "throw new ServiceError('X', 400, 'The stream is gone.');", []],
  ] as const) {
    test(what, () => {
      const problems = errorTextProblems(readSource(code));
      assert.equal(problems.length, expected.length, problems.join('\n'));
      for (const [place, each] of expected.entries()) assert.match(problems[place] ?? '', each);
    });
  }
});

test('a file has a name of its own, which says what is in it', () => {
  const problems = fileNameProblems([
    'src/host/main.ts',
    'src/cli/main.ts',
    'src/host/start.ts',
    'src/cli/start.ts',
    'src/errors/status/client.ts',
    'src/aws/client.ts',
    'src/aws/signing/signer.ts',
    'src/local/signer.ts',
    'src/storage/types.ts',
    'test/storage/types.ts',
  ]);
  assert.deepEqual(problems, [
    'src/local/signer.ts: is named like src/aws/signing/signer.ts',
    'src/storage/types.ts: name it after what is in it',
  ]);
});

test("a module's function is declared; arrows are for the rest", (t) => {
  const temporary = mkdtempSync(join(tmpdir(), 'kvs-lint-'));
  t.after(() => rmSync(temporary, { recursive: true }));
  const plugins = [join(folder, 'function-declarations.grit')];
  writeFileSync(join(temporary, 'biome.json'), JSON.stringify({ plugins }));
  const biome = join(packageRoot, 'node_modules/@biomejs/biome/bin/biome');
  const complaints = (input: string) => {
    writeFileSync(join(temporary, 'some.ts'), input);
    const options = { cwd: temporary, encoding: 'utf8' } as const;
    const { stderr } = spawnSync(process.execPath, [biome, 'lint', 'some.ts'], options);
    assert.match(stderr, /Found|Checked 1 file/);
    return [...stderr.matchAll(/Declare a module's function/g)].length;
  };
  assert.equal(complaints('export const twice = (n: number) => 2 * n;\n'), 1);
  assert.equal(complaints('const later = async () => {};\nlater();\n'), 1);
  for (const fine of [
    'export function twice(n: number) {\n  return 2 * n;\n}\n',
    'export function of() {\n  const twice = (n: number) => 2 * n;\n  return twice;\n}\n',
    'class Some {\n  twice() {\n    const n = (m: number) => m;\n    return n;\n  }\n}\nnew Some();\n',
    "import type { Maker } from './maker.ts';\nexport const make: Maker = (n) => n;\n",
  ]) {
    assert.equal(complaints(fine), 0, fine);
  }
});
