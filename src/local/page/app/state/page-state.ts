import type {
  AckReport,
  ConnectionReport,
  ServiceReport,
  StreamEvent,
  StreamReport,
  StreamsEvent,
} from '../../../live/page-reports.ts';
import type { Route } from './route.ts';

/** What is known of the streams: nothing yet, or what the service said last. */
export type Knowledge =
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'known';
      /** By name, in the order of names. */
      readonly streams: ReadonlyMap<string, StreamReport>;
    };

/** The one stream that is looked at. */
export type Activity = {
  readonly connections: ReadonlyMap<string, ConnectionReport>;
  /** Oldest first. */
  readonly acks: readonly AckReport[];
};

/** Everything that the page shows; changes in `reduce` alone. */
export type PageState = {
  readonly link: 'connecting' | 'open' | 'lost';
  readonly route: Route;
  readonly service: ServiceReport | undefined;
  readonly knowledge: Knowledge;
  readonly activity: Activity;
  readonly nowMs: number;
};

/** What can happen. */
export type PageAction =
  | { readonly kind: 'link'; readonly link: PageState['link'] }
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'service'; readonly service: ServiceReport }
  | { readonly kind: 'streams'; readonly event: StreamsEvent }
  | { readonly kind: 'stream'; readonly event: StreamEvent }
  | { readonly kind: 'tick'; readonly nowMs: number };

/** Kept of the log, which grows as long as the page is open. */
const ACKS = 500;
const NO_ACTIVITY: Activity = { connections: new Map(), acks: [] };

export function initialState(route: Route, nowMs: number): PageState {
  return {
    link: 'connecting',
    route,
    service: undefined,
    knowledge: { kind: 'waiting' },
    activity: NO_ACTIVITY,
    nowMs,
  };
}

/** The state after an action. */
export function reduce(state: PageState, action: PageAction): PageState {
  switch (action.kind) {
    case 'link':
      return { ...state, link: action.link };
    case 'route': {
      const isSame = nameOf(action.route) === nameOf(state.route);
      return { ...state, route: action.route, activity: isSame ? state.activity : NO_ACTIVITY };
    }
    case 'service':
      return { ...state, service: action.service };
    case 'streams':
      return { ...state, knowledge: withStreams(state.knowledge, action.event) };
    case 'stream':
      return { ...state, activity: withActivity(state.activity, action.event) };
    case 'tick':
      return { ...state, nowMs: action.nowMs };
  }
}

/** The name of the stream that a route is about. */
export function nameOf(route: Route): string | undefined {
  return route.kind === 'stream' ? route.name : undefined;
}

function withStreams(before: Knowledge, event: StreamsEvent): Knowledge {
  const isFirst = event.isWhole || before.kind === 'waiting';
  const streams = new Map(isFirst ? [] : before.streams);
  for (const name of event.removed) streams.delete(name);
  for (const change of event.changed) {
    // Absent values are null on the wire, and undefined in a report.
    const fields = Object.entries(change).map(([field, value]) => [field, value ?? undefined]);
    const known = streams.get(change.name);
    streams.set(change.name, { ...known, ...Object.fromEntries(fields) } as StreamReport);
  }
  const sorted = [...streams].sort(([a], [b]) => (a < b ? -1 : 1));
  return { kind: 'known', streams: new Map(sorted) };
}

function withActivity(before: Activity, event: StreamEvent): Activity {
  const { connections, acks } = event.isWhole ? NO_ACTIVITY : before;
  const changed = event.connections.map((report) => [report.id, report] as const);
  return {
    connections: new Map([...connections, ...changed]),
    acks: [...acks, ...event.acks].slice(-ACKS),
  };
}
