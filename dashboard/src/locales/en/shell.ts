export const app = { name: 'Stallgrid', tagline: 'IoT platform for wholesale markets' };

export const language = { switch: 'Switch language' };

export const nav = {
  label: 'Main navigation',
  floor: 'Live floor',
  cases: 'Cases',
  losses: 'Losses',
  gates: 'Gates',
  readings: 'Meter reading',
  leases: 'Leases',
  devices: 'Devices',
  'dead-letters': 'Dead letters',
  'fee-lines': 'Fee lines',
  billing: 'Billing',
  bills: 'Bills',
  ledger: 'Ledger',
  payments: 'Payments',
  tariffs: 'Tariffs',
  audit: 'Audit',
  settings: 'Settings',
  prepaid: 'Prepaid',
  settlement: 'Settlement',
  more: 'All',
  skip: 'Skip to content',
};

export const navGroup = {
  market: 'Market',
  charging: 'Charging',
  money: 'Money',
  proof: 'Proof and settings',
};

export const connection = { ok: 'Connected', connecting: 'Connecting', lost: 'Connection lost' };

export const role = {
  operator: 'Operator',
  biller: 'Biller',
  auditor: 'Auditor',
  integrator: 'Integrator',
  merchant: 'Merchant',
  viewer: 'Viewer',
};
