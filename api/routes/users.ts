import { z } from 'zod';
import { zPage, zPageQuery } from '../../contracts/rest.ts';
import { zUser, zUserCreate, zUserPatch } from '../../contracts/setup.ts';
import { createUser } from '../../store/auth.ts';
import { findUser, listUsers, setUserDisabled, type UserRow } from '../../store/users.ts';
import { principalOf } from '../access.ts';
import { textCursor, toPage } from '../pages.ts';
import { notFound, Problem, unprocessable } from '../problems.ts';
import type { Routes } from '../routes.ts';

const viewUser = ({ createdAt, ...user }: UserRow): z.output<typeof zUser> => ({
  ...user,
  createdAt: createdAt.toISOString(),
});

export const userRoutes: Routes = (app, { db }) => {
  app.get(
    '/users',
    {
      config: { access: 'users:write' },
      schema: {
        tags: ['people'],
        summary: 'Users',
        querystring: zPageQuery,
        response: { 200: zPage(zUser) },
      },
    },
    async ({ query: { cursor, limit } }) => {
      const rows = await listUsers(db, { after: textCursor(cursor), limit: limit + 1 });
      return toPage(rows, limit, (user) => user.id, viewUser);
    },
  );

  app.post(
    '/users',
    {
      config: { access: 'users:write' },
      schema: {
        tags: ['people'],
        summary: 'Create a user',
        description: 'They sign in by user name and password, and can change the password themselves.',
        body: zUserCreate,
        response: { 201: zUser },
      },
    },
    async ({ body: { partyId, ...user } }, reply) => {
      if (user.role === 'merchant' && partyId === undefined) {
        throw unprocessable(
          'body.partyId',
          'a merchant sees the leases of a party: name it',
          'party_unnamed',
        );
      }
      const id = await createUser(db, { ...user, ...(partyId === undefined ? {} : { partyId }) });
      const made = await findUser(db, id);
      if (!made) throw notFound('user');
      return reply.code(201).send(viewUser(made));
    },
  );

  app.patch(
    '/users/:id',
    {
      config: { access: 'users:write' },
      schema: {
        tags: ['people'],
        summary: 'Let a user sign in, or no longer',
        description: 'Disabling ends their sessions.',
        params: z.object({ id: z.string().max(64) }),
        body: zUserPatch,
        response: { 200: zUser },
      },
    },
    async (request) => {
      const { id } = request.params;
      if (principalOf(request).id === `user:${id}`)
        throw new Problem(409, 'nobody disables themselves', 'disables_self');
      if (!(await setUserDisabled(db, id, request.body.disabled))) throw notFound('user');
      const user = await findUser(db, id);
      if (!user) throw notFound('user');
      return viewUser(user);
    },
  );
};
