/** What a mapping must keep to beyond its form. Each check answers with what to do about it. */
import type { Table } from '../core/types';
import type { MappedFieldLine, MappingFile } from './mappingSchema';

export interface Problem {
  /** Where in the file: keys from the top. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const TABLES = ['contact', 'lead'] as const satisfies readonly Table[];
const PSEUDO_COLUMNS: Readonly<Record<string, MappedFieldLine['type']>> = {
  $id: 'string',
  $table: 'string',
  $deleted: 'boolean',
};

/** Without these the sync cannot tell whether a person is in Dynamics already. */
const NEEDED = { microsoftId: '$id', microsoftType: '$table', microsoftIsDeleted: '$deleted' } as const;

export function checkMapping({ fields }: MappingFile): readonly Problem[] {
  const lines = Object.entries(fields);
  return [
    ...lines.flatMap(([marketo, line]) => checkLine(marketo, line)),
    ...TABLES.flatMap((table) => columnsFedTwice(lines, table)),
    ...dividedGroups(lines),
    ...Object.entries(NEEDED).flatMap(([marketo, column]) => missingControl(fields, marketo, column)),
  ];
}

function checkLine(marketo: string, line: MappedFieldLine): Problem[] {
  const problems: Problem[] = [];
  const at = (key: keyof MappedFieldLine | undefined, message: string): void => {
    problems.push({ path: ['fields', marketo, ...(key === undefined ? [] : [key])], message });
  };
  if (!/^[A-Za-z]\w*$/.test(marketo))
    at(undefined, 'is no REST name of a Marketo field: letters, digits and underscores, such as firstName');
  const columns = TABLES.flatMap((table) => (line[table] === undefined ? [] : [{ table, column: line[table] }]));
  if (columns.length === 0) at(undefined, 'names no Dynamics column: add contact: <column>, lead: <column>, or both');
  for (const { table, column } of columns) {
    const problem = checkColumn(column);
    if (problem !== undefined) at(table, problem);
    const type = PSEUDO_COLUMNS[column];
    if (type !== undefined && line.type !== type) at('type', `must be ${type} for ${column}`);
  }
  const oneWay = oneWayReason(
    line,
    columns.map(({ column }) => column),
  );
  if (oneWay !== undefined && line.direction !== 'toMarketo') at('direction', `must be toMarketo: ${oneWay}`);
  if (line.lookupAs !== undefined && line.type !== 'lookup') at('lookupAs', 'is for type lookup only: take it out');
  if (line.labelLanguage !== undefined && line.type !== 'picklist') at('labelLanguage', 'is for type picklist only: take it out');
  if (line.default !== undefined && line.direction === 'toMarketo')
    at('default', 'is for new Dynamics rows, and this field goes toMarketo only: take it out');
  if (line.default !== undefined && line.consent === true)
    at('default', 'may not speak for people: a consent flag that nobody set means no');
  if (line.consent === true && line.type !== 'boolean') at('consent', 'is for type boolean only: take it out');
  if (line.consent === true && line.group !== undefined) at('group', 'may not hold consent flags: each is won for itself');
  return problems;
}

function checkColumn(column: string): string | undefined {
  if (column.startsWith('$')) {
    if (column in PSEUDO_COLUMNS) return undefined;
    return `knows no ${column}: use one of ${Object.keys(PSEUDO_COLUMNS).join(', ')}`;
  }
  const lookup = /^_(\w+)_value$/.exec(column)?.[1];
  if (lookup !== undefined) return `must name the lookup by its logical name: ${lookup}`;
  if (/^[a-z]\w*$/.test(column) && column === column.toLowerCase()) return undefined;
  return `must be a logical name, which is all lower case: ${column.toLowerCase()}?`;
}

function oneWayReason(line: MappedFieldLine, columns: readonly string[]): string | undefined {
  if (columns.some((column) => column.startsWith('$'))) return 'it is a fact about the Dynamics record';
  if (line.type === 'lookup') return 'lookups are not written to Dynamics';
  if (columns.some((column) => column === 'statecode' || column === 'statuscode'))
    return "state and status follow Dynamics' own rules";
  return undefined;
}

type Lines = readonly (readonly [marketo: string, line: MappedFieldLine])[];

/** Two fields that write one column would overwrite each other for ever. */
function columnsFedTwice(lines: Lines, table: Table): Problem[] {
  const feeder = new Map<string, string>();
  return lines.flatMap(([marketo, line]) => {
    const column = line[table];
    if (column === undefined || line.direction === 'toMarketo') return [];
    const first = feeder.get(column);
    if (first === undefined) {
      feeder.set(column, marketo);
      return [];
    }
    const message = `${column} takes its values from ${first} already: add direction: toMarketo, or take one of the two out`;
    return [{ path: ['fields', marketo, table], message }];
  });
}

/** What is won together is decided by one rule and travels one way. */
function dividedGroups(lines: Lines): Problem[] {
  return lines.flatMap(([marketo, line]) => {
    if (line.group === undefined) return [];
    if (lines.some(([name, other]) => name === line.group && other.group !== line.group))
      return [{ path: ['fields', marketo, 'group'], message: `is the name of a field: call the group something else` }];
    const [firstName, first] = lines.find(([, other]) => other.group === line.group) ?? [marketo, line];
    return (['direction', 'winner'] as const)
      .filter((key) => line[key] !== first[key])
      .map((key) => ({
        path: ['fields', marketo, key],
        message: `must be the same for all fields of group ${line.group}: ${firstName} says ${first[key] ?? 'nothing'}`,
      }));
  });
}

function missingControl(fields: MappingFile['fields'], marketo: string, column: string): Problem[] {
  const line = fields[marketo];
  const type = PSEUDO_COLUMNS[column];
  const entry = `${marketo}: { contact: ${column}, lead: ${column}, type: ${type}, direction: toMarketo }`;
  if (line === undefined) return [{ path: ['fields'], message: `the sync itself needs this line: ${entry}` }];
  if (TABLES.every((table) => line[table] === column)) return [];
  return [{ path: ['fields', marketo], message: `the sync itself needs it to be: ${entry}` }];
}
