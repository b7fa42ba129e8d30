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
  const path = url.replace(/^https?:\/\/[^/]+/i, '').replace(/^\/api\/data\/v9\.\d/, '');
  const [segment] = readSegments(path);
  const table = organization.model.byEntitySet(segment?.name ?? '');
  if (segment?.argument === undefined || table === undefined) throw noSuchSegment(segment?.name ?? url);
  if (!navigation.targets.some((target) => target.table === table.name)) {
    const expected = navigation.targets.map((target) => target.table).join(' or ');
    throw payloadProblem(
      table.entitySet,
      `Microsoft.Crm.CrmException: The navigation property '${navigation.name}' takes a row of ${expected}, not of ${table.name}.`,
    );
  }
  const { id, row } = readRowKey(segment.argument, table, organization);
  if (row !== undefined) return { table: table.name, id: row.id };
  throw id === undefined ? noRowWithKey(table) : targetNotFound(table.name, id);
}
