import { audit } from './en/audit.ts';
import { billing, problem } from './en/billing.ts';
import { bills } from './en/bills.ts';
import { cases } from './en/cases.ts';
import { age, common, errors } from './en/common.ts';
import { deadLetter } from './en/dead-letters.ts';
import { command, device, registerDevice } from './en/devices.ts';
import { documents } from './en/documents.ts';
import { component, evidence, feeLine } from './en/fee-lines.ts';
import { chart, floor, occupancy, stall, standing } from './en/floor.ts';
import { dates, fault, unsaved, weekday } from './en/forms.ts';
import { gates } from './en/gates.ts';
import { leases } from './en/leases.ts';
import { ledger } from './en/ledger.ts';
import { losses } from './en/losses.ts';
import { payments } from './en/payments.ts';
import { periods } from './en/periods.ts';
import { prepaid } from './en/prepaid.ts';
import { readings } from './en/readings.ts';
import { field, refusal, thing } from './en/refusals.ts';
import { session } from './en/session.ts';
import { settings } from './en/settings.ts';
import { settlement } from './en/settlement.ts';
import { app, connection, language, nav, navGroup, role } from './en/shell.ts';
import { tariffForm, tariffKind, tariffKindHint, tariffPreview } from './en/tariff-form.ts';
import { assign, tariffList } from './en/tariff-list.ts';
import { band, tariff } from './en/tariffs.ts';
import { charging, commodity, kind, point, quality } from './en/words.ts';
import { workings } from './en/workings.ts';
import type { zhCN } from './zh-CN.ts';

type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : Texts<T[K]> };

export const en: Texts<typeof zhCN> = {
  app,
  language,
  nav,
  navGroup,
  documents,
  audit,
  settings,
  workings,
  dates,
  fault,
  unsaved,
  weekday,
  tariffForm,
  tariffKind,
  tariffKindHint,
  tariffPreview,
  tariffList,
  assign,
  cases,
  gates,
  losses,
  readings,
  leases,
  prepaid,
  settlement,
  bills,
  ledger,
  payments,
  refusal,
  thing,
  field,
  role,
  session,
  connection,
  common,
  errors,
  age,
  commodity,
  charging,
  kind,
  quality,
  point,
  floor,
  standing,
  occupancy,
  stall,
  chart,
  device,
  registerDevice,
  command,
  deadLetter,
  feeLine,
  evidence,
  periods,
  billing,
  tariff,
  band,
  component,
  problem,
};
