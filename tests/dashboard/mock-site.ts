import type { z } from 'zod';
import type { zSite } from '../../contracts/rest.ts';

export const SITE: z.output<typeof zSite> = {
  id: 'xinfadi',
  name: '江南农产品批发市场（一期）',
  timeZone: 'Asia/Shanghai',
  currency: 'CNY',
};
