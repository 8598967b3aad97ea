import { readFileSync } from 'node:fs';
import { ADMIN_TOKEN, type Platform } from '../tests/support/platform.ts';
import { startFleet } from './support/fleet.ts';
import { addDevices, openStand, rssAnonMb } from './support/stand.ts';
import { percentile, thousands } from './support/statistics.ts';

const DEVICES = 10_000;
const SITES = 10;
/** As MQTT clients in the field retry: at random, and never more helpful than that. */
const BACK_OFF_MS = [1_000, 5_000] as const;
const BACK_MS_MAX = 120_000;
const ROUTES = ['/readyz', '/api/v1/sites', '/api/v1/devices?limit=50', '/api/v1/dead-letters?limit=20'];
const ASK_EVERY_MS = 100;

/** The platform is killed and started again under all its devices, which share one address. */
export async function run(print: (line: string) => void): Promise<void> {
  const stand = await openStand();
  try {
    const devices = [];
    for (let n = 0; n < SITES; n++) {
      const added = await addDevices(stand.db, 'electricity_meter', DEVICES / SITES, `storm-${n}`);
      devices.push(...added.map(({ clientId, password = '' }) => ({ clientId, password })));
    }
    const fleet = startFleet({ port: stand.platform.mqttPort, devices, backOffMs: BACK_OFF_MS });
    try {
      await fleet.until(({ back }) => back === DEVICES, BACK_MS_MAX);
      const before = fleet.progress().outcomes;
      await stand.platform.kill();
      const killedAt = Date.now();
      await fleet.until(({ connected }) => connected === 0, 10_000);
      const api = askApi(stand.platform.url);
      const startedAt = Date.now();
      const platform = await stand.restart();
      const readyAt = Date.now();
      const memory = watchMemory(platform);
      const storm = await fleet.until(({ back }) => back === DEVICES, BACK_MS_MAX);
      const answers = await api.stop();
      const { outcomes } = fleet.progress();
      const s = (from: number, to: number): string => `${((to - from) / 1000).toFixed(1)} s`;
      print(
        `${thousands(DEVICES)} devices of ${SITES} sites behind one address, the platform killed and started`,
      );
      print(`  ready ${s(startedAt, readyAt)} after its start`);
      print(
        `  all connected and each with a publish acknowledged ${s(startedAt, storm.at)} after the start, ${s(killedAt, storm.at)} after the kill (target 30 s)`,
      );
      const away = answers.find(({ status }) => status === 200);
      const served = answers.filter(({ at }) => away && at >= away.at);
      const ms = served.map((answer) => answer.ms);
      print(
        `  api: away for ${s(killedAt, away ? away.at : Date.now())}; then ${served.length} answers, p50 ${percentile(ms, 50).toFixed(0)} ms, p95 ${percentile(ms, 95).toFixed(0)} ms (target 500), longest ${Math.max(...ms).toFixed(0)} ms, not 200: ${served.filter(({ status }) => status !== 200).length}`,
      );
      print(
        `  peak memory: RssAnon ${memory.stop().toFixed(0)} MB, RSS with mapped files ${peakRssMb(platform).toFixed(0)} MB`,
      );
      const refused = Object.entries(outcomes)
        .map(([reason, count]) => `${reason} ${count - (before[reason] ?? 0)}`)
        .join(', ');
      print(`  connections that ended: ${refused}`);
      print(`  refused by the platform: ${(await refusals(platform)) || 'none'}`);
    } finally {
      await fleet.close();
    }
  } finally {
    await stand.close();
  }
}

interface Answer {
  /** Epoch milliseconds of the answer, and how long it took. */
  readonly at: number;
  readonly ms: number;
  /** 0: no connection. */
  readonly status: number;
}

/** Asks a few routes in turn, ten times a second, whether or not earlier answers have come. */
function askApi(url: string): { stop(): Promise<readonly Answer[]> } {
  const asked: Promise<Answer>[] = [];
  const timer = setInterval(
    () => asked.push(ask(url + (ROUTES[asked.length % ROUTES.length] ?? ''))),
    ASK_EVERY_MS,
  );
  return {
    async stop() {
      clearInterval(timer);
      return (await Promise.all(asked)).sort((a, b) => a.at - b.at);
    },
  };
}

async function ask(url: string): Promise<Answer> {
  const startedAt = performance.now();
  const status = await fetch(url, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    signal: AbortSignal.timeout(30_000),
  }).then(
    async (response) => {
      await response.text();
      return response.status;
    },
    () => 0,
  );
  return { at: Date.now(), ms: performance.now() - startedAt, status };
}

function watchMemory({ pid }: Platform): { stop(): number } {
  let peakMb = rssAnonMb(pid);
  const timer = setInterval(() => {
    try {
      peakMb = Math.max(peakMb, rssAnonMb(pid));
    } catch {
      // It has ended: whoever waits for it says why.
      clearInterval(timer);
    }
  }, 200);
  return {
    stop() {
      clearInterval(timer);
      return peakMb;
    },
  };
}

const peakRssMb = ({ pid }: Platform): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

async function refusals({ url }: Platform): Promise<string> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...text.matchAll(/^stallgrid_broker_refused_total\{reason="(\w+)"\} (\d+)/gm)]
    .map(([, reason, count]) => `${reason} ${count}`)
    .join(', ');
}
