import { useTranslation } from 'react-i18next';
import type { AuditDetail } from '../api/audits.ts';
import { formatMoney } from '../format.ts';
import { useSession } from '../session.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Facts } from '../ui/facts.tsx';
import { Time } from '../ui/time.tsx';

type Seen = NonNullable<AuditDetail['seen']>;
const CUT_OFFS_SHOWN = 5;

/** What the findings are based on: when everything was read, up to which readings, and the seal of the closed period. */
export function Basis({ audit, seen }: { readonly audit: AuditDetail; readonly seen: Seen }) {
  const { t } = useTranslation();
  const { cutOffs, seal } = seen;
  return (
    <section className="panel panel-pad audit-facts">
      <h2>{t('audit.basis')}</h2>
      <Facts
        items={[
          [t('audit.by'), audit.requestedBy],
          [t('audit.readAt'), <Time key="at" at={seen.at} />],
          [
            t('audit.cutOff'),
            cutOffs.length === 0 ? (
              t('audit.note.not_charged')
            ) : (
              <span key="cut-offs">
                {cutOffs.slice(0, CUT_OFFS_SHOWN).map(({ run, period, receivedUpTo, points }) => (
                  <span key={`${period} ${run}`} className="audit-line">
                    <Time at={receivedUpTo} /> · {t('audit.cutOffOf', { run, period, count: points })}
                  </span>
                ))}
                {cutOffs.length > CUT_OFFS_SHOWN &&
                  t('audit.moreRuns', { count: cutOffs.length - CUT_OFFS_SHOWN })}
              </span>
            ),
          ],
        ]}
      />
      <p className="muted">{t('audit.basisHint')}</p>
      <h2>{t('audit.seal')}</h2>
      {seal === null ? <p>{t('audit.notSealed')}</p> : <Seal seal={seal} />}
    </section>
  );
}

function Seal({ seal }: { readonly seal: NonNullable<Seen['seal']> }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const { sealed, now, previous } = seal;
  const isWhole = sealed.hash === now.hash;
  const sum = ({ lines, amount }: typeof now): string =>
    t('audit.sealedLines', { count: lines, amount: formatMoney(amount, site.currency) });
  return (
    <>
      <p className={isWhole ? 'is-ok' : 'is-wrong'}>
        <span className="audit-glyph" aria-hidden="true">
          {isWhole ? '✓' : '✗'}
        </span>
        {t(isWhole ? 'audit.sealWhole' : 'audit.sealBroken')}
      </p>
      <Facts
        items={[
          [
            t('audit.closed'),
            <span key="closed">
              <Time at={seal.closedAt} /> · {seal.closedBy}
            </span>,
          ],
          [t('audit.sealedHash'), <Hash key="sealed" text={sealed.hash} sum={sum(sealed)} />],
          [t('audit.hashNow'), <Hash key="now" text={now.hash} sum={sum(now)} />],
          [
            t('audit.previous'),
            previous === null ? (
              t('audit.first')
            ) : (
              <Hash key="previous" text={previous.hash} sum={previous.period} />
            ),
          ],
          [t('audit.chain'), t('audit.chainOf', { count: seal.periods })],
        ]}
      />
      <p className="muted">{t('audit.sealHint')}</p>
    </>
  );
}

const Hash = ({ text, sum }: { readonly text: string; readonly sum: string }) => (
  <>
    <span className="audit-line num">{sum}</span>
    <span className="mono">{text}</span> <CopyButton text={text} />
  </>
);
