import { type ReactNode, useId } from 'react';

/** A control below its label; `children` gives the control the id that the label names. */
export function Field(props: { readonly label: ReactNode; readonly children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      {props.children(id)}
    </div>
  );
}
