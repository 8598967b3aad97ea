import type { DeviceCreated, DeviceDetail } from '../api.ts';

/** For a POSIX shell: nothing inside single quotes means anything but a single quote. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A command line that sends one value as the device would; `date` gives the shell's own clock in milliseconds. */
export function publishCommand(options: {
  readonly host: string;
  readonly port: number;
  readonly mqtt: DeviceCreated['mqtt'];
  readonly secret: string;
  readonly point: DeviceDetail['points'][number] | undefined;
}): string {
  const { host, port, mqtt, secret, point } = options;
  const value = point?.type === 'boolean' ? 'true' : point?.type === 'string' ? '"text"' : '1';
  const values = point === undefined ? '{}' : `{"${point.name}":${value}}`;
  return [
    `mosquitto_pub -h ${quoted(host)} -p ${port} -q 1 \\`,
    `  -i ${quoted(mqtt.clientId)} -u ${quoted(mqtt.username)} -P ${quoted(secret)} \\`,
    `  -t ${quoted(mqtt.topic)} \\`,
    `  -m '{"ts":'$(date +%s000)',"values":${values}}'`,
  ].join('\n');
}
