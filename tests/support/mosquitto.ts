import { spawnSync } from 'node:child_process';

/** Use as `describe.skipIf(skipMosquitto)`: without the server binary the suite is skipped, in CI it fails. */
export const skipMosquitto = spawnSync('mosquitto', ['-h']).error !== undefined && !process.env.CI;
if (skipMosquitto) console.warn('skipped: mosquitto is not installed');
