import type { IncomingMessage, ServerResponse } from 'node:http';
import { requireLocal } from '../access/page-access.ts';
import { ServiceError } from '../errors/service-error.ts';
import { parseJsonObject, readBody } from '../http/body.ts';
import { sendJson } from '../http/reply.ts';
import type { Fault } from './fault.ts';
import type { FaultKindReport, FaultReport, FaultsReport } from './fault-reports.ts';
import type { FaultSet } from './fault-set.ts';
import type { InjectedFault } from './injected-fault.ts';
import { FAULT_KINDS, faultRow } from './parse-fault.ts';

const PATH = '/api/faults';
const MAX_BODY_BYTES = 32 * 1024;

/** Whether a path is about faults: it is answered to programs and pages of this machine alone. */
export function isFaultPath(path: string): boolean {
  return path === PATH || path.startsWith(`${PATH}/`);
}

/**
 * `GET /api/faults` lists, `POST` adds one, `DELETE` removes all, `DELETE /api/faults/ID` one.
 * @throws ServiceError for what is not so.
 */
export async function serveFaults(
  path: string,
  faults: FaultSet,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  requireLocal(request);
  const id = path === PATH ? undefined : path.slice(PATH.length + 1);
  switch (`${request.method}${id === undefined ? '' : ' one'}`) {
    case 'GET':
      sendJson(response, 200, reports(faults));
      break;
    case 'POST': {
      const body = parseJsonObject(await readBody(request, MAX_BODY_BYTES));
      sendJson(response, 201, report(add(faults, body)));
      break;
    }
    case 'DELETE':
      faults.clear();
      sendJson(response, 200, {});
      break;
    case 'GET one':
      sendJson(response, 200, report(faults.get(id ?? '')));
      break;
    case 'DELETE one': {
      const fault = faults.get(id ?? '');
      fault.remove();
      sendJson(response, 200, report(fault));
      break;
    }
    default:
      throw new ServiceError(
        'UnknownOperationException',
        `There is no ${request.method} ${path.slice(0, 200)}.`,
      );
  }
}

function add(faults: FaultSet, body: Record<string, unknown>): InjectedFault {
  try {
    // What is wrong with it is the set's to find.
    return faults.add(body as Fault);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ServiceError('InvalidArgumentException', error.message);
  }
}

function report({ id, fault, state, strikes }: InjectedFault): FaultReport {
  return { id, ...fault, state, strikes };
}

function reports(faults: FaultSet): FaultsReport {
  return { faults: faults.list().map(report), kinds: KINDS };
}

const KINDS: readonly FaultKindReport[] = FAULT_KINDS.map((kind) => {
  const { text, fields } = faultRow(kind);
  return {
    kind,
    text,
    fields: Object.entries(fields).map(([name, field]) => ({ name, ...field })),
  };
});
