/** A command's life: queued → sent → succeeded or failed; expired if no acknowledgement came in time. */
export const COMMAND_STATUS = ['queued', 'sent', 'succeeded', 'failed', 'expired'] as const;
export type CommandStatus = (typeof COMMAND_STATUS)[number];
