import { useQuery } from '@tanstack/react-query';
import { Alert, Spin } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, type DeviceCreated, type DeviceDetail } from '../api.ts';
import { asText, bytesOf } from '../dead-letters/payload.ts';
import { formatNumber, formatUnit } from '../format.ts';
import { useMay } from '../session.tsx';
import { CopyButton, CopyLine } from '../ui/copy.tsx';
import { Facts } from '../ui/facts.tsx';
import { Time } from '../ui/time.tsx';
import { usePointName } from './point-name.ts';
import { publishCommand } from './publish-command.ts';

const MQTT_PORT = 1883;

export function FirstMessage({
  created,
  points,
}: {
  readonly created: DeviceCreated;
  readonly points: DeviceDetail['points'];
}) {
  const { t } = useTranslation();
  const { mqtt, secret } = created;
  const registers = created.registers.map((register) => register.point);
  const command = publishCommand({
    host: location.hostname,
    port: MQTT_PORT,
    mqtt,
    secret,
    point: points.find((point) => !registers.includes(point.name)) ?? points[0],
  });
  return (
    <div className="stack">
      <Alert type="warning" showIcon title={t('registerDevice.once')} />
      <CopyLine className="secret" text={secret} />
      <Facts
        items={[
          [
            t('registerDevice.host'),
            <span key="h" className="mono">
              {location.hostname}
            </span>,
          ],
          [
            t('registerDevice.port'),
            <span key="p" className="mono">
              {MQTT_PORT}
            </span>,
          ],
          [t('registerDevice.clientId'), <CopyLine key="c" text={mqtt.clientId} />],
          [t('registerDevice.username'), <CopyLine key="u" text={mqtt.username} />],
          [t('registerDevice.topic'), <CopyLine key="t" text={mqtt.topic} />],
        ]}
      />
      <div>
        <div className="telemetry-bar">
          <strong>{t('registerDevice.command')}</strong>
          <CopyButton text={command} />
        </div>
        <pre className="bytes">{command}</pre>
      </div>
      <Arrival id={created.id} />
    </div>
  );
}

/** Looks every 2 s for what the device sends, accepted or refused. */
function Arrival({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const pointName = usePointName();
  const maySeeRefused = useMay('dead-letters:read');
  const device = useQuery({
    queryKey: ['device', id],
    queryFn: ({ signal }) => api.device(id, signal),
    refetchInterval: 2_000,
  });
  const refused = useQuery({
    queryKey: ['dead-letters', 'first', id],
    queryFn: ({ signal }) => api.deadLetters({ device: id, limit: 1 }, signal),
    refetchInterval: 2_000,
    enabled: maySeeRefused,
  });
  const [letter] = refused.data?.items ?? [];
  const latest = device.data?.latest ?? null;

  return (
    <div className="stack" aria-live="polite">
      {latest === null && letter === undefined && (
        <div className="row">
          <Spin size="small" />
          <strong>{t('registerDevice.waiting')}</strong>
          <span className="muted">{t('registerDevice.waitingHint')}</span>
        </div>
      )}
      {latest !== null && (
        <>
          <Alert type="success" showIcon title={t('registerDevice.received')} />
          <table className="values">
            <tbody>
              {device.data?.points
                .filter((point) => latest.values[point.name] !== undefined)
                .map((point) => {
                  const value = latest.values[point.name];
                  return (
                    <tr key={point.name}>
                      <th scope="row">{pointName(point.name)}</th>
                      <td className="right num">
                        {typeof value === 'number'
                          ? `${formatNumber(value)} ${formatUnit(point.unit)}`
                          : String(value)}
                      </td>
                      <td className="right">
                        <Time at={latest.ts} />
                      </td>
                    </tr>
                  );
                })}
            </tbody>
          </table>
        </>
      )}
      {letter !== undefined && (
        <>
          <Alert
            type="error"
            showIcon
            title={`${t('registerDevice.rejected')}: ${t(`deadLetter.reason.${letter.reason}`)}`}
            description={t(`deadLetter.todo.${letter.reason}`)}
          />
          <pre className="bytes">{asText(bytesOf(letter.payloadBase64))}</pre>
        </>
      )}
    </div>
  );
}
