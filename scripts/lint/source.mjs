// A source file as its linters see it.
import { parseSync } from '@swc/core';

/**
 * @typedef {object} Source
 * @property {object} tree The module.
 * @property {(node: object) => string} textOf A node's text.
 * @property {(node: object) => number} lineOf The number of the line on which a node begins.
 * @property {(node: object) => string} beforeOn What stands before a node on its first line.
 */

/** Reads TypeScript or JavaScript. @returns {Source} */
export function readSource(text) {
  const tree = parseSync(text, { syntax: 'typescript' });
  // The parser counts bytes, from 1 on: a string of bytes has them at their index.
  const bytes = Buffer.from(text).toString('latin1');
  const characters = (from, to) => Buffer.from(bytes.slice(from, to), 'latin1').toString();
  return {
    tree,
    textOf: ({ span }) => characters(span.start - 1, span.end - 1),
    lineOf: ({ span }) => bytes.slice(0, span.start - 1).split('\n').length,
    beforeOn: ({ span }) => characters(bytes.lastIndexOf('\n', span.start - 2) + 1, span.start - 1),
  };
}

/** Calls `visit` for each node, a parent before its children. */
export function walk(node, visit) {
  if (Array.isArray(node)) for (const item of node) walk(item, visit);
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
  if (typeof node.type === 'string') visit(node);
  for (const value of Object.values(node)) walk(value, visit);
}
