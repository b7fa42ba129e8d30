/** Lead partitions: parts of the database that workspaces may or may not see. */
import type { Journal } from '../../journal';
import { TYPE } from '../activity/log';
import { type Call, inputRecords, jsonBody } from '../http/call';
import { type Envelope, MarketoError, perRecord, quote, Skip } from '../http/envelope';
import type { Instance } from '../instance';
import { DEFAULT_PARTITION_ID } from './change';

export interface Partition {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  /** Whether the API users' workspace sees it. */
  readonly accessible: boolean;
}

export interface Partitions {
  all(): readonly Partition[];
  /** The id of a partition by its name; `undefined` when none is named. Throws 1008. */
  named(name: unknown): number | undefined;
  isAccessible(id: number): boolean;
  define(name: string, accessible: boolean): Partition;
}

const DEFAULT: Partition = {
  id: DEFAULT_PARTITION_ID,
  name: 'Default',
  description: 'Initial system lead partition',
  accessible: true,
};

export function createPartitions(journal: Journal): Partitions {
  const table = journal.table<Partition>('partitions');
  const all = (): readonly Partition[] => [DEFAULT, ...table.values()];
  return {
    all,
    named(name) {
      if (name === undefined || name === null) return undefined;
      const partition = all().find((known) => known.name === name);
      if (partition?.accessible !== true) throw new MarketoError('1008', `Access denied to partition '${quote(name)}'`);
      return partition.id;
    },
    isAccessible: (id) => all().some((known) => known.id === id && known.accessible),
    define(name, accessible) {
      const id = table.get(name)?.id ?? DEFAULT_PARTITION_ID + table.size + 1;
      const partition = { id, name, description: '', accessible };
      table.set(name, partition);
      return partition;
    },
  };
}

export function getPartitions(_call: Call, instance: Instance): Envelope {
  const shown = instance.partitions.all().filter(({ accessible }) => accessible);
  return { result: shown.map(({ id, name, description }) => ({ id, name, description })) };
}

/** Update Lead Partition: moves people from one partition to another. */
export function updatePartitions(call: Call, instance: Instance): Envelope {
  return {
    result: inputRecords(jsonBody(call)).map(({ id, partitionName }) =>
      perRecord(() => {
        if (partitionName === undefined) throw new Skip('1009', 'Partition name must be specified');
        const target = instance.partitions.all().find(({ name }) => name === partitionName);
        if (target?.accessible !== true) throw new Skip('1008', `Access denied to partition '${quote(partitionName)}'`);
        const lead = instance.leads.get(Number(id));
        if (lead === undefined) throw new Skip('1004', 'Lead not found');
        if (lead.partitionId !== target.id) {
          const now = instance.clock.now().getTime();
          instance.leads.put({ ...lead, partitionId: target.id, updatedAt: now, changedAt: now });
          const attributes = { 'Old Partition ID': lead.partitionId, Reason: 'Web service API' };
          instance.log.append({
            type: TYPE.changePartition,
            lead: lead.id,
            primaryId: target.id,
            primary: target.name,
            attributes,
          });
        }
        return { id: lead.id, status: 'updated' };
      }),
    ),
  };
}
