import { expect, test } from 'vitest';
import { asHex, asText, bytesOf } from '../../dashboard/src/dead-letters/payload.ts';
import { publishCommand } from '../../dashboard/src/devices/publish-command.ts';
import { landingOf, sectionsOf } from '../../dashboard/src/shell/sections.ts';
import { currentVersion } from '../../dashboard/src/tariffs/current-version.ts';
import { ROLES } from '../../domain/permissions.ts';

test('each role lands on a section that it may see', () => {
  for (const role of ROLES) expect(landingOf(role)).toBe(`/${sectionsOf(role)[0]}`);
  expect(sectionsOf('merchant')).toEqual(['fee-lines', 'bills', 'payments', 'prepaid']);
  expect(landingOf('operator')).toBe('/floor');
  expect(sectionsOf('viewer')).not.toContain('billing');
});

test('a refused payload is shown byte by byte', () => {
  const bytes = bytesOf(Buffer.from('{"a":\u0001}\n0123456789', 'latin1').toString('base64'));
  expect(asHex(bytes)).toBe(
    '0000  7b 22 61 22 3a 01 7d 0a 30 31 32 33 34 35 36 37  {"a":.}.01234567\n' +
      `0010  38 39${' '.repeat(42)}  89`,
  );
  expect(asText(bytesOf(Buffer.from('摊位').toString('base64')))).toBe('摊位');
  expect(asText(bytesOf('/w=='))).toBe('�');
});

test('the command line to try is safe in a shell and names the point', () => {
  const command = publishCommand({
    host: 'localhost',
    port: 1883,
    mqtt: { clientId: 's/d', username: 's/d', topic: 'v1/s/d/up' },
    secret: "it's",
    point: { name: 'open', type: 'boolean', unit: null },
  });
  expect(command).toContain("-P 'it'\\''s'");
  expect(command).toContain("-t 'v1/s/d/up'");
  expect(command).toContain('"values":{"open":true}}');
});

test('the version in force is the last to have taken effect', () => {
  const versions = ['2025-01-01T00:00:00Z', '2027-01-01T00:00:00Z', '2026-01-01T00:00:00Z'].map(
    (effectiveFrom) => ({
      effectiveFrom,
    }),
  );
  expect(currentVersion(versions, Date.parse('2026-06-01T00:00:00Z'))).toBe(versions[2]);
  expect(currentVersion(versions, Date.parse('2024-06-01T00:00:00Z'))).toBeUndefined();
});
