/** What the instance says about itself: person fields, and custom activity types. */
import type { Result } from '../core/ports';
import type { EntitySchema, FieldSchema, SideSchema } from '../core/types';
import { type Api, itemsOf } from './api';
import { activityType, describedField } from './envelope';

export async function readSchema(api: Api, baseUrl: string): Promise<Result<SideSchema>> {
  const [described, types] = await Promise.all([
    api.get('/rest/v1/leads/describe.json').then((answer) => itemsOf(answer, describedField)),
    readActivityTypes(api),
  ]);
  if ('failure' in described) return described;
  if ('failure' in types) return types;
  const fields = described.ok.flatMap(({ displayName, dataType, length, rest }): FieldSchema[] =>
    rest === undefined
      ? []
      : [
          {
            name: rest.name,
            label: displayName,
            vendorType: dataType,
            ...(length === undefined ? {} : { maxLength: length }),
            required: 'none',
            readable: true,
            creatable: !rest.readOnly,
            updatable: !rest.readOnly,
          },
        ],
  );
  const person: EntitySchema = Object.fromEntries(fields.map((field) => [field.name, field]));
  return { ok: { instance: new URL(baseUrl).host, entities: { person }, activityTypes: types.ok, problems: [] } };
}

/** Ids of approved custom activity types by API name. Only approved ones can be used. */
export async function readActivityTypes(api: Api): Promise<Result<Readonly<Record<string, number>>>> {
  const types = itemsOf(await api.get('/rest/v1/activities/external/types.json'), activityType);
  if ('failure' in types) return types;
  const approved = types.ok.filter((type) => type.status === undefined || type.status.startsWith('approved'));
  return { ok: Object.fromEntries(approved.flatMap(({ apiName, id }) => (apiName === undefined ? [] : [[apiName, id]]))) };
}
