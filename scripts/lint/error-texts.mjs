// Texts of errors: others embed them (`Stream door has ended: ${message}`, `MESSAGE [STATUS]`), so they
// have no final dot. One of the project's own errors begins with a capital letter, or with what it
// is about as the user writes it (credential-path, trackId). The local service's answers are not
// judged: they are worded as AWS words them.
import { walk } from './source.mjs';

/** Where the text stands among the arguments. */
const TEXT_OF = {
  KvsError: 1,
  DataFolderError: 1,
  Error: 0,
  TypeError: 0,
  RangeError: 0,
};
const OWN = ['KvsError', 'DataFolderError'];

/** `kvssink`-like words are written as they are: with a hyphen, a dot or a capital inside. */
const PLAIN_WORD = /^[a-z]+(?![A-Za-z]|[-.:][a-z])/;

/** Where a file has an error text of another form, as `LINE: what is wrong: TEXT`. */
export function errorTextProblems(source) {
  const problems = [];
  const makers = makersOf(source.tree);
  const constants = constantsOf(source.tree);
  walk(source.tree, (node) => {
    const name = node.callee?.value ?? node.callee?.property?.value;
    if (node.type === 'NewExpression' && name in TEXT_OF) {
      judge(node.arguments?.[TEXT_OF[name]]?.expression, OWN.includes(name));
    }
    const maker = node.type === 'CallExpression' ? makers.get(name) : undefined;
    if (maker !== undefined) judge(node.arguments[maker.place]?.expression, maker.isOwn);
  });
  return [...new Set(problems)];

  function judge(text, isOwn) {
    if (text?.type === 'ConditionalExpression') {
      judge(text.consequent, isOwn);
      judge(text.alternate, isOwn);
    } else if (text?.type === 'Identifier') {
      for (const constant of constants.get(text.value) ?? []) judge(constant, isOwn);
    } else if (text !== undefined) {
      const { first, last } = endsOf(text);
      const report = (what) => {
        problems.push(
          `${source.lineOf(text)}: ${what}: ${source.textOf(text).replace(/\s+/g, ' ')}`,
        );
      };
      if (last.endsWith('.')) report('a text of an error ends without a dot');
      const isSmall = isOwn && PLAIN_WORD.test(first);
      if (isSmall) report('a text of an error begins with a capital letter');
    }
  }
}

/** Functions that put one of their arguments into an error as it is: their calls are judged. */
function makersOf(tree) {
  const makers = new Map();
  walk(tree, (node) => {
    const { identifier, key } = node;
    const name = (identifier ?? key)?.value;
    const isFunction = node.type === 'FunctionDeclaration' || node.type.endsWith('Method');
    if (!isFunction || name === undefined) return;
    const parameters = (node.params ?? node.function.params).map(({ pat, ...rest }) => pat ?? rest);
    walk(node.body ?? node.function.body, (inner) => {
      if (inner.type !== 'NewExpression' || !(inner.callee.value in TEXT_OF)) return;
      const text = inner.arguments?.[TEXT_OF[inner.callee.value]]?.expression;
      const place = parameters.findIndex((each) => text?.value && each.value === text.value);
      if (place >= 0) makers.set(name, { place, isOwn: OWN.includes(inner.callee.value) });
    });
  });
  return makers;
}

/** What a file's constants of a name are set to. */
function constantsOf(tree) {
  const constants = new Map();
  walk(tree, (node) => {
    if (node.type !== 'VariableDeclarator' || node.init === null) return;
    const values = constants.get(node.id.value) ?? [];
    constants.set(node.id.value, [...values, node.init]);
  });
  return constants;
}

/** A text's literal beginning and end; '' where a value stands. */
function endsOf(text) {
  if (text.type === 'StringLiteral') return { first: text.value, last: text.value };
  if (text.type === 'TemplateLiteral') {
    return { first: text.quasis[0].raw, last: text.quasis.at(-1).raw };
  }
  if (text.type === 'BinaryExpression' && text.operator === '+') {
    return { first: endsOf(text.left).first, last: endsOf(text.right).last };
  }
  if (text.type === 'ParenthesisExpression') return endsOf(text.expression);
  return { first: '', last: '' };
}
