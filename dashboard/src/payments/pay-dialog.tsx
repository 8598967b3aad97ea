export interface PayDialogProps {
  readonly purpose: 'bill' | 'top_up';
  /** Whose bill it is, or whose balance. */
  readonly lease: number;
  /** With the purpose `bill`. */
  readonly bill?: number | undefined;
  /** Minor units, as text: what is due, or what to begin with for a top-up, where it can be changed. */
  readonly amount: string;
  readonly onClose: () => void;
}
