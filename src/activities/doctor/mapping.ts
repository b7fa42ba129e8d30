/** Is everything there that the mapping and our own bookkeeping need? */
import { type Check, ok, problem, warning } from '../../core/doctor';
import { compilePlan } from '../../core/mapping';
import type { Mapping, SideSchema } from '../../core/types';
import { missingInMarketo } from '../planBook';

const SET_UP = { name: 'marketo.setUp', title: 'Marketo: the fields and activity types of the sync' };

export function setUpCheck(marketo: SideSchema): Check {
  const missing = missingInMarketo(marketo);
  return missing.length === 0
    ? ok(SET_UP, 'They are all there.')
    : problem(SET_UP, `Marketo lacks ${missing.join(', ')}.`, 'Run "mdsync setup", which creates them.');
}

/** Fields left out are told one by one: column security, privileges, names that one side does not have. */
export function mappingChecks(mapping: Mapping, marketo: SideSchema, dynamics: SideSchema): readonly Check[] {
  return (['contact', 'lead'] as const).map((table) => {
    const about = { name: `mapping.${table}`, title: `The mapping: fields of the ${table}` };
    const { fields, leftOut } = compilePlan(mapping, table, marketo, dynamics);
    const inPlay = `${fields.length} fields are in play`;
    const wrong = leftOut.filter(({ optional }) => optional !== true);
    const absent = leftOut.filter(({ optional }) => optional === true).map(({ marketo: field }) => field);
    const alsoAbsent = absent.length === 0 ? '' : ` Optional, and not there: ${absent.join(', ')}.`;
    if (wrong.length === 0) return ok(about, `${inPlay}, none is left out.${alsoAbsent}`);
    const reasons = wrong.map(({ marketo: field, reason }) => `${field}: ${reason}`);
    return warning(about, `${inPlay}. ${reasons.join(' ')}${alsoAbsent}`);
  });
}
