/** What is wrong with a definition, and where in it. */
export interface DefinitionFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export const within = (path: readonly (string | number)[], fault: DefinitionFault): DefinitionFault => ({
  ...fault,
  path: [...path, ...fault.path],
});
