/**
 * What stands between a broker and InfluxDB in many projects: mqtt.js and the official client, both as they are by
 * default. `peers-subscriber.ts MQTT_URL INFLUX_URL`.
 */
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import mqtt from 'mqtt';

interface Uplink {
  readonly ts: number;
  readonly values: { readonly energy_import: number; readonly power: number };
}

const [mqttUrl = '', influxUrl = ''] = process.argv.slice(2);
const writeApi = new InfluxDB({ url: influxUrl }).getWriteApi('', '');
// InfluxDB 1.x has another path.
writeApi.path = '/write?db=stallgrid&precision=ns';

const client = mqtt.connect(mqttUrl);
client.on('connect', () => {
  client.subscribe('v1/+/+/up', { qos: 1 }, () => console.log('subscribed'));
});
client.on('message', (topic, payload) => {
  const uplinks: Uplink[] = [JSON.parse(payload.toString())].flat();
  for (const { ts, values } of uplinks) {
    const point = new Point('telemetry').tag('device', topic.split('/')[2] ?? '');
    writeApi.writePoint(
      point
        .floatField('energy_import', values.energy_import)
        .floatField('power', values.power)
        .intField('ts', ts),
    );
  }
});
process.on('SIGTERM', () => {
  client.end();
  writeApi.close().finally(() => process.exit(0));
});
