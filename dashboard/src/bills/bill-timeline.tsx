import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { BillDetail } from '../../../contracts/bills.ts';
import { PLATFORM } from '../../../domain/bills.ts';
import { formatMoney } from '../format.ts';
import { useDoes } from '../ledger/does.ts';
import { useMay } from '../session.tsx';
import { Time } from '../ui/time.tsx';

/** What was booked on a bill, its credit notes, and who did what when. */
export function BillTimeline({ bill }: { readonly bill: BillDetail }) {
  const { t, i18n } = useTranslation();
  const does = useDoes();
  const mayRead = useMay('ledger:read');
  const nameOf = (action: string) =>
    i18n.exists(`bills.event.${action}`) ? t(`bills.event.${action}` as 'bills.event.bill.issue') : action;
  const actorOf = (actor: string | null) =>
    actor === null ? t('bills.market') : actor === PLATFORM ? t('bills.platform') : actor;
  return (
    <>
      {bill.bookings.length > 0 && (
        <section>
          <h2>{t('bills.bookings')}</h2>
          <table className="values">
            <tbody>
              {bill.bookings.map(({ transaction, kind, at, amount }) => (
                <tr key={transaction}>
                  <td>
                    {mayRead ? (
                      <Link to={`/ledger?transaction=${transaction}`}>{does(kind)}</Link>
                    ) : (
                      does(kind)
                    )}
                    <div className="muted">
                      <Time at={at} style="minute" />
                    </div>
                  </td>
                  <td className="right num">{formatMoney(amount, bill.currency)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {bill.creditNotes.length > 0 && (
        <section>
          <h2>{t('bills.credits')}</h2>
          <table className="values">
            <tbody>
              {bill.creditNotes.map(({ id, number, reason, amount, issuedAt }) => (
                <tr key={id}>
                  <td>
                    <strong className="num">{number}</strong>
                    <div>{reason}</div>
                    <div className="muted">
                      <Time at={issuedAt} style="minute" />
                    </div>
                  </td>
                  <td className="right num">{formatMoney(amount, bill.currency)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <section>
        <h2>{t('bills.events')}</h2>
        <table className="values">
          <tbody>
            {bill.events.map(({ at, actor, action, detail }) => (
              <tr key={`${at} ${action}`}>
                <td>
                  {nameOf(action)}
                  {typeof detail['reason'] === 'string' && <div className="muted">{detail['reason']}</div>}
                </td>
                <td>
                  {action === 'bill.paid' ? '' : actorOf(actor)}
                  <div className="muted">
                    <Time at={at} />
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
