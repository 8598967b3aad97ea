import { useTranslation } from 'react-i18next';

/** A line of a sum: what it is, how much, and how it came about. */
export function Row(props: {
  readonly name: React.ReactNode;
  readonly value?: React.ReactNode;
  readonly children?: React.ReactNode;
}) {
  return (
    <div className="sum-line">
      <span>{props.name}</span>
      {props.value !== undefined && <span className="num">{props.value}</span>}
      {props.children ? <span className="formula num">{props.children}</span> : null}
    </div>
  );
}

/** Of a month's price, what so many of its days bear. */
export function MonthShare(props: { readonly days: number; readonly monthDays: number }) {
  const { t } = useTranslation();
  return <Row name={t('workings.monthShare', props)} value={`× ${props.days}/${props.monthDays}`} />;
}
