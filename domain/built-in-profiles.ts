import type { DeviceProfile } from './device-profiles.ts';

/** Profiles that every installation starts with. A change gets a new revision: devices pin theirs. */
export const BUILT_IN_PROFILES: readonly DeviceProfile[] = [
  {
    id: 'electricity-meter',
    revision: 1,
    kind: 'electricity_meter',
    name: { zh: '电能表', en: 'Electricity meter' },
    points: [
      {
        name: 'energy_import',
        type: 'number',
        unit: 'kW.h',
        obis: '1-0:1.8.0',
        min: 0,
        register: { commodity: 'electricity', unit: 'Wh', scale: 1000, digits: 6 },
      },
      { name: 'power', type: 'number', unit: 'W', obis: '1-0:1.7.0', min: 0, max: 10_000_000 },
      { name: 'voltage', type: 'number', unit: 'V', obis: '1-0:32.7.0', min: 0, max: 1000 },
    ],
    intervalS: 60,
    commands: ['relay_open', 'relay_close'],
    rateLimit: 50,
    decoder: 'native',
  },
  {
    id: 'water-meter',
    revision: 1,
    kind: 'water_meter',
    name: { zh: '水表', en: 'Water meter' },
    points: [
      {
        name: 'volume',
        type: 'number',
        unit: 'm3',
        obis: '8-0:1.0.0',
        min: 0,
        register: { commodity: 'water', unit: 'L', scale: 1000, digits: 5 },
      },
      { name: 'battery', type: 'number', unit: '%', min: 0, max: 100 },
    ],
    intervalS: 60,
    commands: [],
    rateLimit: 50,
    decoder: 'native',
  },
  {
    id: 'stall-sensor',
    revision: 1,
    kind: 'stall_sensor',
    name: { zh: '摊位传感器', en: 'Stall sensor' },
    points: [
      { name: 'open', type: 'boolean' },
      { name: 'temperature', type: 'number', unit: 'Cel', min: -60, max: 120 },
      { name: 'battery', type: 'number', unit: '%', min: 0, max: 100 },
    ],
    intervalS: 60,
    commands: [],
    occupancyPoint: 'open',
    rateLimit: 50,
    decoder: 'native',
  },
  {
    id: 'gate',
    revision: 1,
    kind: 'gate',
    name: { zh: '道闸', en: 'Gate' },
    points: [
      { name: 'barrier_open', type: 'boolean' },
      { name: 'passes', type: 'number', unit: '1', min: 0 },
    ],
    intervalS: 60,
    commands: ['open', 'close'],
    rateLimit: 50,
    decoder: 'native',
  },
];
