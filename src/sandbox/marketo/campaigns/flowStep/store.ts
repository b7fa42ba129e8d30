/** Installed flow steps, and the campaigns that use them. */
import type { Journal } from '../../../journal';
import type { ActivityType } from '../../activity/standardTypes';
import type { Choice, Definition, Provider } from './provider';

export interface Service {
  /** Also the id of its activity type. */
  readonly id: number;
  readonly provider: Provider;
  readonly definition: Definition;
  readonly picklists: Readonly<Record<string, readonly Choice[]>>;
  /** Incoming fields: which field a value of the callback goes to. Without an entry it goes nowhere. */
  readonly incoming: Readonly<Record<string, string>>;
}

export interface Run {
  readonly id: string;
  readonly service: string;
  readonly type: 'trigger' | 'batch';
  readonly campaignId: number;
  readonly startedAt: string;
}

/** What became of one person of a chunk. */
export interface PersonResult {
  readonly leadId: number;
  readonly success: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** One call of the provider, known by its one-time token. */
export interface Chunk {
  readonly token: string;
  readonly run: string;
  readonly callbackKey: string;
  readonly leadIds: readonly number[];
  /** What the flow step said for each person. */
  readonly flow: Readonly<Record<number, Readonly<Record<string, string>>>>;
  /** How the provider took the call; 0 when it did not answer. */
  readonly invoked?: number;
  readonly results?: readonly PersonResult[];
  /** Callbacks for this token that were not taken, by status. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface FlowSteps {
  service(apiName: string): Service | undefined;
  services(): readonly Service[];
  nextServiceId(): number;
  putService(service: Service): void;
  runs(): readonly Run[];
  run(id: string): Run | undefined;
  putRun(run: Run): void;
  chunk(token: string): Chunk | undefined;
  chunksOf(run: string): readonly Chunk[];
  putChunk(chunk: Chunk): void;
  /** As Get Activity Types lists them. */
  activityTypes(): readonly ActivityType[];
}

const FIRST_ID = 100_501;

export function createFlowSteps(journal: Journal): FlowSteps {
  const services = journal.table<Service>('flowStepServices');
  const runs = journal.table<Run>('flowStepRuns');
  const chunks = journal.table<Chunk>('flowStepChunks');
  return {
    service: (apiName) => services.get(apiName),
    services: () => [...services.values()],
    nextServiceId: () => FIRST_ID + services.size,
    putService: (service) => void services.set(service.definition.apiName, service),
    runs: () => [...runs.values()],
    run: (id) => runs.get(id),
    putRun: (run) => void runs.set(run.id, run),
    chunk: (token) => chunks.get(token),
    chunksOf: (run) => [...chunks.values()].filter((chunk) => chunk.run === run),
    putChunk: (chunk) => void chunks.set(chunk.token, chunk),
    activityTypes: () => [...services.values()].map(toActivityType),
  };
}

/** One activity holds what the step was told and what was answered. */
function toActivityType({ id, definition }: Service): ActivityType {
  const { primaryAttribute, i18n, invocationPayloadDef, callbackPayloadDef } = definition;
  const shown = ({ apiName, dataType, i18n }: Definition['callbackPayloadDef']['attributes'][number]) => ({
    name: i18n.en_US.name,
    apiName,
    dataType,
  });
  const declared = [...invocationPayloadDef.flowAttributes, ...callbackPayloadDef.attributes];
  return {
    id,
    name: i18n.en_US.name,
    description: i18n.en_US.description,
    apiName: definition.apiName,
    ...one(declared.filter(({ apiName }) => apiName === primaryAttribute).map(shown)),
    attributes: [
      ...declared.filter(({ apiName }) => apiName !== primaryAttribute).map(shown),
      { name: 'Success', dataType: 'boolean' },
      { name: 'Reason', dataType: 'string' },
      { name: 'Error Code', dataType: 'string' },
    ],
  };
}

const one = ([attribute]: readonly ActivityType['attributes'][number][]) =>
  attribute === undefined ? {} : { primaryAttribute: attribute };
