import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadMapping, MappingError, mappingJsonSchema, parseMapping } from '../../../src/config/mapping';
import { FIELD_TYPES } from '../../../src/core/types';

/** What the sync itself needs, below the lines a test is about. */
const NEEDED = `
  microsoftId: { contact: $id, lead: $id, type: string, direction: toMarketo }
  microsoftType: { contact: $table, lead: $table, type: string, direction: toMarketo }
  microsoftIsDeleted: { contact: $deleted, lead: $deleted, type: boolean, direction: toMarketo }`;

const withLines = (...lines: readonly string[]): string => `fields:\n${lines.map((line) => `  ${line}`).join('\n')}${NEEDED}\n`;
const parse = (...lines: readonly string[]) => parseMapping(withLines(...lines), 'map.yaml').fields.slice(0, -3);

function problemsOf(yaml: string): readonly string[] {
  try {
    parseMapping(yaml, 'map.yaml');
  } catch (error) {
    if (error instanceof MappingError) return error.problems.map(({ line, message }) => `${line} ${message}`);
    throw error;
  }
  return [];
}

describe('a mapping file', () => {
  test('becomes a mapping, with defaults filled in', () => {
    expect(parseMapping(withLines('firstName: { contact: firstname, lead: firstname, type: string }'), 'map.yaml')).toMatchObject(
      {
        match: 'email',
        fields: [
          {
            marketo: 'firstName',
            dynamics: { contact: 'firstname', lead: 'firstname' },
            type: 'string',
            direction: 'both',
            write: 'always',
          },
          { marketo: 'microsoftId', direction: 'toMarketo' },
          { marketo: 'microsoftType' },
          { marketo: 'microsoftIsDeleted' },
        ],
      },
    );
  });

  test('says everything a field can say', () => {
    expect(
      parse(
        'title: { lead: jobtitle, type: string, direction: toDynamics, winner: review, write: neverClear, group: job }',
        'unsubscribed: { contact: donotbulkemail, type: boolean, consent: true }',
        'owner: { lead: ownerid, type: lookup, direction: toMarketo }',
        'campaign: { lead: campaignid, type: lookup, direction: toMarketo, lookupAs: id }',
        'rating: { lead: rating, type: picklist, labelLanguage: 1031, default: Hot, optional: true }',
      ),
    ).toEqual([
      {
        marketo: 'title',
        dynamics: { lead: 'jobtitle' },
        type: 'string',
        direction: 'toDynamics',
        winner: 'review',
        write: 'neverClear',
        group: 'job',
      },
      {
        marketo: 'unsubscribed',
        dynamics: { contact: 'donotbulkemail' },
        type: 'boolean',
        direction: 'both',
        write: 'always',
        consent: true,
      },
      {
        marketo: 'owner',
        dynamics: { lead: 'ownerid' },
        type: 'lookup',
        direction: 'toMarketo',
        write: 'always',
        lookupAs: 'name',
      },
      {
        marketo: 'campaign',
        dynamics: { lead: 'campaignid' },
        type: 'lookup',
        direction: 'toMarketo',
        write: 'always',
        lookupAs: 'id',
      },
      {
        marketo: 'rating',
        dynamics: { lead: 'rating' },
        type: 'picklist',
        direction: 'both',
        write: 'always',
        labelLanguage: 1031,
        default: 'Hot',
        optional: true,
      },
    ]);
  });

  test('may be written over several lines, with anchors and comments', () => {
    expect(parse('city:', '  contact: &city address1_city # where', '  lead: *city', '  type: string')).toMatchObject([
      { marketo: 'city', dynamics: { contact: 'address1_city', lead: 'address1_city' } },
    ]);
  });

  test('may turn matching off', () => {
    expect(parseMapping(`match: none\nfields:${NEEDED}`, 'map.yaml').match).toBe('none');
    expect(parseMapping(`fields:${NEEDED}`, 'map.yaml').match).toBe('email');
  });

  test('may name a language for all labels', () => {
    expect(parseMapping(`labelLanguage: 1031\nfields:${NEEDED}`, 'map.yaml').labelLanguage).toBe(1031);
    expect(parseMapping(`fields:${NEEDED}`, 'map.yaml')).not.toHaveProperty('labelLanguage');
  });
});

describe('a mistake is told with its line, its field and what to do', () => {
  test.each<[what: string, yaml: string, problem: string]>([
    ['an unknown key at the top', `mach: email\n${withLines()}`, '1 mach: is not known here: did you mean match?'],
    [
      'an unknown key on a field',
      withLines('a: { contct: x, lead: y, type: string }'),
      '2 a.contct: is not known here: did you mean contact?',
    ],
    [
      'a key like no other',
      withLines('a: { contact: x, type: string, colour: red }'),
      '2 a.colour: is not known here: use one of contact, lead, type, direction, winner, write, group, default, labelLanguage, optional, lookupAs, consent',
    ],
    [
      'a mistyped type',
      withLines('b: { contact: b, type: url }', 'a: { contact: x, type: strin }'),
      '3 a.type: cannot be this: did you mean string?',
    ],
    [
      'a wrong direction',
      withLines('a:', '  contact: x', '  type: string', '  direction: backwards'),
      '5 a.direction: cannot be this: use one of both, toMarketo, toDynamics',
    ],
    [
      'a wrong winner',
      withLines('a: { contact: x, type: string, winner: newest }'),
      '2 a.winner: cannot be this: use one of marketo, dynamics, nonBlank, review',
    ],
    [
      'a mistyped write rule',
      withLines('a: { contact: x, type: string, write: onlyIfEmty }'),
      '2 a.write: cannot be this: did you mean onlyIfEmpty?',
    ],
    ['a mistyped match', `match: emial\n${withLines()}`, '1 match: cannot be this: did you mean email?'],
    ['no match at all', `match:\n${withLines()}`, '1 match: cannot be this: use one of none, email'],
    [
      'a missing type',
      withLines('a:', '  contact: x'),
      '2 a.type: is missing: use one of string, text, email, phone, url, integer, decimal, currency, boolean, picklist, date, datetime, lookup',
    ],
    ['a number for a column', withLines('a: { contact: 5, type: string }'), '2 a.contact: must be text'],
    ['nothing for a column', withLines('a: { contact: , type: string }'), '2 a.contact: must be text'],
    ['a word for a flag', withLines('a: { contact: x, type: boolean, consent: please }'), '2 a.consent: must be true or false'],
    [
      'an empty group',
      withLines("a: { contact: x, type: string, group: '' }"),
      '2 a.group: may not be empty: give it a value, or take it out',
    ],
    [
      'a list for a default',
      withLines('a: { contact: x, type: string, default: [y] }'),
      '2 a.default: must be text, a number, or true or false',
    ],
    [
      'an empty default',
      withLines("a: { contact: x, type: string, default: '' }"),
      '2 a.default: may not be empty: give it a value, or take it out',
    ],
    [
      'a default for people',
      withLines('a: { contact: x, type: string, direction: toMarketo, default: y }'),
      '2 a.default: is for new Dynamics rows, and this field goes toMarketo only: take it out',
    ],
    [
      'a default that speaks for people',
      withLines('a: { contact: x, type: boolean, consent: true, default: true }'),
      '2 a.default: may not speak for people: a consent flag that nobody set means no',
    ],
    [
      'a language by its name',
      withLines('a: { contact: x, type: picklist, labelLanguage: german }'),
      '2 a.labelLanguage: must be a number',
    ],
    ['a language with a fraction', `labelLanguage: 10.5\n${withLines()}`, '1 labelLanguage: must be a whole number'],
    [
      'a language of something else',
      withLines('a: { contact: x, type: string, labelLanguage: 1031 }'),
      '2 a.labelLanguage: is for type picklist only: take it out',
    ],
    ['a list for a field', withLines('a: [contact, x]'), '2 a: must be a map of keys and values'],
    ['nothing for a field', withLines('a:'), '2 a: must be a map of keys and values'],
    ['no fields', 'match: email\n', '1 fields: is missing: add a map of keys and values'],
    ['an empty file', '', '1 fields: is missing: add a map of keys and values'],
    ['a list for a file', '- a\n', '1 must be a map of keys and values'],
    [
      'a field that is there twice',
      withLines('a: { contact: x, type: string }', 'a: { contact: y, type: string }'),
      '3 this key is there already: each Marketo field is mapped once',
    ],
    [
      'an alias of nothing',
      withLines('a: { contact: *nope, type: string }'),
      '1 is not valid YAML: Unresolved alias (the anchor must be set before the alias): nope',
    ],
    [
      'no column',
      withLines('a: { type: string }'),
      '2 a: names no Dynamics column: add contact: <column>, lead: <column>, or both',
    ],
    [
      'a name that is no REST name',
      withLines('"First Name": { contact: x, type: string }'),
      '2 First Name: is no REST name of a Marketo field: letters, digits and underscores, such as firstName',
    ],
    [
      'a lookup by its other name',
      withLines('a: { contact: _ownerid_value, type: lookup, direction: toMarketo }'),
      '2 a.contact: must name the lookup by its logical name: ownerid',
    ],
    [
      'a schema name',
      withLines('a: { contact: FirstName, type: string }'),
      '2 a.contact: must be a logical name, which is all lower case: firstname?',
    ],
    [
      'an unknown fact',
      withLines('a: { contact: $guid, type: string, direction: toMarketo }'),
      '2 a.contact: knows no $guid: use one of $id, $table, $deleted',
    ],
    [
      'a fact of the wrong type',
      withLines('a: { contact: $deleted, type: string, direction: toMarketo }'),
      '2 a.type: must be boolean for $deleted',
    ],
    [
      'a fact both ways',
      withLines('a: { contact: $id, type: string }'),
      '2 a.direction: must be toMarketo: it is a fact about the Dynamics record',
    ],
    [
      'a lookup both ways',
      withLines('a: { contact: ownerid, type: lookup }'),
      '2 a.direction: must be toMarketo: lookups are not written to Dynamics',
    ],
    [
      'a state both ways',
      withLines('a: { contact: statecode, type: picklist }'),
      "2 a.direction: must be toMarketo: state and status follow Dynamics' own rules",
    ],
    [
      'lookupAs on something else',
      withLines('a: { contact: x, type: string, lookupAs: id }'),
      '2 a.lookupAs: is for type lookup only: take it out',
    ],
    [
      'consent on something else',
      withLines('a: { contact: x, type: string, consent: true }'),
      '2 a.consent: is for type boolean only: take it out',
    ],
    [
      'consent in a group',
      withLines('a: { contact: x, type: boolean, consent: true, group: g }'),
      '2 a.group: may not hold consent flags: each is won for itself',
    ],
    [
      'a column with two two-way fields',
      withLines('a: { contact: x, type: string }', 'b: { lead: x, type: string }', 'c: { contact: x, lead: y, type: string }'),
      '4 c.contact: x takes its values from a already: add direction: toMarketo, or take one of the two out',
    ],
    [
      'a group that goes two ways',
      withLines('a: { contact: x, type: string, group: g }', 'b: { contact: y, type: string, group: g, direction: toMarketo }'),
      '3 b.direction: must be the same for all fields of group g: a says both',
    ],
    [
      'a group with two winners',
      withLines('a: { contact: x, type: string, group: g }', 'b: { contact: y, type: string, group: g, winner: marketo }'),
      '3 b.winner: must be the same for all fields of group g: a says nothing',
    ],
    [
      'a group called like a field',
      withLines('a: { contact: x, type: string }', 'b: { contact: y, type: string, group: a }'),
      '3 b.group: is the name of a field: call the group something else',
    ],
    [
      'a needed line that is missing',
      'fields:\n  a: { contact: x, type: string }\n',
      '1 fields: the sync itself needs this line: microsoftId: { contact: $id, lead: $id, type: string, direction: toMarketo }',
    ],
    [
      'a needed line that says something else',
      withLines('a: { contact: x, type: string }').replace('contact: $id, ', ''),
      '3 microsoftId: the sync itself needs it to be: microsoftId: { contact: $id, lead: $id, type: string, direction: toMarketo }',
    ],
  ])('%s', (_what, yaml, problem) => {
    expect(problemsOf(yaml)).toContain(problem);
  });

  test('what is not YAML is told with the line where it goes wrong', () => {
    expect(problemsOf(withLines('a: { contact: x'))).toContainEqual(expect.stringMatching(/^\d+ is not valid YAML: /));
  });

  test('all at once, in the order of the file', () => {
    const problems = problemsOf(`mach: x\n${withLines('a: { contact: x, type: strin }', 'b: { contac: y, type: string }')}`);
    expect(problems.map((told) => told.split(':')[0])).toEqual(['1 mach', '3 a.type', '4 b.contac']);
  });

  test('as one error that names the file', () => {
    const act = () => parseMapping(withLines('a: { contact: x, type: strin }'), 'config/map.yaml');
    expect(act).toThrow(
      /^The mapping needs attention:\n {2}- config\/map\.yaml:2 a\.type: cannot be this: did you mean string\?$/,
    );
  });

  test('what is right is no mistake: one column may feed several person fields', () => {
    expect(
      problemsOf(
        withLines(
          'a: { contact: x, type: string }',
          'b: { contact: x, type: string, direction: toMarketo }',
          'c: { lead: x, type: string }',
          'd: { contact: y, type: string, group: g }',
          'e: { contact: z, type: string, group: g }',
        ),
      ),
    ).toEqual([]);
  });
});

describe('where the mapping comes from', () => {
  test('the built-in one is valid and has every type', () => {
    const { fields } = loadMapping(undefined);
    expect([...new Set(fields.map((field) => field.type))].sort()).toEqual([...FIELD_TYPES].sort());
    expect(fields.map((field) => field.marketo)).toEqual(expect.arrayContaining(['email', 'unsubscribed', 'microsoftId']));
  });

  test("a user's file is read instead", () => {
    const dir = mkdtempSync(join(tmpdir(), 'mdsync-mapping-'));
    const file = join(dir, 'mine.yaml');
    try {
      writeFileSync(file, withLines('nickname: { contact: nickname, type: string }'));
      expect(loadMapping(file).fields[0]?.marketo).toBe('nickname');
      writeFileSync(file, withLines('nickname: { contact: nickname, typ: string }'));
      expect(() => loadMapping(file)).toThrow(`${file}:2 nickname.typ: is not known here: did you mean type?`);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test('a file that is not there is said to be missing, with the setting that names it', () => {
    expect(() => loadMapping('/nowhere/map.yaml')).toThrow(
      /\/nowhere\/map\.yaml:1 cannot be read \(ENOENT\): correct MDSYNC_MAPPING/,
    );
  });
});

test('the schema for editors knows every key and explains it', () => {
  const schema = mappingJsonSchema() as { properties: { fields: { additionalProperties: Record<string, unknown> } } };
  const line = schema.properties.fields.additionalProperties as {
    properties: Record<string, { description: string }>;
    required: string[];
  };
  expect(Object.keys(line.properties)).toEqual([
    'contact',
    'lead',
    'type',
    'direction',
    'winner',
    'write',
    'group',
    'default',
    'labelLanguage',
    'optional',
    'lookupAs',
    'consent',
  ]);
  for (const property of Object.values(line.properties)) expect(property.description).toMatch(/\w/);
  expect(line.required).toEqual(['type']);
  expect(schema.properties.fields.additionalProperties).toMatchObject({ additionalProperties: false });
});
