// Names of files: each says alone what is in it, so that a tab, a stack trace or a search shows one
// file, and none is a drawer.
import { basename } from 'node:path';

const DRAWERS = /^(types|utils?|helpers?|misc|common|shared|constants|index)\.ts$/;

/** Tables in parts: their folder is the name, their files the subjects. And programs' entries. */
const NAMED_BY_FOLDER =
  /^src\/(errors\/status|host\/settings\/rows)\/|(^|\/)(main|start)\.ts$|^src\/index\.ts$/;

/** Which of these paths under src are named like another, or after nothing. */
export function fileNameProblems(paths) {
  const problems = [];
  const firsts = new Map();
  for (const path of paths) {
    const name = basename(path);
    if (!/^src\/.*\.ts$/.test(path) || NAMED_BY_FOLDER.test(path)) continue;
    if (DRAWERS.test(name)) problems.push(`${path}: name it after what is in it`);
    const first = firsts.get(name);
    if (first === undefined) firsts.set(name, path);
    else problems.push(`${path}: is named like ${first}`);
  }
  return problems;
}
