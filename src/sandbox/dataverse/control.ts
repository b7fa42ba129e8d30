/** The controls of the Dataverse sandbox alone. */
import { z } from 'zod';
import { type Control, ControlError } from '../control';
import { loadModel } from './metadata/load';
import type { Organization } from './organization';
import { DEPTHS, PRIVILEGE_TYPES } from './security/privileges';

const { tables } = loadModel();
const table = z.enum([...tables.keys()] as [string, ...string[]]);
const columnOf = { table, column: z.string().min(1) };
const nothing = z.unknown();

const rule = z.strictObject({
  ...columnOf,
  pattern: z.string(),
  code: z.string().regex(/^0x[0-9a-f]{8}$/i),
  message: z.string(),
});
const columnPermission = z.strictObject({ ...columnOf, read: z.boolean(), update: z.boolean() });
const privilege = z.strictObject({ table, privilege: z.enum(PRIVILEGE_TYPES), depth: z.enum(DEPTHS) });
const limits = z.strictObject({
  requests: z.int().nonnegative().optional(),
  executionSeconds: z.number().nonnegative().optional(),
  concurrent: z.int().nonnegative().optional(),
});
const switches = z.strictObject({ closedRowsReadOnly: z.boolean().optional(), actOnBehalf: z.boolean().optional() });
/** `expireTokens`: every delta token of the table that there is has expired. */
const changeTracking = z.strictObject({ table, enabled: z.boolean().optional(), expireTokens: z.literal(true).optional() });
const webhook = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  table,
  message: z.enum(['Create', 'Update', 'Delete']),
  columns: z.array(z.string()).optional(),
  headers: z.record(z.string(), z.string()).optional(),
});

export function registerDataverseControl(control: Control, organization: () => Organization): void {
  control('GET', 'rules', nothing, () => ({ rules: organization().rejectRules.all() }));
  control('POST', 'rules', rule, (body) => {
    requirePattern(body.pattern);
    organization().rejectRules.add(known(body));
  });
  control('DELETE', 'rules', nothing, () => organization().rejectRules.clear());
  control('POST', 'column-security', columnPermission, (body) => {
    organization().columnSecurity.secure(known(body));
    organization().changeMetadata();
  });
  control('DELETE', 'column-security', nothing, () => {
    organization().columnSecurity.clear();
    organization().changeMetadata();
  });
  control('POST', 'privileges', privilege, (body) => organization().privileges.set(body.table, body.privilege, body.depth));
  control('POST', 'limits', limits, (change) => organization().settings.adjustLimits(given(change)));
  control('POST', 'switches', switches, (change) => organization().settings.adjustSwitches(given(change)));
  control('POST', 'change-tracking', changeTracking, (body) => {
    const { tracking } = organization();
    const version = organization().changeMetadata();
    if (body.enabled !== undefined) tracking.enable(body.table, body.enabled);
    if (body.expireTokens) tracking.forget(body.table, version);
  });
  control('POST', 'webhooks', webhook, (body) => organization().subscriptions.add(body));
  control('DELETE', 'webhooks', nothing, () => organization().subscriptions.clear());
}

function known<T extends { readonly table: string; readonly column: string }>(body: T): T {
  if (tables.get(body.table)?.columns.has(body.column)) return body;
  throw new ControlError(`column: the table ${body.table} has no column ${body.column}.`);
}

function requirePattern(pattern: string): void {
  try {
    void new RegExp(pattern);
  } catch {
    throw new ControlError('pattern: this is not a regular expression.');
  }
}

/** Without the members that were left out, which must not overwrite anything. */
function given<T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
