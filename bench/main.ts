/** `npm run bench`: measures the product on servers of its own, prints each figure beside its goal, and keeps all of them in a file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import type { Child } from '../src/embedded/child';
import { callsPerRecord, eventsPerRecord } from './cases/calls';
import { creation } from './cases/creation';
import { flowStep } from './cases/flowStep';
import { initialLoad } from './cases/initialLoad';
import { massUpdate } from './cases/massUpdate';
import { memory } from './cases/memory';
import { perRecord } from './cases/perRecord';
import { sandboxes } from './cases/sandboxes';
import { storeSize } from './cases/size';
import { type Figure, table } from './figures';
import { type House, pairEverybody, startHouse } from './house';
import { somePairs } from './pairs';

/** How vendors answer: far quicker than the real ones do, so that the product is what is measured. */
const LATENCY = { medianMs: 40, p99Ms: 150 };

interface Plan {
  /** Humans that both sides know, paired before anything is measured. */
  readonly pairs: number;
  /** Changed in one cycle. */
  readonly records: number;
  readonly rounds: number;
  /** In the store, for the cost of a cycle in a large one. */
  readonly manyPairs: number;
  /** Contacts of the initial load. */
  readonly load: number;
  /** Rows of the mass update; there must be as many pairs by then. */
  readonly updates: number;
  /** Creations, once idle and once while records are synced. */
  readonly requests: number;
  /** How long campaigns call the flow step, 30 people a second. */
  readonly flowStepSec: number;
  /** In each sandbox, when the sandboxes are what is measured. */
  readonly people: number;
}
const FULL: Plan = {
  pairs: 1_000,
  records: 1_000,
  rounds: 5,
  manyPairs: 200_000,
  load: 100_000,
  updates: 50_000,
  requests: 30,
  flowStepSec: 120,
  people: 200_000,
};
const QUICK: Plan = {
  pairs: 220,
  records: 200,
  rounds: 3,
  manyPairs: 20_000,
  load: 300,
  updates: 500,
  requests: 10,
  flowStepSec: 15,
  people: 20_000,
};
/** What is changed for the cost of a cycle in a large store. */
const FEW_CHANGES = 100;

type Sizes = { readonly [name in keyof Plan]?: number };

interface Options extends Sizes {
  readonly quick?: boolean;
  readonly only?: readonly string[];
  readonly out: string;
  readonly profile?: string;
}

type Case = (house: House, plan: Plan, worker: Child) => Promise<readonly Figure[]>;

const CASES: Readonly<Record<string, Case>> = {
  perRecord: async (house, { records, rounds }) => perRecord(house, await somePairs(house, records), rounds),
  calls: async (house, { records }) => {
    const pairs = await somePairs(house, records);
    return [...(await callsPerRecord(house, pairs)), await eventsPerRecord(house, pairs[0]!)];
  },
  creation: async (house, { records, requests }) => creation(house, await somePairs(house, records), requests),
  initialLoad: (house, { load, pairs }, worker) => initialLoad(house, worker.pid, load, pairs),
  massUpdate: async (house, { updates }) => massUpdate(house, await somePairs(house, updates)),
  flowStep: (house, { flowStepSec }, worker) => flowStep(house, worker.pid, flowStepSec, say),
  storeSize: async (house, { manyPairs }) => storeSize(house, await somePairs(house, FEW_CHANGES), manyPairs),
  memory: (house, _plan, worker) => memory(house, worker.pid),
};

/** Cases that need none of the product. */
const ALONE: Readonly<Record<string, (plan: Plan) => Promise<readonly Figure[]>>> = {
  sandboxes: ({ people }) => sandboxes(people, say),
};
const NAMES = [...Object.keys(CASES), ...Object.keys(ALONE)];

async function main(options: Options): Promise<void> {
  const plan = { ...(options.quick ? QUICK : FULL), ...sizesOf(options) };
  const names = options.only ?? NAMES;
  for (const name of names) if (!NAMES.includes(name)) throw new Error(`There is no case ${name}: ${NAMES.join(', ')}`);
  const startedAt = new Date();
  const ofProduct = names.filter((name) => name in CASES);
  const figures = ofProduct.length === 0 ? [] : await measureProduct(ofProduct, plan, options);
  for (const name of names.filter((one) => one in ALONE)) {
    say(`measuring ${name}`);
    figures.push(...((await ALONE[name]?.(plan)) ?? []));
  }
  report(figures, options, startedAt);
}

async function measureProduct(names: readonly string[], plan: Plan, options: Options): Promise<Figure[]> {
  const house = await startHouse({ pairs: plan.pairs, latency: LATENCY, say });
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void house.stop().finally(() => process.exit(130)));
  const figures: Figure[] = [];
  try {
    const worker = await house.startWorker(options.profile === undefined ? {} : { profile: resolve(options.profile) });
    say(`pairing ${plan.pairs} people and contacts, which also warms everything up`);
    await pairEverybody(house);
    for (const name of names) {
      say(`measuring ${name}`);
      figures.push(...((await CASES[name]?.(house, plan, worker)) ?? []));
    }
    await house.stopWorker(worker);
  } finally {
    await house.stop();
  }
  return figures;
}

function report(figures: readonly Figure[], options: Options, startedAt: Date): void {
  const on = {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    latency: LATENCY,
    quick: options.quick ?? false,
    startedAt: startedAt.toISOString(),
    seconds: Math.round((Date.now() - startedAt.getTime()) / 1_000),
  };
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, `${JSON.stringify({ on, figures }, undefined, 2)}\n`);
  process.stdout.write(`\n${table(figures)}\n\n${on.cores} cores (${on.cpu}), ${on.seconds} s. All figures: ${options.out}\n`);
}

/** What the command line says instead of the plan. */
function sizesOf(options: Sizes): Partial<Plan> {
  return Object.fromEntries(SIZES.flatMap(([name]) => (options[name] === undefined ? [] : [[name, options[name]]])));
}

function say(words: string): void {
  process.stderr.write(`${words} ...\n`);
}

const SIZES: readonly (readonly [name: keyof Plan, words: string])[] = [
  ['pairs', 'humans that both sides know'],
  ['records', 'changed in one cycle'],
  ['rounds', 'how often what is compared is measured'],
  ['manyPairs', 'in the store, for the cost of a cycle in a large one'],
  ['load', 'contacts of the initial load'],
  ['updates', 'rows of the mass update'],
  ['requests', 'creations, once idle and once while records are synced'],
  ['flowStepSec', 'seconds for which campaigns call the flow step'],
  ['people', 'in each sandbox, when the sandboxes are what is measured'],
];

const program = new Command('bench')
  .description('Measures the product on servers of its own.')
  .option('--quick', 'fewer records and rounds, under two minutes')
  .option('--only <cases...>', `some of: ${NAMES.join(', ')}`)
  .option('--out <file>', 'where all figures go', '.mdsync/bench.json')
  .option('--profile <dir>', 'leave a CPU profile of the worker there')
  .action((options: Options) => main(options));
for (const [name, words] of SIZES)
  program.option(`--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} <number>`, words, (text) =>
    Number.parseInt(text, 10),
  );

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
