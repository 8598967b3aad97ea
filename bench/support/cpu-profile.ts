import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';

/** The part of Chrome's format that is used: a tree of frames, and which of them was on top at each sample. */
const zProfile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
      children: z.array(z.number()).optional(),
    }),
  ),
  samples: z.array(z.number()),
  /** Microseconds before each sample. */
  timeDeltas: z.array(z.number()),
});
export type CpuProfile = z.infer<typeof zProfile>;

const SAMPLE_US = 500;

/**
 * Profiles a process that runs with `--inspect=127.0.0.1:port`, from now until `stop`.
 * @throws when nothing answers there.
 */
export async function profileProcess(port: number): Promise<{ stop(): Promise<CpuProfile> }> {
  const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
  const [target] = z.array(z.object({ webSocketDebuggerUrl: z.url() })).parse(await answer.json());
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '', { maxPayload: 256 * 1024 * 1024 });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let last = 0;
  function ask(method: string, params: object = {}): Promise<unknown> {
    const id = ++last;
    return new Promise((resolve) => {
      const onMessage = (data: Buffer): void => {
        const message = JSON.parse(data.toString());
        if (message.id !== id) return;
        socket.off('message', onMessage);
        resolve(message.result);
      };
      socket.on('message', onMessage);
      socket.send(JSON.stringify({ id, method, params }));
    });
  }
  await ask('Profiler.enable');
  await ask('Profiler.setSamplingInterval', { interval: SAMPLE_US });
  await ask('Profiler.start');
  return {
    async stop() {
      const { profile } = z.object({ profile: zProfile }).parse(await ask('Profiler.stop'));
      socket.close();
      await sleep(0);
      return profile;
    },
  };
}

/** A share of the time, and how its frames are known. */
export interface Stage {
  readonly name: string;
  /** Matched against `function url` of a frame. */
  readonly frames: RegExp;
}

/**
 * Seconds by stage: a sample belongs to the first stage that its top frame or, going outward, a caller matches.
 * What nothing matches is `rest`; idle time is left out.
 */
export function secondsByStage(
  profile: CpuProfile,
  stages: readonly Stage[],
  rest: string,
): ReadonlyMap<string, number> {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((c) => [c, id])));
  const stageOfNode = new Map<number, string>();
  function stageOf(id: number | undefined): string {
    const node = id === undefined ? undefined : nodes.get(id);
    if (id === undefined || !node) return rest;
    const known = stageOfNode.get(id);
    if (known !== undefined) return known;
    const { functionName, url } = node.callFrame;
    const stage = stages.find(({ frames }) => frames.test(`${functionName} ${url}`));
    const name = stage?.name ?? stageOf(parents.get(id));
    stageOfNode.set(id, name);
    return name;
  }
  const seconds = new Map([...stages.map(({ name }) => name), rest].map((name) => [name, 0]));
  for (const [i, id] of profile.samples.entries()) {
    if (nodes.get(id)?.callFrame.functionName === '(idle)') continue;
    const name = stageOf(id);
    seconds.set(name, (seconds.get(name) ?? 0) + (profile.timeDeltas[i] ?? 0) / 1e6);
  }
  return seconds;
}
