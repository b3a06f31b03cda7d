/** gst-launch's exit codes: -1 becomes 255. */
export const EXIT = { ok: 0, error: 1, stateChangeFailure: 255, interrupted: 130 } as const;
