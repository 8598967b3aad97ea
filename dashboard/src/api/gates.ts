import type { z } from 'zod';
import { zPass, zPassDay, zVehicle, zWalkIn } from '../../../contracts/passes.ts';
import { zPage } from '../../../contracts/rest.ts';
import { type Query, request, toQuery, V1 } from '../api.ts';

export type Pass = z.infer<typeof zPass>;
export type PassDay = z.infer<typeof zPassDay>;
export type Vehicle = z.infer<typeof zVehicle>;

export const gatesApi = {
  passes: (query: Query, signal?: AbortSignal) =>
    request(zPage(zPass), `${V1}/passes${toQuery(query)}`, { signal }),
  days: (site: string, month: string, signal?: AbortSignal) =>
    request(zPage(zPassDay).pick({ items: true }), `${V1}/passes/days${toQuery({ site, month })}`, {
      signal,
    }),
  collect: (pass: number, amount: string) =>
    request(zPass, `${V1}/passes/${pass}/collection`, { body: { amount } }),
  vehicles: (query: Query, signal?: AbortSignal) =>
    request(zPage(zVehicle), `${V1}/vehicles${toQuery(query)}`, { signal }),
  register: (body: { site: string; plate: string; class: string; lease?: number }) =>
    request(zVehicle, `${V1}/vehicles`, { body }),
  change: (vehicle: number, body: { class?: string; lease?: number | null }) =>
    request(zVehicle, `${V1}/vehicles/${vehicle}`, { method: 'PATCH', body }),
  addPass: (vehicle: number, body: { from: string; to: string }) =>
    request(zVehicle, `${V1}/vehicles/${vehicle}/monthly-passes`, { body }),
  endPass: (vehicle: number, pass: number, to: string) =>
    request(zVehicle, `${V1}/vehicles/${vehicle}/monthly-passes/${pass}`, { method: 'PATCH', body: { to } }),
  walkIn: (site: string, signal?: AbortSignal) => request(zWalkIn, `${V1}/sites/${site}/walk-in`, { signal }),
  setWalkIn: (body: { site: string; tariff: string; startsAt: string }) =>
    request(zWalkIn, `${V1}/walk-in`, { method: 'PUT', body }),
};
