import { audit } from './zh-CN/audit.ts';
import { billing, problem } from './zh-CN/billing.ts';
import { bills } from './zh-CN/bills.ts';
import { cases } from './zh-CN/cases.ts';
import { age, common, errors } from './zh-CN/common.ts';
import { deadLetter } from './zh-CN/dead-letters.ts';
import { command, device, registerDevice } from './zh-CN/devices.ts';
import { documents } from './zh-CN/documents.ts';
import { component, evidence, feeLine } from './zh-CN/fee-lines.ts';
import { chart, floor, occupancy, stall, standing } from './zh-CN/floor.ts';
import { dates, fault, unsaved, weekday } from './zh-CN/forms.ts';
import { gates } from './zh-CN/gates.ts';
import { leases } from './zh-CN/leases.ts';
import { ledger } from './zh-CN/ledger.ts';
import { losses } from './zh-CN/losses.ts';
import { payments } from './zh-CN/payments.ts';
import { periods } from './zh-CN/periods.ts';
import { prepaid } from './zh-CN/prepaid.ts';
import { readings } from './zh-CN/readings.ts';
import { field, refusal, thing } from './zh-CN/refusals.ts';
import { session } from './zh-CN/session.ts';
import { settings } from './zh-CN/settings.ts';
import { settlement } from './zh-CN/settlement.ts';
import { app, connection, language, nav, navGroup, role } from './zh-CN/shell.ts';
import { tariffForm, tariffKind, tariffKindHint, tariffPreview } from './zh-CN/tariff-form.ts';
import { assign, tariffList } from './zh-CN/tariff-list.ts';
import { band, tariff } from './zh-CN/tariffs.ts';
import { charging, commodity, kind, point, quality } from './zh-CN/words.ts';
import { workings } from './zh-CN/workings.ts';

/** The first language: its keys are the keys. `en.ts` must have the same ones. */
export const zhCN = {
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
