/** What the gateway is given. It never calls a vendor: it answers from the store and starts workflows. */
import type { Clock, CreationRequests, FlowStepChunks, FlowStepKind, Log, Operations } from '../core/ports';
import type { Erasures } from '../core/erasure';
import type { Imports } from '../core/imports';
import type { PlanBookkeeping } from '../core/plan';
import type { Reviews } from '../core/reviews';
import type { Stories } from '../core/story';
import type { Keyring } from './keyring';
import type { TemporalDoor } from '../temporal/door';
import type { Looks } from '../temporal/lookInto';

export type PartHealth = 'ok' | 'down';

export interface HealthReport {
  /** `starting`: all parts answer, the first cycle has not been through yet. */
  readonly status: 'ready' | 'starting' | 'down';
  readonly parts: { readonly store: PartHealth; readonly temporal: PartHealth };
}

/** How long the gateway waits for others. */
export interface Waits {
  /** For the durable row of a creation request; then 503. */
  readonly acceptMs: number;
  /** For the outcome of a creation request; then 202. */
  readonly outcomeMs: number;
  /** Between the first two looks for an outcome; later ones are further apart. */
  readonly pollMs: number;
  /** For an answer from the store to an operator; then 503. */
  readonly storeMs: number;
  /** For an answer from Temporal where the caller can do without. */
  readonly temporalMs: number;
  /** For the report of a workflow; then 503, and the next call waits for the same run. */
  readonly reportMs: number;
  /** Between looks for flow step calls that nobody is at. */
  readonly unattendedMs: number;
}

/** What flow steps need beside what the rest of the gateway has. */
export interface FlowStepDeps {
  readonly chunks: FlowStepChunks;
  /** Starts the workflow that answers a chunk, unless it runs. May fail while Temporal is away: it is started later then. */
  readonly startAnswer: (chunk: string, kind: FlowStepKind) => Promise<void>;
  /** Hosts that may be answered to, beside Marketo's own. */
  readonly callbackHosts: readonly string[];
  /** Marketo's name for the instance this sync belongs to, where it is known. */
  readonly munchkinId?: string;
}

/** What operators look into and decide. */
export interface OperatorDesk {
  readonly stories: Stories;
  readonly reviews: Reviews;
  readonly plans: PlanBookkeeping;
  readonly imports: Imports;
  readonly erasures: Erasures;
  /** Workflows that look into things; may fail while Temporal is away. */
  readonly looks: Looks;
}

export interface GatewayDeps {
  readonly requests: CreationRequests;
  readonly operations: Operations;
  /** Any of its calls may fail while Temporal is away. */
  readonly temporal: TemporalDoor;
  readonly tokens: { readonly gateway: Keyring; readonly operator: Keyring };
  /** Absent: no flow step is offered. */
  readonly flowStep?: FlowStepDeps;
  /** Absent: no operator's desk is offered, only status, retry and set-up. */
  readonly desk?: OperatorDesk;
  readonly health: () => Promise<HealthReport>;
  readonly log: Log;
  readonly clock: Clock;
  readonly waits?: Partial<Waits>;
}
