/** What the gateway is given. It never calls a vendor: it answers from the store and starts workflows. */
import type { Clock, CreationRequests, FlowStepChunks, FlowStepKind, Log, Operations } from '../core/ports';

/** The few things the front doors ask of Temporal. Any of them may fail while Temporal is away. */
export interface TemporalDoor {
  /** Starts `create/<marketo id>`, or wakes the one that is running. */
  signalCreate(marketoId: string, requestId: string): Promise<void>;
  /** Runs a cycle now. Ends quietly when one is running. */
  triggerCycle(): Promise<void>;
  schedule(): Promise<ScheduleState>;
}

export interface ScheduleState {
  /** ISO 8601; absent while the Schedule is paused. */
  readonly nextRunAt?: string;
  readonly lastRunAt?: string;
  readonly running: boolean;
}

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
  readonly pollMs: number;
  /** For an answer from Temporal where the caller can do without. */
  readonly temporalMs: number;
}

/** What flow steps need beside what the rest of the gateway has. */
export interface FlowStepDeps {
  readonly chunks: FlowStepChunks;
  /** Starts the workflow that answers a chunk. May fail while Temporal is away: a cycle starts it then. */
  readonly startAnswer: (chunk: string, kind: FlowStepKind) => Promise<void>;
  /** Hosts that may be answered to, beside Marketo's own. */
  readonly callbackHosts: readonly string[];
  /** Marketo's name for the instance this sync belongs to, where it is known. */
  readonly munchkinId?: string;
}

export interface GatewayDeps {
  readonly requests: CreationRequests;
  readonly operations: Operations;
  readonly temporal: TemporalDoor;
  readonly tokens: { readonly gateway: string; readonly operator: string };
  /** Absent: no flow step is offered. */
  readonly flowStep?: FlowStepDeps;
  readonly health: () => Promise<HealthReport>;
  readonly log: Log;
  readonly clock: Clock;
  readonly waits?: Partial<Waits>;
}
