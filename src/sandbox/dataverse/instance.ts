/** One environment: its rows, its security, its clock. */
import type { SandboxClock } from '../clock';
import type { Journal } from '../journal';
import { metadataIdOf, type Table, tables } from './metadata/model';
import { CALLERS, createSecurity, type Security } from './security';
import { createRowStore, type RowStore, type Values } from './store';

export const ORGANIZATION_ID = metadataIdOf('the organization');
export const BUSINESS_UNIT_ID = metadataIdOf('the root business unit');
export const CURRENCY_ID = metadataIdOf('the currency');

export interface Instance {
  readonly rows: RowStore;
  readonly security: Security;
  readonly clock: SandboxClock;
  /** Days that a delta token lives. */
  trackingDays(): number;
}

export function createInstance(journal: Journal, clock: SandboxClock): Instance {
  const rows = createRowStore(journal);
  const instance: Instance = {
    rows,
    security: createSecurity(journal),
    clock,
    trackingDays: () => Number(rows.row(tableNamed('organization'), ORGANIZATION_ID)?.values['expirechangetrackingindays'] ?? 7),
  };
  furnish(instance);
  return instance;
}

export function tableNamed(name: string): Table {
  const table = tables.get(name);
  if (table === undefined) throw new Error(`There is no table ${name}`);
  return table;
}

/** Dataverse keeps whole seconds. */
export const stampOf = (clock: SandboxClock): string => `${clock.now().toISOString().slice(0, 19)}Z`;

/** What every environment has before anybody works in it. */
function furnish({ rows, clock }: Instance): void {
  const now = stampOf(clock);
  const add = (table: string, id: string, values: Values): void => {
    if (rows.row(tableNamed(table), id) === undefined)
      rows.put(tableNamed(table), id, { createdon: now, modifiedon: now, ...values });
  };
  add('organization', ORGANIZATION_ID, { name: 'sandbox', languagecode: 1033, expirechangetrackingindays: 7 });
  add('businessunit', BUSINESS_UNIT_ID, { name: 'sandbox' });
  add('transactioncurrency', CURRENCY_ID, { currencyname: 'US Dollar', isocurrencycode: 'USD' });
  for (const { clientId, userId, fullName } of CALLERS)
    add('systemuser', userId, {
      fullname: fullName,
      domainname: `${clientId}@sandbox.example.com`,
      internalemailaddress: `${clientId}@sandbox.example.com`,
      isdisabled: false,
      accessmode: 4,
      businessunitid: BUSINESS_UNIT_ID,
    });
  for (const [name, disabled] of [
    ['olivia.owner', false],
    ['sam.seller', false],
    ['dora.disabled', true],
  ] as const)
    add('systemuser', metadataIdOf(`user ${name}`), {
      fullname: name
        .split('.')
        .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
        .join(' '),
      domainname: `${name}@sandbox.example.com`,
      internalemailaddress: `${name}@sandbox.example.com`,
      isdisabled: disabled,
      accessmode: 0,
      businessunitid: BUSINESS_UNIT_ID,
    });
}
