import { Input } from 'antd';
import { formatTime } from '../format.ts';
import { useSession } from '../session.tsx';
import { Field } from './field.tsx';

/** What a field of the site's clock (`2026-11-01T09:30`) means as an instant; null where no such time was. */
export function instantOf(local: string, zone: string): number | null {
  const wanted = Date.parse(`${local}Z`);
  if (Number.isNaN(wanted)) return null;
  let at = wanted;
  // The offset at the guess, then the offset at what that gives: enough on both sides of a change of clocks.
  for (let step = 0; step < 3; step++) at += wanted - Date.parse(`${localOf(at, zone)}Z`);
  return localOf(at, zone) === local ? at : null;
}

export const localOf = (at: number, zone: string): string => formatTime(at, zone, 'minute').replace(' ', 'T');

/** A date and time on the site's clock. */
export function InstantInput(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (local: string) => void;
}) {
  const { site } = useSession();
  return (
    <Field
      label={
        <>
          {props.label} <span className="muted">{site.timeZone}</span>
        </>
      }
    >
      {(id) => (
        <Input
          id={id}
          type="datetime-local"
          size="large"
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
