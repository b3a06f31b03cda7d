import type { Command, Option } from 'commander';
import { nameOf } from './apply-settings.ts';

type Schema = { readonly [key: string]: unknown };

/**
 * The JSON Schema (draft 07, which editors read) of the configuration file: every option under its
 * long name, for all commands that have it, or in the section of one command.
 */
export function settingsSchema(program: Command): Schema {
  const sections = program.commands.filter((command) => hasSettings(command));
  const shared = program.commands.flatMap(allOptions).map(optionSchema);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'kvs-launch.yaml',
    description: 'Options of kvs-launch by their long names, and a section for each command.',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries([
      ...shared.filter((each) => each !== undefined),
      ...program.options.map(optionSchema).filter((each) => each !== undefined),
      ...sections.map((command) => [command.name(), commandSchema(command)]),
    ]),
  };
}

function commandSchema(command: Command): Schema {
  return {
    description: command.description(),
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries([
      ...command.options.map(optionSchema).filter((each) => each !== undefined),
      ...command.commands.filter(hasSettings).map((sub) => [sub.name(), commandSchema(sub)]),
    ]),
  };
}

function hasSettings(command: Command): boolean {
  return allOptions(command).some((option) => nameOf(option) !== undefined);
}

function allOptions(command: Command): Option[] {
  return [...command.options, ...command.commands.flatMap(allOptions)];
}

function optionSchema(option: Option): [string, Schema] | undefined {
  const name = nameOf(option);
  return name === undefined
    ? undefined
    : [name, { description: option.description, ...valueSchema(option) }];
}

function valueSchema(option: Option): Schema {
  if (option.isBoolean() || option.negate) return { type: 'boolean' };
  const one: Schema =
    option.argChoices === undefined
      ? { type: ['string', 'number', ...(option.optional ? ['boolean'] : [])] }
      : { enum: option.argChoices };
  const isList = option.variadic || Array.isArray(option.defaultValue);
  return isList ? { anyOf: [one, { type: 'array', items: one }] } : one;
}
