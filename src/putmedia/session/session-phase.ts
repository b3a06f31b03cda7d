/** How far a session is that is not closed. */
export type SessionPhase =
  | { readonly kind: 'opening' }
  /** The connection stands. */
  | { readonly kind: 'connected'; readonly sinceMs: number }
  /** The service has answered 200. */
  | { readonly kind: 'streaming' }
  /** The service has answered otherwise, and the reason is being read. */
  | { readonly kind: 'refused' };
