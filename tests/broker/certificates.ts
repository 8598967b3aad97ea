import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** An authority of our own, and what it signs; by the `openssl` program. */
export function createAuthority(): {
  readonly ca: string;
  sign(commonName: string): KeyPair;
  remove(): void;
} {
  const dir = mkdtempSync(join(tmpdir(), 'stallgrid-tls-'));
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=authority',
  );
  const read = (name: string): string => readFileSync(join(dir, name), 'utf8');
  return {
    ca: read('ca.pem'),
    sign(commonName) {
      const subject = `/CN=${commonName.replaceAll('/', '\\/')}`;
      openssl('req', ...newKey, '-keyout', 'own.key', '-out', 'own.csr', '-subj', subject);
      writeFileSync(join(dir, 'san.cnf'), 'subjectAltName=IP:127.0.0.1');
      const signing = [
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-days',
        '2',
        '-extfile',
        'san.cnf',
      ];
      openssl('x509', '-req', '-in', 'own.csr', '-out', 'own.pem', ...signing);
      return { cert: read('own.pem'), key: read('own.key') };
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
