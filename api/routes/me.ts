import { zMe } from '../../contracts/rest.ts';
import { principalOf } from '../access.ts';
import type { Routes } from '../routes.ts';

export const meRoutes: Routes = (app) => {
  app.get(
    '/me',
    {
      config: { access: 'signed-in' },
      schema: { tags: ['people'], summary: 'Who am I', response: { 200: zMe } },
    },
    async (request) => {
      const { id, actor, name, role, partyId } = principalOf(request);
      return { id, actor, name, role, partyId };
    },
  );
};
