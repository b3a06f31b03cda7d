/**
 * A process that was stopped, or a machine that slept, finds its timers due before it has read what
 * has arrived meanwhile: what seems to be overdue is looked at once more, this many ms later.
 */
export const LOOK_AGAIN_MS = 100;
