import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { SETTINGS } from '../../src/config/env';
import { SEARCH_ATTRIBUTES } from '../../src/temporal/names';

const root = join(__dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Service {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly command?: readonly string[];
  readonly deploy?: { readonly replicas?: number };
}
const compose = parse(read('docker-compose.yml'), { merge: true }) as { readonly services: Readonly<Record<string, Service>> };
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  // Names of the old drafts: what is checked is the same without them.
  const schema = JSON.parse(read('test/support/compose-spec.json'), (key, value) =>
    /^(id|\$schema)$/.test(key) && typeof value === 'string' ? undefined : value,
  ) as object;
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);

  test('is a Compose file by the letter of the specification', () => {
    // The project's name came into the specification after this edition of it.
    const { name, ...file } = parse(read('docker-compose.yml'), { merge: true }) as Record<string, unknown>;
    expect(name).toMatch(/^[a-z0-9][a-z0-9_-]*$/);
    validate(file);
    expect(validate.errors).toBeNull();
    // What the schema is there for: a word that Compose does not know.
    expect(validate({ services: { worker: { image: 'a', replicas: 2 } } })).toBe(false);
  });

  test('sets nothing that the programs do not read, and asks for nothing in .env that they do not', () => {
    const known = new Set(SETTINGS.map(({ name }) => name));
    const set = ['worker', 'gateway'].flatMap((name) => Object.keys(compose.services[name]?.environment ?? {}));
    const asked = [...read('.env.example').matchAll(/^([A-Z_0-9]+)=/gm)].map((match) => match[1] ?? '');
    expect(set.length * asked.length).toBeGreaterThan(0);
    expect([...set, ...asked].filter((name) => !known.has(name))).toEqual(['POSTGRES_PASSWORD']);
    const interpolated = [...read('docker-compose.yml').matchAll(/\$\{([A-Z_0-9]+)/g)].map((match) => match[1] ?? '');
    expect(interpolated.filter((name) => !asked.includes(name))).toEqual([]);
  });

  test('runs two workers', () => {
    expect(compose.services['worker']?.deploy?.replicas).toBe(2);
  });

  test('publishes every port on this machine only', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  test('pins every image that it does not build, the two of one Temporal release together', () => {
    const foreign = services.map(([, service]) => service.image).filter((image) => image !== 'marketo-dynamics-sync');
    expect(foreign.filter((image) => !/:\d/.test(image))).toEqual([]);
    const tagOf = (name: string): string | undefined => compose.services[name]?.image.split(':')[1];
    expect(tagOf('temporal-schema')).toBe(tagOf('temporal'));
    expect(tagOf('temporal-namespace')).toBe(tagOf('temporal'));
  });

  test('holds no secret: passwords come from .env, and are asked for by name when missing', () => {
    const secrets = services.flatMap(([, { environment = {} }]) =>
      Object.entries(environment).flatMap(([name, value]) => (/PASSWORD|PWD|DATABASE_URL/.test(name) ? [value] : [])),
    );
    expect(secrets.length).toBeGreaterThan(0);
    expect(secrets.filter((value) => !value.includes('${POSTGRES_PASSWORD:?'))).toEqual([]);
    expect(read('.env.example')).toMatch(/^POSTGRES_PASSWORD=$/m);
  });

  test('starts the programs of the build, when Temporal has its namespace', () => {
    for (const name of ['worker', 'gateway']) {
      expect(compose.services[name]?.command?.at(-1)).toBe(`dist/${name}.js`);
      expect(compose.services[name]?.depends_on?.['temporal-namespace']?.condition).toBe('service_completed_successfully');
    }
  });
});

describe('deploy/temporal/namespace.sh', () => {
  test('creates the search attributes that the workflows set', () => {
    const names = /for name in ([^;]+); do/.exec(read('deploy/temporal/namespace.sh'))?.[1]?.split(' ').sort();
    expect(names).toEqual(
      Object.values(SEARCH_ATTRIBUTES)
        .map(({ name }) => name)
        .sort(),
    );
  });
});

describe('.github/workflows/ci.yml', () => {
  test('runs what a developer runs, may only read, and pins what it uses', () => {
    const workflow = read('.github/workflows/ci.yml');
    expect(parse(workflow)).toMatchObject({ permissions: { contents: 'read' } });
    expect(workflow).toContain('run: .ci/run');
    const uses = [...workflow.matchAll(/uses: (\S+)/g)].map((match) => match[1] ?? '');
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
  });
});
