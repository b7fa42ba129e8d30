/** `npm run bench`: measures the product on servers of its own, prints each figure beside its goal, and keeps all of them in a file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import type { Child } from '../src/embedded/child';
import { budget } from './cases/budget';
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
import { countPairs, somePairs } from './pairs';

/** How vendors answer: far quicker than the real ones do, so that the product is what is measured. */
const LATENCY = { medianMs: 40, p99Ms: 150 };

interface Plan {
  /** Humans that both sides know, paired before anything is measured. */
  readonly pairs: number;
  /** Changed in one cycle. */
  readonly records: number;
  /** Changed in one cycle, for what that costs in a large store, and in each cycle of an hour. */
  readonly fewRecords: number;
  /** Changed while creations are asked for; there must be as many pairs. */
  readonly busyRecords: number;
  readonly rounds: number;
  /** In the store, for the cost of a cycle in a large one. */
  readonly manyPairs: number;
  /** Contacts of the initial load. */
  readonly load: number;
  /** Rows of the mass update; there must be as many pairs by then. */
  readonly updates: number;
  /** Creations, once idle and once while records are synced. */
  readonly requests: number;
  /** Contacts of the load that is held to a share of Marketo's limit: more than it gets through. */
  readonly budgetLoad: number;
  /** For how many stretches of 20 s it is watched, with one worker process and with two. */
  readonly budgetWindows: number;
  /** How long campaigns call the flow step, 30 people a second. */
  readonly flowStepSec: number;
  /** In each sandbox, when the sandboxes are what is measured. */
  readonly people: number;
}
const FULL: Plan = {
  pairs: 10_000,
  records: 1_000,
  fewRecords: 100,
  busyRecords: 10_000,
  rounds: 5,
  manyPairs: 200_000,
  load: 100_000,
  updates: 50_000,
  requests: 30,
  budgetLoad: 15_000,
  budgetWindows: 3,
  flowStepSec: 120,
  people: 200_000,
};
const QUICK: Plan = {
  pairs: 400,
  records: 300,
  fewRecords: 20,
  busyRecords: 200,
  rounds: 2,
  manyPairs: 20_000,
  load: 1_000,
  updates: 2_100,
  requests: 8,
  budgetLoad: 10_000,
  budgetWindows: 1,
  flowStepSec: 15,
  people: 20_000,
};
/** Too long for a quick look, unless asked for by name. */
const NOT_QUICK: ReadonlySet<string> = new Set(['flowStep', 'budget', 'sandboxes']);

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
  creation: async (house, { busyRecords, requests }, worker) =>
    creation(house, worker.pid, await somePairs(house, busyRecords), requests),
  flowStep: (house, { flowStepSec }, worker) => flowStep(house, worker.pid, flowStepSec, say),
  storeSize: async (house, { fewRecords, manyPairs, rounds }) =>
    storeSize(house, await somePairs(house, fewRecords), manyPairs, rounds),
  memory: async (house, { fewRecords }, worker) => memory(house, worker.pid, await somePairs(house, fewRecords)),
};

/** Of a house of their own: reading everything anew, they would read the other cases' pairs, too. */
const BULK_CASES: Readonly<Record<string, Case>> = {
  initialLoad: async (house, { load }, worker) => initialLoad(house, worker.pid, load, await countPairs(house)),
  massUpdate: async (house, { updates }) => massUpdate(house, await somePairs(house, updates)),
};
/** Pairs that everything is warmed up with. */
const WARM_UP = 500;

/** Cases that start what they need themselves. */
const ALONE: Readonly<Record<string, (plan: Plan) => Promise<readonly Figure[]>>> = {
  budget: ({ budgetLoad, budgetWindows }) => budget(budgetLoad, budgetWindows, LATENCY, say),
  sandboxes: ({ people }) => sandboxes(people, say),
};
const NAMES = [...Object.keys(CASES), ...Object.keys(BULK_CASES), ...Object.keys(ALONE)];

async function main(options: Options): Promise<void> {
  const plan = { ...(options.quick ? QUICK : FULL), ...sizesOf(options) };
  const names = options.only ?? NAMES.filter((name) => !(options.quick && NOT_QUICK.has(name)));
  for (const name of names) if (!NAMES.includes(name)) throw new Error(`There is no case ${name}: ${NAMES.join(', ')}`);
  const startedAt = new Date();
  const figures = await measureProduct(CASES, names, plan.pairs, plan, options);
  // What is loaded is there to be updated; without a load, the pairs have to be there before.
  const before = names.includes('initialLoad') ? WARM_UP : Math.max(WARM_UP, plan.updates);
  figures.push(...(await measureProduct(BULK_CASES, names, before, plan, options)));
  for (const name of names.filter((one) => one in ALONE)) {
    say(`measuring ${name}`);
    figures.push(...((await ALONE[name]?.(plan)) ?? []));
  }
  report(figures, options, startedAt);
}

/** Measures those of `cases` that are asked for in one house, which begins with so many pairs. */
async function measureProduct(
  cases: Readonly<Record<string, Case>>,
  asked: readonly string[],
  pairs: number,
  plan: Plan,
  options: Options,
): Promise<Figure[]> {
  const names = asked.filter((name) => name in cases);
  if (names.length === 0) return [];
  const house = await startHouse({ pairs, latency: LATENCY, say });
  const leave = (): void => void house.stop().finally(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
  const figures: Figure[] = [];
  try {
    const worker = await house.startWorker(options.profile === undefined ? {} : { profile: resolve(options.profile) });
    say(`pairing ${pairs} people and contacts, which also warms everything up`);
    await pairEverybody(house);
    for (const name of names) {
      say(`measuring ${name}`);
      figures.push(...((await cases[name]?.(house, plan, worker)) ?? []));
    }
    await house.stopWorker(worker);
  } finally {
    await house.stop();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, leave);
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
  ['fewRecords', 'changed in one cycle, in a large store and in each cycle of an hour'],
  ['busyRecords', 'changed while creations are asked for'],
  ['rounds', 'how often what is compared is measured'],
  ['manyPairs', 'in the store, for the cost of a cycle in a large one'],
  ['load', 'contacts of the initial load'],
  ['updates', 'rows of the mass update'],
  ['requests', 'creations, once idle and once while records are synced'],
  ['budgetLoad', 'contacts of the load that is held to a share of the limit'],
  ['budgetWindows', 'stretches of 20 s for which that load is watched'],
  ['flowStepSec', 'seconds for which campaigns call the flow step'],
  ['people', 'in each sandbox, when the sandboxes are what is measured'],
];

const program = new Command('bench')
  .description('Measures the product on servers of its own.')
  .option('--quick', `fewer records and rounds, some minutes; without ${[...NOT_QUICK].join(', ')}, unless asked for`)
  .option('--only <cases...>', `some of: ${NAMES.join(', ')}`)
  .option('--out <file>', 'where all figures go', '.mdsync/bench.json')
  .option('--profile <dir>', 'leave a CPU profile of the worker there')
  .action((options: Options) => main(options));
for (const [name, words] of SIZES)
  program.option(`--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} <number>`, words, (text) =>
    Number.parseInt(text, 10),
  );

program
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  })
  // Nobody closes the connection to Temporal: see the house.
  .finally(() => process.exit());
