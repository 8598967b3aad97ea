/** `no_meter`: nothing was installed yet, so the cumulative quantity is zero. */
export const BOUNDARY_METHODS = ['measured', 'interpolated', 'no_meter'] as const;
export type BoundaryMethod = (typeof BOUNDARY_METHODS)[number];

/** Where a mark comes from: a person noted the start and the end of an installation, a device sent the rest. */
export const MARK_KINDS = ['start', 'reading', 'end'] as const;
export type MarkKind = (typeof MARK_KINDS)[number];
