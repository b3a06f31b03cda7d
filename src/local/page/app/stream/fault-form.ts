import type { FaultFieldReport, FaultKindReport } from '../../../faults/fault-reports.ts';
import { html } from '../parts/dom.ts';

/** A form for one kind of fault; the fields that are needed first, the others folded away. */
export function faultForm(
  { kind, text, fields }: FaultKindReport,
  stream: string,
  inject: (fault: Readonly<Record<string, unknown>>) => void,
): HTMLFormElement {
  const inputs = new Map<FaultFieldReport, HTMLInputElement | HTMLSelectElement>();
  const row = (field: FaultFieldReport): HTMLElement => {
    const id = `fault-${kind}-${field.name}`;
    const input = inputFor(field, id, field.name === 'stream' ? stream : '');
    inputs.set(field, input);
    return html(
      'div',
      { class: 'field' },
      html('label', { for: id }, field.name),
      input,
      html('small', { class: 'soft', id: `${id}-text` }, field.text),
    );
  };
  const needed = fields.filter(({ isRequired }) => isRequired);
  const others = fields.filter(({ isRequired }) => !isRequired);
  return html(
    'form',
    {
      class: 'fault-form',
      onsubmit: (event) => {
        event.preventDefault();
        inject({ kind, ...valuesOf(inputs) });
      },
    },
    html('p', {}, `The service ${text}.`),
    ...needed.map(row),
    html('details', {}, html('summary', {}, 'When, and what it strikes'), ...others.map(row)),
    html('button', { type: 'submit', class: 'primary' }, `Inject ${kind}`),
  );
}

function inputFor(
  field: FaultFieldReport,
  id: string,
  value: string,
): HTMLInputElement | HTMLSelectElement {
  const described = { id, 'aria-describedby': `${id}-text` };
  switch (field.type) {
    case 'choice':
      return html(
        'select',
        described,
        ...(field.isRequired ? [] : [html('option', { value: '' }, 'default')]),
        ...field.choices.map((choice) => html('option', { value: choice }, String(choice))),
      );
    case 'integer': {
      const { min, max, isRequired: required } = field;
      return html('input', { ...described, type: 'number', min, max, step: 1, required });
    }
    case 'text': {
      const { maxLength: maxlength, isRequired: required } = field;
      return html('input', { ...described, type: 'text', maxlength, required, value });
    }
  }
}

/** What was filled in; numbers as numbers. */
function valuesOf(
  inputs: ReadonlyMap<FaultFieldReport, HTMLInputElement | HTMLSelectElement>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [field, { value }] of inputs) {
    if (value === '') continue;
    if (field.type === 'integer') values[field.name] = Number(value);
    else if (field.type === 'text') values[field.name] = value;
    else values[field.name] = field.choices.find((choice) => String(choice) === value);
  }
  return values;
}
