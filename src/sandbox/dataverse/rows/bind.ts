/** The row that an `@odata.bind` names. */
import { readSegments } from '../http/call';
import { noSuchSegment, payloadProblem } from '../http/problem';
import type { Navigation } from '../metadata/model';
import type { Organization } from '../organization';
import { targetNotFound } from './refusals';
import type { Reference } from './row';
import { noRowWithKey, readRowKey } from './rowKey';

/** `/accounts(<guid>)`, `accounts(accountnumber='A-1')`, or a whole URL. Throws when there is no such row. */
export function bindTarget(url: string, navigation: Navigation, organization: Organization): Reference {
  const tables = navigation.targets.map(({ table }) => table);
  return rowAt(url, tables, `The navigation property '${navigation.name}'`, organization);
}

/** The same for any place that takes rows of these tables; `place` says of itself what it is. */
export function rowAt(url: string, tables: readonly string[], place: string, organization: Organization): Reference {
  const path = url.replace(/^https?:\/\/[^/]+/i, '').replace(/^\/api\/data\/v9\.\d/, '');
  const [segment] = readSegments(path);
  const table = organization.model.byEntitySet(segment?.name ?? '');
  if (segment?.argument === undefined || table === undefined) throw noSuchSegment(segment?.name ?? url);
  if (!tables.includes(table.name)) {
    throw payloadProblem(
      table.entitySet,
      `Microsoft.Crm.CrmException: ${place} takes a row of ${tables.join(' or ')}, not of ${table.name}.`,
    );
  }
  const { id, row } = readRowKey(segment.argument, table, organization);
  if (row !== undefined) return { table: table.name, id: row.id };
  throw id === undefined ? noRowWithKey(table) : targetNotFound(table.name, id);
}
