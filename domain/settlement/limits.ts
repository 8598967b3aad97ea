/** At most this many band intervals are kept in a fee line's evidence; of more, only their count and hash. */
export const EVIDENCE_INTERVALS_MAX = 800;

/** At most this many problems are kept in a run; each names a metering point and a stretch of time. */
export const RUN_PROBLEMS_MAX = 1000;
