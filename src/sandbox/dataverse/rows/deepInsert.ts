/** A new row whose body brings other new rows along: those its lookups point to, and those that point to it. */
import { type Call, isJson, type Json } from '../http/call';
import type { Collection, Navigation, Table } from '../metadata/model';
import type { Organization } from '../organization';
import { writeContextOf } from './writeContext';
import { type Change, readPayload } from './payload';
import type { Reference, Row } from './row';
import { createRow } from './write';

/** `more`: what the row gets besides what the body says. All rows are made, or none: the operation is one transaction. */
export function createDeep(body: Json, table: Table, call: Call, organization: Organization, more: Change = new Map()): Row {
  const { own, parents, children } = apart(body, table);
  const bound = parents.map(([{ column, targets }, parent]) => {
    const target = organization.model.table(targets[0]?.table ?? '');
    const reference: Reference = { table: target.name, id: createDeep(parent, target, call, organization).id };
    return [column.name, reference] as const;
  });
  const change = new Map([...readPayload(own, table, 'create', organization), ...bound, ...more]);
  const row = createRow(table, change, writeContextOf(call, organization));
  const here: Reference = { table: table.name, id: row.id };
  for (const [{ table: name, column }, rows] of children) {
    for (const child of rows)
      createDeep(child, organization.model.table(name), call, organization, new Map([[column.name, here]]));
  }
  return row;
}

interface Apart {
  readonly own: Json;
  readonly parents: readonly (readonly [Navigation, Json])[];
  readonly children: readonly (readonly [Collection, readonly Json[]])[];
}

function apart(body: Json, table: Table): Apart {
  const own: Record<string, unknown> = {};
  const parents: [Navigation, Json][] = [];
  const children: [Collection, Json[]][] = [];
  for (const [name, given] of Object.entries(body)) {
    const navigation = table.navigations.get(name);
    const collection = table.collections.get(name);
    if (navigation?.targets.length === 1 && isJson(given)) parents.push([navigation, given]);
    else if (collection !== undefined && Array.isArray(given) && given.every(isJson)) children.push([collection, given]);
    else own[name] = given;
  }
  return { own, parents, children };
}
