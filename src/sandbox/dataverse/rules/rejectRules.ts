/** Rules of the customer's own (plug-ins, in reality): writes whose value matches are refused. */
import type { Journal } from '../../journal';
import { entryOfCode } from '../http/catalogue';
import { DataverseError } from '../http/problem';
import type { Change } from '../rows/payload';
import { isReference } from '../rows/row';

export interface RejectRule {
  readonly table: string;
  readonly column: string;
  /** A regular expression that is looked for anywhere in the value; a lookup's value is its GUID. */
  readonly pattern: string;
  /** Hexadecimal, such as `0x80040265`. */
  readonly code: string;
  readonly message: string;
}

export interface RejectRules {
  add(rule: RejectRule): void;
  all(): readonly RejectRule[];
  clear(): void;
  /** Throws the code and message of the first rule that matches a written value. */
  check(table: string, change: Change): void;
}

export function createRejectRules(journal: Journal): RejectRules {
  const rules = journal.table<RejectRule>('rules');
  return {
    add: (rule) => void rules.set(JSON.stringify([rule.table, rule.column, rule.pattern]), rule),
    all: () => [...rules.values()],
    clear() {
      for (const key of rules.keys()) rules.delete(key);
    },
    check(table, change) {
      for (const rule of rules.values()) {
        if (rule.table !== table) continue;
        const value = change.get(rule.column);
        if (value === undefined || value === null) continue;
        const text = isReference(value) ? value.id : String(value);
        if (new RegExp(rule.pattern).test(text)) {
          throw new DataverseError(entryOfCode(rule.code)?.status ?? 400, rule.code, rule.message);
        }
      }
    },
  };
}
