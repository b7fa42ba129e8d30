/** Holds answers against Adobe's own description of the API, with the places named where that description is wrong. */
import Ajv, { type ValidateFunction } from 'ajv';
import swagger from './swagger-mapi.json';

interface Definition {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, object>>;
}

/** Members that the description requires and real answers need not have. */
const NOT_REQUIRED: readonly { readonly of: RegExp; readonly members: readonly string[]; readonly because: string }[] = [
  { of: /^ResponseOf/, members: ['errors', 'warnings'], because: "Adobe's own samples have neither on success" },
  {
    of: /^ResponseOf/,
    members: ['result'],
    because: 'an answer without success has none, and neither has an association of leads',
  },
  {
    of: /^(?:Activity|LeadChange)$/,
    members: ['id'],
    because: 'instances moved to Activity Service know activities by GUID alone',
  },
  {
    of: /^CustomActivity$/,
    members: ['errors', 'activityDate', 'activityTypeId', 'attributes', 'leadId', 'primaryAttributeValue'],
    because: 'they are of the request, or of a refusal',
  },
  { of: /^ActivityType$/, members: ['primaryAttribute'], because: 'New Lead has none' },
  { of: /^ObjectMetaData$/, members: ['state', 'version', 'status'], because: 'types of custom objects alone have states' },
  { of: /^Campaign$/, members: ['createdAt', 'name', 'type', 'updatedAt'], because: 'a request is answered with the id alone' },
];

/** Members that real answers have, or have otherwise than described. */
const OTHERWISE: Readonly<Record<string, { readonly members: Readonly<Record<string, object>>; readonly because: string }>> = {
  Attribute: { members: { value: {} }, because: 'samples hold text and numbers where the description says object' },
  LeadChange: {
    members: { primaryAttributeValueId: { type: 'integer' }, primaryAttributeValue: { type: 'string' } },
    because: 'a New Lead in the feed of changes has both, as in every other feed',
  },
  LeadChangeField: {
    members: { oldValue: { type: 'string', nullable: true }, newValue: { type: 'string', nullable: true } },
    because: 'a value may come from nothing or go to nothing',
  },
  ObjectMetaData: { members: { name: { type: 'string' } }, because: 'samples of all kinds have it' },
  CustomObject: {
    members: { status: { enum: ['created', 'updated', 'deleted', 'skipped'] } },
    because: 'every sample of a write has it, those of opportunities too, for which this stands as well',
  },
  LeadFieldStatus: {
    members: {
      status: { enum: ['created', 'updated', 'skipped'] },
      reasons: { type: 'array', items: { $ref: '#/definitions/Reason' } },
    },
    because: 'a field that cannot be created is skipped like any record',
  },
};

/** Definitions whose further members are the fields of the instance. */
const OPEN = /^(?:Lead|CompanyResponse|SalesPerson|CustomObject)$/;

const amended = Object.fromEntries(
  Object.entries(swagger.definitions as Readonly<Record<string, Definition>>).map(([name, definition]) => [
    name,
    amend(name, definition),
  ]),
);

function amend(name: string, definition: Definition): object {
  const { required = [], properties = {}, ...rest } = definition;
  const surplus = new Set(NOT_REQUIRED.flatMap(({ of, members }) => (of.test(name) ? members : [])));
  const needed = required.filter((member) => !surplus.has(member));
  const members = { ...properties, ...OTHERWISE[name]?.members };
  const isSkipped = { properties: { status: { const: 'skipped' } }, required: ['status'] };
  return {
    ...rest,
    properties: members,
    ...(OPEN.test(name) ? {} : { additionalProperties: false }),
    // What was skipped has reasons, and nothing of what it would have had.
    ...('status' in members ? { if: isSkipped, else: { required: needed } } : { required: needed }),
  };
}

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema({ definitions: amended }, 'mapi');

interface Operation {
  readonly key: string;
  readonly pattern: RegExp;
  readonly validate: ValidateFunction;
}

const operations: readonly Operation[] = Object.entries(swagger.paths).flatMap(([path, methods]) =>
  Object.entries(methods as Readonly<Record<string, { responses: { 200: { schema: object } } }>>).map(
    ([method, { responses }]) => {
      const pattern = path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
      const schema = JSON.parse(JSON.stringify(responses[200].schema).replaceAll('#/definitions', 'mapi#/definitions')) as object;
      return {
        key: `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '{}')}`,
        pattern: new RegExp(`^${method.toUpperCase()} ${pattern}$`),
        validate: ajv.compile(schema),
      };
    },
  ),
);

/** What Adobe describes, as `GET /rest/v1/lead/{}.json`. */
export const DESCRIBED: ReadonlySet<string> = new Set(operations.map(({ key }) => key));

/** What is wrong with an answer; empty when nothing is, `undefined` when Adobe does not describe the operation. */
export function problemsOf(method: string, path: string, answer: unknown): readonly string[] | undefined {
  const matching = operations.filter(({ pattern }) => pattern.test(`${method} ${path}`));
  // Fixed paths win over variable ones.
  const operation = matching.find(({ key }) => !key.includes('{}')) ?? matching[0];
  if (operation === undefined) return undefined;
  if (operation.validate(answer)) return [];
  return (operation.validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
  );
}
