// A subscriber as it is usually written, to be measured: the client libraries do the batching and the retries.
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import mqtt from 'mqtt';

const { mqttPort, influxUrl, database, tuned } = JSON.parse(process.argv[2]);

const writeApi = new InfluxDB({ url: influxUrl }).getWriteApi(
  '',
  database,
  'ms',
  tuned ? { batchSize: 5_000, flushInterval: 1_000 } : {},
);
// InfluxDB 1.x before 1.8 has no other.
writeApi.path = `/write?db=${encodeURIComponent(database)}&precision=ms`;

const client = mqtt.connect(
  `mqtt://127.0.0.1:${mqttPort}`,
  tuned ? { clientId: 'subscriber', clean: false } : {},
);
client.on('connect', () => {
  client.subscribe('v1/+/+/up', { qos: 1 }, () => console.log('subscribed'));
});
client.on('message', (topic, payload) => {
  const [, site, device] = topic.split('/');
  const { ts, values } = JSON.parse(payload);
  const point = new Point('telemetry').tag('device', device).tag('site', site).timestamp(ts);
  for (const [name, value] of Object.entries(values)) point.floatField(name, value);
  writeApi.writePoint(point);
});
