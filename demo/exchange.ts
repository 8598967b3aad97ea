import { recordAction } from '../store/actions.ts';
import type { Database } from '../store/database.ts';
import { findMeteringPoints, listInstallations } from '../store/installations.ts';
import { noteManual } from '../store/manual-readings.ts';
import { pointSubject } from '../store/point-history.ts';
import { once } from './chapters.ts';
import { SPECIAL } from './meters.ts';
import { OPERATOR } from './people.ts';
import { SITE } from './site.ts';

const NOTE = '原表显示故障，现场更换，止码与起码已由商户签字确认';

/** The exchanged meter came with the market's book: who read both dials, and why it was changed. */
export async function noteExchange(db: Database): Promise<void> {
  await once(db, 'the exchange is noted', async (tx) => {
    const [point] = await findMeteringPoints(tx.orm, SITE.id, { code: `E-${SPECIAL.exchange}` });
    const [before, after] = point
      ? await listInstallations(tx.orm, { site: SITE.id, point: point.id, limit: 2 })
      : [];
    if (!point || !before?.endsAt || before.endValue === null || !after) return;
    const at = before.endsAt;
    const by = { actor: OPERATOR, at };
    const how = { ts: at.getTime(), purpose: 'exchange', note: NOTE } as const;
    await noteManual(tx, { registerId: before.registerId, value: before.endValue, ...how }, by);
    await noteManual(tx, { registerId: after.registerId, value: after.startValue, ...how }, by);
    await recordAction(tx.orm, {
      ...{ siteId: SITE.id, ...by, action: 'installation.exchange', subject: pointSubject(point.id) },
      detail: { endValue: `${before.endValue}`, startValue: `${after.startValue}`, note: NOTE },
    });
  });
}
