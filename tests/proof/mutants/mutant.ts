/** A change to one rule of the platform, and the test that must notice it. */
export interface Mutant {
  readonly name: string;
  /** What it would do to a merchant's bill, or to whoever relies on it. */
  readonly harm: string;
  readonly file: string;
  /** Is in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** The test file that kills it, and which of its tests; all where none is named. */
  readonly test: string;
  readonly only?: string;
}
