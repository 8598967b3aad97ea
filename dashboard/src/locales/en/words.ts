export const commodity = { electricity: 'Electricity', water: 'Water', gate: 'Gates', service: 'Services' };

export const charging = { prepaid: 'Prepaid', postpaid: 'Postpaid' };

export const kind = {
  electricity_meter: 'Electricity meter',
  water_meter: 'Water meter',
  stall_sensor: 'Stall sensor',
  gate: 'Gate',
  gateway: 'Gateway',
};

export const quality = {
  good: 'Good',
  future: 'Clock ahead',
  quarantined: 'Quarantined',
  rejected: 'Rejected',
};

export const point = {
  energy_import: 'Energy imported',
  power: 'Power',
  voltage: 'Voltage',
  volume: 'Volume',
  battery: 'Battery',
  open: 'Open',
  temperature: 'Temperature',
  barrier_open: 'Barrier open',
  passes: 'Passes',
};
