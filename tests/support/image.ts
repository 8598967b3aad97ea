import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const dockerfile = readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', ' ');
const shipped = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
const json = (instruction: RegExp): string[] => JSON.parse(instruction.exec(shipped)?.[1] ?? '[]');

/** What the Dockerfile says of the image that is shipped. */
export const IMAGE = {
  command: json(/^CMD (.+)$/m),
  healthCheck: json(/^HEALTHCHECK .*? CMD (.+)$/m),
  ports: /^EXPOSE (.+)$/m.exec(shipped)?.[1]?.split(' ').map(Number) ?? [],
  copied: [...shipped.matchAll(/^COPY --from=build \/app\/(\S+) /gm)].map(([, name = '']) => name),
};

/**
 * Does what the Dockerfile does, without Docker: builds from what `.dockerignore` lets through, then keeps only what
 * is copied into the image, with only the packages that are there without the development ones.
 */
export function buildImage(dir: string): string {
  const app = join(dir, 'build');
  const ignored = readFileSync('.dockerignore', 'utf8').trim().split('\n');
  for (const name of readdirSync('.')) {
    if (!ignored.includes(name)) cpSync(name, join(app, name), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(app, 'node_modules'));
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: app, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stdout + built.stderr);

  const image = join(dir, 'image');
  for (const name of IMAGE.copied) {
    if (name !== 'node_modules') cpSync(join(app, name), join(image, name), { recursive: true });
    else for (const path of shippedPackages()) link(path, join(image, path));
  }
  return image;
}

/** Those at the top of node_modules; what they need themselves is found from where they are. */
function shippedPackages(): string[] {
  const lock: { packages: Record<string, { dev?: boolean }> } = JSON.parse(
    readFileSync('package-lock.json', 'utf8'),
  );
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && !dev)
    .map(([path]) => path);
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(resolve(from), to);
}
