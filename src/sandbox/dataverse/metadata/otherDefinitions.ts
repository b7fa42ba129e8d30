/** `RelationshipDefinitions`: the relationships of all tables in one list; `GlobalOptionSetDefinitions`, of which there are none here. */
import { type Answer, type Call, json } from '../http/call';
import { DataverseError, noSuchSegment } from '../http/problem';
import type { Organization } from '../organization';
import type { ReadOptions } from '../query/options';
import type { Json } from './attributeJson';
import { manyToOneJsons } from './entityJson';
import { jsonTest, selected } from './jsonQuery';

const ONE_TO_MANY = 'Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata';
const MANY_TO_MANY = 'Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata';
const TYPE = 'RelationshipMetadataBase';

export function answerRelationships(call: Call, { select, filter }: ReadOptions, { model }: Organization): Answer {
  const [first, cast] = call.segments;
  const context = (fragment: string): Json => ({ '@odata.context': `${call.baseUrl}/$metadata#${fragment}` });
  // Those that were only ever read have no name.
  const all = [...model.tables.values()].flatMap(manyToOneJsons).filter((one) => one['SchemaName'] !== '');
  const typed = (one: Json): Json => (cast === undefined ? { '@odata.type': `#${ONE_TO_MANY}`, ...one } : one);
  if (cast !== undefined && cast.name !== ONE_TO_MANY && cast.name !== MANY_TO_MANY) throw noSuchSegment(cast.name);
  const argument = first?.argument;
  if (argument === undefined) {
    const passes = jsonTest(filter, TYPE);
    const value = (cast?.name === MANY_TO_MANY ? [] : all).filter(passes).map((one) => typed(selected(one, select, TYPE)));
    return json({ ...context('RelationshipDefinitions'), value });
  }
  const name = /^SchemaName\s*=\s*'([^']*)'$/.exec(argument)?.[1]?.toLowerCase();
  const found = all.find((one) =>
    name === undefined ? one['MetadataId'] === argument.toLowerCase() : String(one['SchemaName']).toLowerCase() === name,
  );
  if (found === undefined) throw notFound('relationship', argument);
  return json({ ...context('RelationshipDefinitions/$entity'), ...typed(selected(found, select, TYPE)) });
}

/** Every choice of the sandbox is its column's own. */
export function answerGlobalOptionSets(call: Call): Answer {
  const argument = call.segments[0]?.argument;
  if (argument !== undefined) throw notFound('optionset', argument);
  return json({ '@odata.context': `${call.baseUrl}/$metadata#GlobalOptionSetDefinitions`, value: [] });
}

const notFound = (what: string, argument: string): DataverseError =>
  new DataverseError(404, '0x80040217', `Could not find ${what} ${argument}.`);
