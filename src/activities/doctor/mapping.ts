/** Is everything there that the mapping and our own bookkeeping need? */
import { type Check, notChecked, ok, problem, warning } from '../../core/doctor';
import { flowsTo } from '../../core/rules';
import type { FieldSchema, SideName, SideSchema, Table, TablePlan } from '../../core/types';
import { missingInMarketo } from '../planBook';

const SET_UP = { name: 'marketo.setUp', title: 'Marketo: the fields and activity types of the sync' };

export function setUpCheck(marketo: SideSchema | undefined): Check {
  if (marketo === undefined) return notChecked(SET_UP, ['marketo']);
  const missing = missingInMarketo(marketo);
  if (missing.length > 0)
    return problem(
      SET_UP,
      `Marketo lacks ${missing.join(', ')}, so nothing is synced.`,
      'Run "mdsync setup", which creates and approves what is missing.',
    );
  return marketo.activityTypes === undefined
    ? warning(
        SET_UP,
        'The fields are all there; the activity types were not checked, because they may not be read.',
        'Give the permission that is named above first, then ask again.',
      )
    : ok(SET_UP, 'They are all there.');
}

const aboutMapping = (table: Table) => ({ name: `mapping.${table}`, title: `The mapping: fields of the ${table}` });

export const mappingNotChecked = (because: readonly SideName[]): readonly Check[] =>
  (['contact', 'lead'] as const).map((table) => notChecked(aboutMapping(table), because));

/** How many fields are in play, then one by one those that are left out or limited, and columns that Dynamics requires in vain. */
export function mappingChecks(plans: readonly TablePlan[], dynamics: SideSchema): readonly Check[] {
  return plans.flatMap((plan) => {
    const { table } = plan;
    const about = aboutMapping(table);
    const absent = plan.leftOut.filter(({ optional }) => optional === true).map(({ marketo: field }) => field);
    const alsoAbsent = absent.length === 0 ? '' : ` Optional, and not there: ${absent.join(', ')}.`;
    const wrong = plan.leftOut.filter(({ optional }) => optional !== true);
    return [
      ok(about, `${inPlay(plan.fields.length)} in play.${alsoAbsent}`),
      ...wrong.map(({ marketo: field, reason, fix }) =>
        warning({ name: `${about.name}.${field}`, title: `The mapping: ${field} on the ${table}` }, reason, fix),
      ),
      ...requiredInVain(plan, dynamics).map((column) => requiredCheck(table, column)),
    ];
  });
}

const inPlay = (count: number): string => (count === 1 ? '1 field is' : `${count} fields are`);

/** Columns that Dynamics' screens demand of every record (its API does not), and that a row of ours would not have. */
function requiredInVain({ table, fields }: TablePlan, dynamics: SideSchema): readonly FieldSchema[] {
  const filled = new Set(fields.filter(({ direction }) => flowsTo(direction, 'dynamics')).map(({ column }) => column));
  return Object.values(dynamics.entities[table] ?? {}).filter(
    ({ name, required, hasDefault = false, creatable }) =>
      required === 'application' && creatable && !hasDefault && !filled.has(name),
  );
}

function requiredCheck(table: Table, { name, label }: FieldSchema): Check {
  return warning(
    { name: `mapping.${table}.${name}`, title: `The mapping: ${name} on the ${table}` },
    `Dynamics requires ${label} (${name}) of every ${table}, but no person field fills it, so rows that campaigns create lack it.`,
    'Map a person field to it in the direction both or toDynamics, with a default for people who have no value.',
  );
}
