/** What a Bulk Lead Extract asks for, and its file. */
import { MarketoError, missing, quote } from '../http/envelope';
import type { Instance } from '../instance';
import type { Lead } from '../leads/store';
import { valueOf } from '../leads/view';
import { type Body, isWithin, type Range, readFilter, readHeader, readRange } from './request';
import type { Cell } from './table';

export interface LeadExport {
  readonly fields: readonly string[];
  readonly header: readonly string[];
  readonly filter:
    | { readonly by: 'createdAt' | 'updatedAt'; readonly range: Range }
    | { readonly by: 'list'; readonly listId: number };
}

/** Throws 1001, 1002, 1003, 1013, 1035. */
export function readLeadExport(body: Body, instance: Instance): LeadExport {
  const { fields } = body;
  if (!Array.isArray(fields) || fields.length === 0) throw missing('fields');
  const names = fields.map(quote);
  const unknown = names.filter((name) => instance.fields.get(name) === undefined);
  if (unknown.length > 0) throw new MarketoError('1003', `Invalid fields [${unknown.join(', ')}]`);
  return { fields: names, header: readHeader(body, names), filter: readLeadFilter(readFilter(body), instance) };
}

function readLeadFilter(filter: Body, instance: Instance): LeadExport['filter'] {
  const [name, ...more] = Object.keys(filter);
  if (more.length > 0) throw new MarketoError('1003', 'Invalid data: exactly one filter is allowed');
  if (name === 'createdAt' || name === 'updatedAt') return { by: name, range: readRange(filter[name], name) };
  const list = instance.lists
    .all()
    .find((known) => (name === 'staticListId' ? known.id === Number(filter[name]) : known.name === filter['staticListName']));
  // Smart lists (and updatedAt) are not there on every subscription; smart lists are not there on this one.
  if (name !== 'staticListId' && name !== 'staticListName')
    throw new MarketoError('1035', `Unsupported filter type '${name ?? ''}'`);
  if (list === undefined) throw new MarketoError('1013', `List '${quote(filter[name])}' not found`);
  return { by: 'list', listId: list.id };
}

export function* leadRows(request: LeadExport, instance: Instance): Generator<readonly Cell[]> {
  const fields = request.fields.flatMap((name) => instance.fields.get(name) ?? []);
  for (const lead of instance.leads.all()) {
    if (isWanted(request.filter, lead, instance)) yield fields.map((field) => valueOf(instance, lead, field));
  }
}

/** `updatedAt` here is the last change of any field, not the `updatedAt` one sees. */
function isWanted(filter: LeadExport['filter'], lead: Lead, instance: Instance): boolean {
  if (filter.by === 'list') return instance.lists.has(filter.listId, lead.id);
  return isWithin(filter.range, filter.by === 'createdAt' ? lead.createdAt : lead.changedAt);
}
