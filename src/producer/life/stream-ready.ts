import { KvsError } from '../../errors/kvs-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import { durationText } from '../../runtime/duration-text.ts';
import type { Emitter } from '../events/emitter.ts';
import type { StreamEvents } from '../events/events.ts';

/**
 * Resolves with the next streamReady.
 * @throws KvsError what streamClosed tells, or `closed()` when it tells none;
 * STATUS_OPERATION_TIMED_OUT after `timeoutMs`
 */
export function whenReady(
  name: string,
  events: Emitter<StreamEvents>,
  clock: Clock,
  timeoutMs: number,
  closed: () => KvsError,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      timer.cancel();
      events.off('streamReady', onReady).off('streamClosed', onClosed);
      action();
    };
    const timer = clock.after(timeoutMs, () => {
      const text = `Stream ${name} was not ready within ${durationText(timeoutMs)}`;
      settle(() => reject(new KvsError('STATUS_OPERATION_TIMED_OUT', text)));
    });
    const onReady = (): void => settle(resolve);
    const onClosed = ({ error }: StreamEvents['streamClosed']): void =>
      settle(() => reject(error ?? closed()));
    events.on('streamReady', onReady).on('streamClosed', onClosed);
  });
}
