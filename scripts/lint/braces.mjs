// Braces: a statement that stands on the line of its `if`, `else` or loop has none, every other has
// them, and the branches of one `if` are alike.
import { walk } from './source.mjs';

/** biome.json's. */
const LINE_WIDTH = 100;

const LOOPS = ['ForOfStatement', 'ForInStatement', 'ForStatement', 'WhileStatement'];

/** What keeps its braces although it is one statement: it has a body or a scope of its own. */
const OWN_BODY = /^(If|For|ForOf|ForIn|While|DoWhile|Try|Switch)Statement$|Declaration$/;

/** Where a file has braces too many or too few, as `LINE: what to do`. */
export function braceProblems(source) {
  const problems = [];
  const elseIfs = new Set();
  walk(source.tree, (node) => {
    if (LOOPS.includes(node.type)) judge([node.body]);
    if (node.type !== 'IfStatement' || elseIfs.has(node)) return;
    const bodies = [];
    let last = node;
    for (; last.alternate?.type === 'IfStatement'; last = last.alternate) {
      bodies.push(last.consequent);
      elseIfs.add(last.alternate);
    }
    judge([...bodies, last.consequent, ...(last.alternate ? [last.alternate] : [])]);
  });
  return problems;

  function judge(bodies) {
    const areShort = bodies.every((body) => isShort(source, body));
    for (const body of bodies) {
      const hasBraces = body.type === 'BlockStatement';
      if (hasBraces !== areShort) continue;
      const advice = areShort ? 'no braces: it fits on the line' : 'braces: it is not on one line';
      problems.push(`${source.lineOf(body)}: ${advice}`);
    }
  }
}

/** Whether a body stands, or could stand, on the line of its head. */
function isShort(source, body) {
  const head = source.beforeOn(body);
  if (body.type !== 'BlockStatement') return head.trim() !== '' && isOneLine(source.textOf(body));
  const [statement] = body.stmts;
  if (body.stmts.length !== 1 || OWN_BODY.test(statement.type)) return false;
  const text = source.textOf(statement);
  const isAlone = source.textOf(body).slice(1, -1).trim() === text;
  // A head of several lines ends in `) {`, and the formatter would break what follows it too.
  const isHeadOnLine = /^\s*(\} )?(else|if|for|while)\b/.test(head);
  return isAlone && isHeadOnLine && isOneLine(text) && head.length + text.length <= LINE_WIDTH;
}

function isOneLine(text) {
  return !text.includes('\n');
}
