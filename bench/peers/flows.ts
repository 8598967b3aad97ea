import { MEASUREMENT } from './system.ts';

const FUNCTIONS = {
  single: `const [, site, device] = msg.topic.split('/');
const { ts, values } = msg.payload;
msg.payload = [{ ...values, time: new Date(ts) }, { device, site }];
return msg;`,
  batched: `const [, site, device] = msg.topic.split('/');
const { ts, values } = msg.payload;
msg.payload = { measurement: '${MEASUREMENT}', fields: values, tags: { device, site }, timestamp: new Date(ts) };
return msg;`,
} as const;

/** The batch that InfluxDB's own documentation advises, and the longest that it may wait. */
const BATCH = { count: '5000', timeout: '1' };

/**
 * A Node-RED flow from MQTT to InfluxDB 1.x: with single writes as one drags it together, or with a join node that
 * gathers batches, and then with a session that the broker keeps.
 */
export function flow(options: {
  readonly writes: 'single' | 'batched';
  readonly mqttPort: number;
  readonly influx: URL;
  readonly database: string;
}): readonly Record<string, unknown>[] {
  const { writes, mqttPort, influx, database } = options;
  const batched = writes === 'batched';
  const node = (id: string, type: string, to: string | null, rest: object = {}): Record<string, unknown> => ({
    id,
    type,
    z: 'n-tab',
    name: '',
    x: 100,
    y: 100,
    wires: to === null ? [] : [[to]],
    ...rest,
  });
  return [
    { id: 'n-tab', type: 'tab', label: 'meters', disabled: false, info: '' },
    {
      id: 'n-broker',
      type: 'mqtt-broker',
      name: '',
      broker: '127.0.0.1',
      port: String(mqttPort),
      clientid: batched ? 'node-red' : '',
      autoConnect: true,
      usetls: false,
      protocolVersion: '4',
      keepalive: '60',
      cleansession: !batched,
    },
    {
      id: 'n-influxdb',
      type: 'influxdb',
      name: '',
      hostname: influx.hostname,
      port: influx.port,
      protocol: 'http',
      database,
      usetls: false,
      influxdbVersion: '1.x',
    },
    node('n-in', 'mqtt in', 'n-json', { topic: 'v1/+/+/up', qos: '1', datatype: 'utf8', broker: 'n-broker' }),
    node('n-json', 'json', 'n-function', { property: 'payload', action: '' }),
    node('n-function', 'function', batched ? 'n-join' : 'n-out', { func: FUNCTIONS[writes], outputs: 1 }),
    ...(batched
      ? [
          node('n-join', 'join', 'n-out', {
            mode: 'custom',
            build: 'array',
            property: 'payload',
            propertyType: 'msg',
            ...BATCH,
          }),
          node('n-out', 'influxdb batch', null, { influxdb: 'n-influxdb', precision: 'ms' }),
        ]
      : [
          node('n-out', 'influxdb out', null, {
            influxdb: 'n-influxdb',
            measurement: MEASUREMENT,
            precision: 'ms',
          }),
        ]),
  ];
}
