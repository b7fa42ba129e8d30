/** A world for the doctor, and what it tells there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Check } from '../../src/core/doctor';
import type { DoctorAnswer } from '../../src/gateway/operatorDoctor';
import { sendJson } from './vendors';
import { OPERATOR_TOKEN, startWorld, type World } from './world';

export interface DoctorWorld {
  readonly world: World;
  readonly defaultMapping: string;
  /** What the next worker finds as its `mapping.yaml`. */
  useMapping(yaml: string): void;
  doctor(): Promise<DoctorAnswer>;
  /** Names of all checks that are not `ok`. */
  notWell(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** What a world in which nothing is wrong is told of: cycles run only when a scenario asks for one. */
export const AT_REST = ['schedule'];

export async function startDoctorWorld({ setUp }: { readonly setUp: boolean }): Promise<DoctorWorld> {
  const dir = mkdtempSync(join(tmpdir(), 'mdsync-doctor-'));
  const mappingFile = join(dir, 'mapping.yaml');
  const defaultMapping = readFileSync(resolve(__dirname, '../../src/config/defaultMapping.yaml'), 'utf8');
  const useMapping = (yaml: string): void => writeFileSync(mappingFile, yaml);
  useMapping(defaultMapping);
  const world = await startWorld({ setUp, env: { MDSYNC_MAPPING: mappingFile } });
  const doctor = async (): Promise<DoctorAnswer> => {
    const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
    return (await sendJson(`${world.gatewayUrl}/operator/doctor`, 'POST', undefined, headers)) as unknown as DoctorAnswer;
  };
  return {
    world,
    defaultMapping,
    useMapping,
    doctor,
    async notWell() {
      const { checks } = await doctor();
      return checks.flatMap(({ name, status }) => (status === 'ok' ? [] : [name]));
    },
    async stop() {
      await world.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** What is not well about `name` and all below it, as an operator reads it: title, status, what it means, how to mend it. */
export const told = (checks: readonly Check[], name: string): readonly (readonly (string | undefined)[])[] =>
  checks
    .filter((check) => check.name === name || check.name.startsWith(`${name}.`))
    .flatMap(({ title, status, finding, fix }) => (status === 'ok' ? [] : [[title, status, finding, fix]]));
