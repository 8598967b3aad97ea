/** `charge` posts, `shadow` only says what it would post, `close` charges, estimates what is missing and closes. */
export const RUN_KINDS = ['charge', 'shadow', 'close'] as const;
export type RunKind = (typeof RUN_KINDS)[number];
